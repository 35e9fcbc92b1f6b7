import Glibc
import Vault

/// A file of JSON lines that is there as a whole, or not at all: written under another name, made durable, and then put
/// in its place. Readable for its owner alone.
struct NewFile: ~Copyable {
    private let path: String
    private let replaces: Bool
    private let temporary: String
    private let descriptor: Int32
    private var json = JSONText(indented: false)
    private var isFinished = false

    /// Bytes that are written at once.
    private static let chunk = 1 << 20

    /// - Parameter path: absolute.
    /// - Throws: code `exists` when the file cannot be made, or is there and is not to be replaced.
    init(at path: String, replaces: Bool) throws(VaultError) {
        if !replaces { try Self.checkFree(path) }
        let temporary = "\(path).\(getpid())"
        let descriptor = unsafe open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode_t(0o600))
        guard descriptor >= 0 else {
            throw VaultError(.exists, "cannot create \(path): \(Descriptor.text(of: errno))")
        }
        self.path = path
        self.replaces = replaces
        self.temporary = temporary
        self.descriptor = descriptor
    }

    deinit {
        close(descriptor)
        if !isFinished { _ = unsafe unlink(temporary) }
    }

    /// - Throws: code `exists` when something is at `path`.
    static func checkFree(_ path: String) throws(VaultError) {
        var status = stat()
        guard unsafe lstat(path, &status) != 0 else { throw alreadyThere(path) }
    }

    private static func alreadyThere(_ path: String) -> VaultError {
        VaultError(.exists, "there is a file at \(path) already", hint: "name another one, or give --force")
    }

    /// Writes an object on a line of its own.
    mutating func write(_ fields: (inout JSONText) -> Void) throws(VaultError) {
        json.object(fields)
        json.newline()
        if json.text.bytes.count >= Self.chunk { try flush() }
    }

    private mutating func flush() throws(VaultError) {
        let failure = unsafe json.text.bytes.withUnsafeBytes { unsafe Descriptor.write($0, to: descriptor) }
        if let failure { throw cannotWrite(failure) }
        json.removeAll()
    }

    /// Makes it durable and gives it its name.
    mutating func finish() throws(VaultError) {
        try flush()
        guard fsync(descriptor) == 0 else { throw cannotWrite(errno) }
        if replaces {
            guard unsafe rename(temporary, path) == 0 else { throw cannotWrite(errno) }
        } else {
            // link(2), unlike rename(2), never replaces what somebody else put there meanwhile.
            guard unsafe link(temporary, path) == 0 else {
                throw errno == EEXIST ? Self.alreadyThere(path) : cannotWrite(errno)
            }
            _ = unsafe unlink(temporary)
        }
        isFinished = true
        let directory = unsafe open(PrivateDirectory.parent(of: path), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { throw cannotWrite(errno) }
        defer { close(directory) }
        guard fsync(directory) == 0 else { throw cannotWrite(errno) }
    }

    private func cannotWrite(_ code: Int32) -> VaultError {
        VaultError(.inputOutput, "\(path) could not be written: \(Descriptor.text(of: code))")
    }
}
