import Glibc
import Vault

/// A result that goes to a file of the user's own: there as a whole, or not at all, because it is written without a name,
/// made durable, and then put in its place. Readable for its owner alone, unless it is said who else may.
struct NewFile: ~Copyable {
    private let path: String
    private let replaces: Bool
    /// Under which it is written where the file system has no files without a name, and takes its place.
    private let temporary: String
    private var isNamed: Bool
    private let descriptor: Int32
    private var isFinished = false

    /// `O_TMPFILE`, a macro that Swift does not see (asm-generic/fcntl.h).
    private static let withoutName: Int32 = 0o20_000_000 | O_DIRECTORY

    /// - Parameters:
    ///   - path: absolute.
    ///   - mode: who may read and write it, whatever the mask of the process says.
    /// - Throws: code `exists` when the file cannot be made, or is there and is not to be replaced.
    init(at path: String, replaces: Bool, mode: mode_t = 0o600) throws(VaultError) {
        try Self.check(path, replaces: replaces)
        let temporary = "\(path).\(getpid())"
        // Whoever ends this process ends a file without a name, too, with all that is in it.
        var descriptor = unsafe open(
            PrivateDirectory.parent(of: path), O_WRONLY | Self.withoutName | O_CLOEXEC, mode_t(0o600))
        let isNamed = descriptor < 0
        if isNamed {
            descriptor = unsafe open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode_t(0o600))
        }
        guard descriptor >= 0 else {
            throw VaultError(.exists, "cannot create \(path): \(Descriptor.text(of: errno))")
        }
        guard mode == 0o600 || fchmod(descriptor, mode) == 0 else {
            let failure = errno
            close(descriptor)
            if isNamed { _ = unsafe unlink(temporary) }
            throw VaultError(.exists, "cannot create \(path): \(Descriptor.text(of: failure))")
        }
        self.path = path
        self.replaces = replaces
        self.temporary = temporary
        self.isNamed = isNamed
        self.descriptor = descriptor
    }

    deinit {
        close(descriptor)
        if isNamed, !isFinished { _ = unsafe unlink(temporary) }
    }

    /// - Parameter replaces: whether a file at `path`, which is this user's own, is to go.
    /// - Throws: code `exists` when something else is there.
    static func check(_ path: String, replaces: Bool) throws(VaultError) {
        var found = stat()
        guard unsafe lstat(path, &found) == 0 else { return }
        guard replaces else { throw alreadyThere(path) }
        guard found.st_mode & S_IFMT == S_IFREG, found.st_uid == geteuid() else {
            throw VaultError(.exists, "there is something else than a file of yours at \(path)", hint: "move it away")
        }
    }

    private static func alreadyThere(_ path: String) -> VaultError {
        VaultError(.exists, "there is a file at \(path) already", hint: "name another one, or give --force")
    }

    func write(_ bytes: [UInt8]) throws(VaultError) {
        let failure = unsafe bytes.withUnsafeBytes { unsafe Descriptor.write($0, to: descriptor) }
        if let failure { throw cannotWrite(failure) }
    }

    /// Writes a secret from the memory it lives in.
    func write(_ secret: borrowing SecretBytes) throws(VaultError) {
        let failure = secret.withBytes { bytes in
            unsafe bytes.withUnsafeBytes { unsafe Descriptor.write($0, to: descriptor) }
        }
        if let failure { throw cannotWrite(failure) }
    }

    /// Makes it durable and gives it its name.
    mutating func finish() throws(VaultError) {
        guard fsync(descriptor) == 0 else { throw cannotWrite(errno) }
        if replaces {
            if !isNamed {
                guard link(to: temporary) == 0 else { throw cannotWrite(errno) }
                isNamed = true
            }
            guard unsafe rename(temporary, path) == 0 else { throw cannotWrite(errno) }
        } else {
            // link(2), unlike rename(2), never replaces what somebody else put there meanwhile.
            guard link(to: path) == 0 else {
                throw errno == EEXIST ? Self.alreadyThere(path) : cannotWrite(errno)
            }
            if isNamed { _ = unsafe unlink(temporary) }
        }
        isFinished = true
        let directory = unsafe open(PrivateDirectory.parent(of: path), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { throw cannotWrite(errno) }
        defer { close(directory) }
        guard fsync(directory) == 0 else { throw cannotWrite(errno) }
    }

    /// Gives it a name, as open(2) says how; 0 for success.
    private func link(to name: String) -> Int32 {
        unsafe isNamed
            ? linkat(AT_FDCWD, temporary, AT_FDCWD, name, 0)
            : linkat(AT_FDCWD, "/proc/self/fd/\(descriptor)", AT_FDCWD, name, AT_SYMLINK_FOLLOW)
    }

    private func cannotWrite(_ code: Int32) -> VaultError {
        VaultError(.inputOutput, "\(path) could not be written: \(Descriptor.text(of: code))")
    }
}
