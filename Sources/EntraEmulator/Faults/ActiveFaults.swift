/// The faults that are set, in the order in which they were set.
struct ActiveFaults: Sendable {
    private(set) var list: [(fault: Fault, seen: Int)] = []
    /// Decides on the faults that strike by chance: the same seed and the same requests give the same faults.
    private var chance = SeededGenerator(seed: 0)

    /// Adds `fault`, unless it is to strike no request at all.
    mutating func add(_ fault: Fault) {
        guard fault.count ?? 1 > 0 else { return }
        list.append((fault, seen: 0))
    }

    mutating func clear() { list = [] }

    mutating func setSeed(_ seed: UInt64) { chance = SeededGenerator(seed: seed) }

    /// The first fault among `names` that strikes this request, counted down.
    ///
    /// - Parameter where: what else must hold; a fault that does not apply is not counted.
    mutating func take(
        _ names: Set<Fault.Name>, route: String, path: String, where applies: (Fault) -> Bool = { _ in true }
    ) -> Fault? {
        for index in list.indices {
            let fault = list[index].fault
            guard names.contains(fault.name), fault.strikes(route: route, path: path),
                applies(fault)
            else { continue }
            if let probability = fault.probability, Double.random(in: 0..<1, using: &chance) >= probability { continue }
            list[index].seen += 1
            if fault.alternating && list[index].seen.isMultiple(of: 2) { continue }
            if let count = fault.count { list[index].fault.count = count - 1 }
            // The last strike ends the fault, so that what is listed is what may still happen.
            if list[index].fault.count == 0 { list.remove(at: index) }
            return fault
        }
        return nil
    }
}
