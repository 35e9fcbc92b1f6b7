private import Glibc

/// The vault as a file: its path, who may touch it, and how a new one comes into being.
struct VaultFile: Sendable {
    let path: String
    /// The directory it lies in.
    let directory: String

    /// - Parameter path: absolute; the command line makes it so.
    init(_ path: String) {
        self.path = path
        let parts = path.split(separator: "/", omittingEmptySubsequences: true)
        directory = "/" + parts.dropLast().joined(separator: "/")
    }

    /// Never removed: whoever removes a lock file lets two hold it.
    var lockPath: String { path + ".lock" }

    /// Checks that there is a vault at the path and that it is ours alone.
    ///
    /// - Throws: codes `notFound`, `locked`, `damaged`.
    func checkExisting() throws(VaultError) {
        guard let status = try FileStatus(of: path) else {
            throw VaultError(.notFound, "there is no vault at \(path)", hint: "vaultctl init")
        }
        guard status.isRegularFile else { throw VaultError(.damaged, "\(path) is not a vault: it is no regular file") }
        try status.checkPrivate(path)
        try checkDirectory()
        let head: [UInt8]
        do throws(Errno) {
            head = try FileDescriptor(opening: path, O_RDONLY).read(atMost: 16)
        } catch {
            throw .system(error.number, "cannot read", path: path)
        }
        guard head == Array("SQLite format 3\0".utf8) else { throw VaultError(.damaged, "\(path) is not a vault") }
    }

    private func checkDirectory() throws(VaultError) {
        guard let status = try FileStatus(of: directory), status.isDirectory else {
            throw VaultError(.locked, "\(directory) is no directory", hint: "give the path without symbolic links")
        }
        try status.checkPrivate(directory)
        if let name = NetworkFileSystem.name(of: directory) {
            throw VaultError(
                .locked, "\(directory) is on a network file system (\(name)), where locks cannot be relied on",
                hint: "keep the vault on a local disk")
        }
    }

    /// Makes the directory if it is missing, lets `build` make a database beside the final path, and puts it there in one
    /// step: a kill at any moment leaves either no vault or a whole one.
    ///
    /// - Throws: code `exists` when something is there already, or the place cannot be written.
    func create(_ build: (_ temporaryPath: String) throws(VaultError) -> Void) throws(VaultError) {
        if try FileStatus(of: path) != nil { throw alreadyExists }
        try makeDirectory()
        try checkDirectory()
        let temporary = path + ".new-" + UInt64.random(in: .min ... .max).littleEndianBytes.hexadecimal
        do throws(Errno) {
            // SQLite would make it 0644; an existing empty file keeps its mode.
            _ = try FileDescriptor(opening: temporary, O_RDWR | O_CREAT | O_EXCL)
        } catch {
            throw VaultError(.exists, "cannot create \(path): \(systemMessage(error.number))")
        }
        defer { _ = unsafe unlink(temporary) }
        try build(temporary)
        // link(2), unlike rename(2), never replaces what somebody else put there meanwhile.
        guard unsafe link(temporary, path) == 0 else {
            throw errno == EEXIST ? alreadyExists : .system(errno, "cannot create", path: path)
        }
        try syncDirectory()
    }

    /// Makes changes to the directory's entries durable.
    func syncDirectory() throws(VaultError) {
        do throws(Errno) {
            try FileDescriptor(opening: directory, O_RDONLY | O_DIRECTORY).sync()
        } catch {
            throw .system(error.number, "cannot make durable", path: directory)
        }
    }

    private var alreadyExists: VaultError {
        VaultError(.exists, "there is a vault already at \(path)", hint: "give another place with --vault")
    }

    private func makeDirectory() throws(VaultError) {
        try PrivateDirectory.make(directory)
    }
}

/// Directories of our own.
enum PrivateDirectory {
    /// Makes `path` with mode 0700, and what is missing above it.
    ///
    /// - Throws: code `exists` when it cannot be made.
    static func make(_ path: String) throws(VaultError) {
        if try FileStatus(of: path) != nil { return }
        let parent = "/" + path.split(separator: "/").dropLast().joined(separator: "/")
        if parent != path { try make(parent) }
        guard unsafe mkdir(path, 0o700) == 0 || errno == EEXIST else {
            throw VaultError(.exists, "cannot create \(path): \(systemMessage(errno))")
        }
    }
}
