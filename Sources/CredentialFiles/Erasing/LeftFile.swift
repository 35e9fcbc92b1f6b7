private import Glibc
internal import Vault

/// What a run that was ended left beside a file, held so that no other run takes it.
struct LeftFile: ~Copyable {
    let path: String
    let file: OpenFile
    let size: Int

    /// - Returns: nil where nothing was left.
    /// - Throws: code `exists` for what this program did not leave, which is not touched; `tryAgain` while another run has it.
    init?(at path: String) throws(VaultError) {
        guard try FileState(at: path) != nil else { return nil }
        let foreign = Self.foreign(path)
        guard let file = OpenFile(path, O_RDWR) else {
            throw [ELOOP, ENXIO, EISDIR].contains(errno) ? foreign : .system(errno, "cannot open", path: path)
        }
        try file.lock(path)
        let status = try FileState(of: file.number, path: path)
        guard try file.isAt(path) else {
            throw VaultError(.tryAgain, "another program writes \(path)", hint: "run it again")
        }
        // A second name may be one that somebody else gave to a file that is in use.
        guard status.isRegular, status.owner == geteuid(), status.names == 1 else { throw foreign }
        self.path = path
        self.file = file
        size = status.size
    }

    /// What is there is of somebody else.
    static func foreign(_ path: String) -> VaultError {
        VaultError(
            .exists, "there is something at \(path) that vaultctl did not leave", hint: "look at it, and move it away")
    }

    /// Overwrites and removes it.
    consuming func destroy() throws(VaultError) {
        if let failure = FileContent.overwrite(file.number, count: size) {
            throw .system(failure, "cannot overwrite", path: path)
        }
        guard unsafe unlink(path) == 0 || errno == ENOENT else { throw .system(errno, "cannot remove", path: path) }
    }
}
