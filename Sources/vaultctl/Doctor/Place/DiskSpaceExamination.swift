import Glibc
import Vault

/// Whether there is room for a transaction, for the reserve of a rotation, and for a copy of the vault.
struct DiskSpaceExamination: Examination {
    static let name = "disk space"

    func examine(_ patient: Patient) throws(VaultError) -> [Diagnosis] {
        guard let status = patient.readable else { return [.skipped("no vault that can be read")] }
        let folder = PrivateDirectory.parent(of: status.path)
        var system = statvfs()
        guard unsafe statvfs(folder, &system) == 0 else { throw .system(errno, "cannot look at", path: folder) }
        let free = UInt64(system.f_bavail) * UInt64(system.f_frsize)
        let found = "\(free >> 20) MiB are free"
        // A file system without a count of files has none to run out of.
        guard free >= Self.least, system.f_files == 0 || system.f_favail > 16 else {
            return [.problem("\(found), and a rotation sets 1 MiB aside", "df -h \(folder); df -i \(folder)")]
        }
        guard free >= UInt64(status.fileSize) + Self.least else {
            return [.warning("\(found), less than a copy of the vault takes", "df -h \(folder)")]
        }
        return [.ok(found)]
    }

    /// The reserve, and as much for what a transaction changes, twice over.
    private static let least = UInt64(4 * ReserveFile.size)
}
