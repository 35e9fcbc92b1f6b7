import Vault

/// Whether what is not in locked memory could reach a disk in clear: passphrases on their way from a terminal, and tokens on
/// theirs through libraries.
struct SwapExamination: Examination {
    static let name = "swap"

    func examine(_ patient: Patient) throws(VaultError) -> [Diagnosis] {
        guard let table = try KernelFile.text("/proc/swaps") else {
            return [.unknown("this kernel has no /proc/swaps")]
        }
        let places = SwapPlace.list(table)
        guard !places.isEmpty else { return [.ok("none")] }
        var clear: [String] = []
        for place in places where try !Self.isProtected(place) { clear.append(place.path) }
        guard !clear.isEmpty else {
            return [.ok("\(places.map(\.path).joined(separator: ", ")): encrypted, or in memory alone")]
        }
        let found = "\(clear.joined(separator: ", ")) is not known to be encrypted"
        let remedy = "encrypt it (crypttab(5), option swap), use zram, or switch it off: swapoff -a"
        return [
            GuardedMemory.isLocked
                ? .warning("\(found): copies of tokens that libraries make may reach it", remedy)
                : .problem("\(found), and memory with secrets could not be locked", remedy)
        ]
    }

    private static func isProtected(_ place: SwapPlace) throws(VaultError) -> Bool {
        guard let device = place.device else { return false }
        if device.hasPrefix("zram") {
            // It may write to a disk what it has no room for.
            return try KernelFile.text("/sys/block/\(device)/backing_dev").map { $0 == "none" } ?? true
        }
        return try KernelFile.text("/sys/block/\(device)/dm/uuid")?.hasPrefix("CRYPT-") ?? false
    }
}

/// A line of `/proc/swaps` (proc(5)).
struct SwapPlace: Equatable {
    var path: String

    /// What the kernel calls the block device; nil for a file.
    var device: String? {
        path.hasPrefix("/dev/") ? path.split(separator: "/").last.map(String.init) : nil
    }

    /// - Parameter table: with its line of titles.
    static func list(_ table: String) -> [SwapPlace] {
        table.split(separator: "\n").dropFirst().compactMap { line in
            line.split { $0 == " " || $0 == "\t" }.first.map { SwapPlace(path: String($0)) }
        }
    }
}
