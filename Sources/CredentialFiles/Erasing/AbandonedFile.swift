private import Glibc
internal import Vault

/// What a run that was ended left beside a file: the new one, not finished, or the old one, not yet overwritten. Either way
/// the file itself is whole, and what lies here is not needed.
enum AbandonedFile {
    /// Overwrites and removes what lies at `path`, if anything.
    ///
    /// - Throws: code `exists` for what this program did not leave, which is not touched.
    static func clear(_ path: String) throws(VaultError) {
        guard try FileState(at: path) != nil else { return }
        let foreign = VaultError(
            .exists, "there is something at \(path) that vaultctl did not leave", hint: "look at it, and move it away")
        guard let file = OpenFile(path, O_WRONLY) else { throw foreign }
        let status = try FileState(of: file.number, path: path)
        // A second name may be one that somebody else gave to a file that is in use.
        guard status.isRegular, status.owner == geteuid(), status.names == 1 else { throw foreign }
        if let failure = FileContent.overwrite(file.number, count: status.size) {
            throw .system(failure, "cannot overwrite", path: path)
        }
        guard unsafe unlink(path) == 0 || errno == ENOENT else { throw .system(errno, "cannot remove", path: path) }
    }
}
