import Glibc
import Vault

/// Whether somebody else could have put another program in this one's place.
struct ProgramExamination: Examination {
    static let name = "program"

    func examine(_ patient: Patient) throws(VaultError) -> [Diagnosis] {
        let path = ThisProgram.path
        guard path != ThisProgram.link, let status = try FileStatus(of: path) else {
            return [.warning("it was replaced while it ran", "run it again")]
        }
        var found: [Diagnosis] = []
        if status.mode & 0o6000 != 0 {
            found.append(.problem("\(path) runs as its owner whoever starts it", "chmod u-s,g-s \(path)"))
        }
        found += try Self.writable(path, status)
        var folder = path
        while folder != "/" {
            folder = PrivateDirectory.parent(of: folder)
            guard let status = try FileStatus(of: folder) else { continue }
            // Where the sticky bit is set nobody replaces what is another's (mkdir(2)).
            if status.mode & 0o1000 == 0 { found += try Self.writable(folder, status) }
        }
        return found.isEmpty ? [.ok("\(path), version \(Vaultctl.version); others cannot change it")] : found
    }

    private static func writable(_ path: String, _ status: FileStatus) throws(VaultError) -> [Diagnosis] {
        var found: [Diagnosis] = []
        if status.owner != 0, status.owner != geteuid() {
            found.append(
                .problem("\(path) belongs to another user (uid \(status.owner))", "install it as root or as yourself"))
        }
        if status.mode & 0o002 != 0 {
            found.append(.problem("\(path) can be written by everybody", "chmod o-w \(path)"))
        } else if status.mode & 0o020 != 0, status.owner != 0 {
            // Root's groups are the system's own to give.
            found.append(.warning("\(path) can be written by its group", "chmod g-w \(path)"))
        }
        return found
    }
}
