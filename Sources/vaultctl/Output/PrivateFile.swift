import Glibc
import Vault

/// A result that goes to a file of the user's own: whole or not at all, and for nobody else to read.
struct PrivateFile {
    let path: String
    /// Whether a file that is there already is replaced.
    let replaces: Bool

    /// - Throws: code `exists` when there is something that is not to be replaced.
    func check() throws(VaultError) {
        var found = stat()
        guard unsafe lstat(path, &found) == 0 else { return }
        guard replaces else { throw exists }
        guard found.st_mode & S_IFMT == S_IFREG else {
            throw VaultError(.exists, "there is something else than a file at \(path)", hint: "name another file")
        }
    }

    /// Writes the file with mode 0600, on disk before this returns.
    ///
    /// - Throws: codes `exists` and `inputOutput`; what was there is there still.
    func write(_ bytes: [UInt8]) throws(VaultError) {
        try check()
        let temporary = "\(path).\(getpid()).new"
        let descriptor = unsafe open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode_t(0o600))
        guard descriptor >= 0 else {
            throw VaultError(.exists, "the file cannot be made at \(path): \(Descriptor.text(of: errno))")
        }
        defer {
            close(descriptor)
            // Gone already when it has taken its place.
            _ = unsafe unlink(temporary)
        }
        var failure = unsafe bytes.withUnsafeBytes { unsafe Descriptor.write($0, to: descriptor) }
        if failure == nil, fsync(descriptor) != 0 { failure = errno }
        if failure == nil {
            // A name of its own is given only where there is none; a file that came meanwhile is found then.
            let status = unsafe replaces ? rename(temporary, path) : link(temporary, path)
            if status != 0 { failure = errno }
        }
        switch failure {
        case nil: return
        case EEXIST?: throw exists
        case let code?:
            throw VaultError(.inputOutput, "\(path) could not be written: \(Descriptor.text(of: code))")
        }
    }

    private var exists: VaultError {
        VaultError(.exists, "there is a file at \(path) already", hint: "give --force to replace it")
    }
}
