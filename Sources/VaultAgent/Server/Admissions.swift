/// What a client may ask.
enum Admission {
    case full
    /// Nothing but a lock, because there are too many.
    case surplus
    case refused
}

/// The connections of an agent by process: as many as it serves at once, so that no process keeps it from the others.
struct Admissions {
    /// Connections at the same time, of all processes and of one.
    static let most = 512
    static let mostOfOne = 192
    /// How many more may ask to lock.
    private static let mostSurplus = 32

    private var connections: [Int32: Int] = [:]
    private var surplus = 0

    /// How many are served in full.
    var count: Int { connections.values.reduce(0, +) }

    mutating func admit(_ peer: Int32) -> Admission {
        if count < Self.most, connections[peer, default: 0] < Self.mostOfOne {
            connections[peer, default: 0] += 1
            return .full
        }
        guard surplus < Self.mostSurplus else { return .refused }
        surplus += 1
        return .surplus
    }

    mutating func dismiss(_ peer: Int32, _ admission: Admission) {
        switch admission {
        case .full:
            let left = connections[peer, default: 1] - 1
            connections[peer] = left > 0 ? left : nil
        case .surplus: surplus -= 1
        case .refused: break
        }
    }
}
