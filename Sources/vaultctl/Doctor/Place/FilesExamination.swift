import Glibc
import Vault

/// Whether files and folders that hold keys, or lead to them, are this user's alone.
struct FilesExamination: Examination {
    static let name = "files"

    func examine(_ patient: Patient) throws(VaultError) -> [Diagnosis] {
        var found: [Diagnosis] = []
        var count = 0
        for place in Self.places(patient) {
            do throws(VaultError) {
                guard let status = try FileStatus(of: place.path) else { continue }
                count += 1
                found += place.diagnoses(status)
            } catch {
                found.append(.unknown(error))
            }
        }
        return found.isEmpty ? [.ok("\(count) files and folders are this user's alone")] : found
    }

    private static func places(_ patient: Patient) -> [Place] {
        var vault = patient.path
        var places: [Place] = []
        // Links above it are gone through when it is opened.
        if let status = patient.readable { vault = status.path }
        places.append(Place(path: PrivateDirectory.parent(of: vault), kind: .folder))
        places.append(Place(path: vault, kind: .file))
        let beside = [".lock", "-journal", ".reserve"] + (1..<Vault.format).map { ".format-\($0)" }
        places += beside.map { Place(path: vault + $0, kind: .file) }
        places.append(Place(path: Surroundings.stateDirectory, kind: .folder))
        if let status = patient.readable {
            places.append(Place(path: "\(Surroundings.stateDirectory)/\(status.id.hexadecimal).anchor", kind: .file))
        }
        if case .success(let socket?) = patient.socket {
            places.append(Place(path: PrivateDirectory.parent(of: socket), kind: .folder))
            places.append(Place(path: socket, kind: .socket))
        }
        if let file = patient.secretFile { places.append(Place(path: file, kind: .key)) }
        return places
    }
}

/// A place that others must not reach.
private struct Place {
    enum Kind { case file, folder, socket, key }

    var path: String
    var kind: Kind

    func diagnoses(_ status: FileStatus) -> [Diagnosis] {
        if kind == .key { return ofKey(status) }
        guard isRight(status) else {
            let what = status.isLink ? "is a link" : "is no \(word)"
            return [.problem("\(path) \(what)", "ls -ld \(path); put what belongs there in its place")]
        }
        var found: [Diagnosis] = []
        if status.owner != geteuid() {
            found.append(
                .problem("\(path) belongs to another user (uid \(status.owner))", "use a vault of your own"))
        }
        if status.mode & 0o077 != 0 {
            found.append(
                .problem(
                    "\(path) can be reached by others (mode 0\(String(status.mode, radix: 8)))",
                    "chmod \(kind == .folder ? "700" : "600") \(path)"))
        }
        if kind == .file, status.names > 1 {
            found.append(
                .warning(
                    "\(path) has \(status.names) names: it can be reached by another path",
                    "find / -xdev -samefile \(path)"))
        }
        return found
    }

    /// A key file may be root's, and a group's that this user is in.
    private func ofKey(_ status: FileStatus) -> [Diagnosis] {
        guard status.isRegularFile else { return [] }
        if status.owner != geteuid(), status.owner != 0 {
            return [.problem("\(path), which unlocks the vault, belongs to another user (uid \(status.owner))", nil)]
        }
        guard status.mode & 0o007 == 0 else {
            return [.problem("\(path), which unlocks the vault, can be read by everybody", "chmod 600 \(path)")]
        }
        return []
    }

    private func isRight(_ status: FileStatus) -> Bool {
        switch kind {
        case .file, .key: status.isRegularFile
        case .folder: status.isDirectory
        case .socket: status.isSocket
        }
    }

    private var word: String {
        switch kind {
        case .file, .key: "regular file"
        case .folder: "folder"
        case .socket: "socket"
        }
    }
}
