import CredentialFiles
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
                found += place.diagnoses(status) + place.leftover
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
        places += beside(vault)
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

extension FilesExamination {
    /// What belongs to a vault, and whatever else of its name lies beside it: mostly older states of it, with all secrets.
    private static func beside(_ vault: String) -> [Place] {
        let folder = PrivateDirectory.parent(of: vault)
        let name = String(vault.dropFirst(folder == "/" ? 1 : folder.count + 1))
        let found = FileWalk.names(in: folder) { $0.hasPrefix(name + ".") || $0.hasPrefix(name + "-") }
        return found.map { found in
            let path = "\(folder == "/" ? "" : folder)/\(found)"
            let suffix = String(found.dropFirst(name.count))
            var place = Place(path: path, kind: VaultCompanion.isOne(path, of: vault) ? .file : .other)
            if suffix == VaultCompanion.copySuffix {
                place.leftover = [
                    .warning("\(path) was left by a restoration that was stopped, unless one runs now", "rm \(path)")
                ]
            } else if suffix.hasPrefix(VaultCompanion.keptSuffix),
                ![".lock", "-journal", ".reserve"].contains(where: found.hasSuffix)
            {
                place.leftover = [
                    .warning(
                        "\(path), the vault before a restoration, is still there with all its secrets",
                        "if nothing of it is missed (vaultctl merge \(path) --dry-run): rm \(path)")
                ]
            }
            return place
        }
    }
}

/// A place that others must not reach.
private struct Place {
    enum Kind {
        case file, folder, socket, key
        /// A file that somebody else put there; what is none is no matter of the vault.
        case other
    }

    var path: String
    var kind: Kind
    /// What is to be said of it because it is there.
    var leftover: [Diagnosis] = []

    func diagnoses(_ status: FileStatus) -> [Diagnosis] {
        if kind == .key { return ofKey(status) }
        if kind == .other, !status.isRegularFile { return [] }
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
        case .file, .key, .other: status.isRegularFile
        case .folder: status.isDirectory
        case .socket: status.isSocket
        }
    }

    private var word: String {
        switch kind {
        case .file, .key, .other: "regular file"
        case .folder: "folder"
        case .socket: "socket"
        }
    }
}
