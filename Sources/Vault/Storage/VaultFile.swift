private import Glibc

/// The vault as a file: its path, who may touch it, and how a new one comes into being.
struct VaultFile: Sendable {
    /// Absolute, and without symbolic links as far as its directory exists: what is checked is what is opened.
    let path: String
    /// The directory it lies in.
    let directory: String

    /// - Parameter path: absolute; the command line makes it so.
    /// - Throws: code `inputOutput` when the directory cannot be looked at.
    init(_ path: String) throws(VaultError) {
        let name = path.split(separator: "/").last ?? ""
        let parent = PrivateDirectory.parent(of: path)
        directory = try PrivateDirectory.resolved(parent) ?? parent
        self.path = (directory == "/" ? "" : directory) + "/" + name
    }

    /// Never removed: whoever removes a lock file lets two hold it.
    var lockPath: String { path + ".lock" }

    var reserve: ReserveFile { ReserveFile(path: path + ".reserve") }

    /// Checks that there is a file at the path and that it is ours alone. Whether it is a vault, SQLite finds out: were it
    /// opened here too, closing it would end the locks that SQLite holds on it for this process.
    ///
    /// - Throws: codes `notFound`, `locked`, `damaged`.
    func checkExisting() throws(VaultError) {
        guard let status = try FileStatus(of: path) else {
            throw VaultError(.notFound, "there is no vault at \(path)", hint: "vaultctl init")
        }
        guard status.isRegularFile else { throw VaultError(.damaged, "\(path) is not a vault: it is no regular file") }
        try status.checkPrivate(path)
        try checkDirectory()
    }

    /// Checks that the directory is ours alone and can hold a vault.
    ///
    /// - Throws: code `locked`.
    func checkDirectory() throws(VaultError) {
        try PrivateDirectory.check(directory)
        try checkFileSystem()
    }

    /// - Throws: code `locked` for a file system across the network.
    func checkFileSystem() throws(VaultError) {
        if let name = NetworkFileSystem.name(of: directory) {
            throw VaultError(
                .locked, "\(directory) is on a network file system (\(name)), where locks cannot be relied on",
                hint: "keep the vault on a local disk")
        }
    }

    /// Makes the directory if it is missing, lets `build` make a database beside the final path, and puts it there in one
    /// step: a kill at any moment leaves either no vault or a whole one.
    ///
    /// - Parameter build: makes all that a vault is, outside this file too; once it returns, only the name is missing.
    /// - Throws: code `exists` when something is there already, or the place cannot be written.
    static func create(
        at path: String, _ build: (VaultFile, _ temporaryPath: String) throws(VaultError) -> Void
    ) throws(VaultError) {
        try PrivateDirectory.make(PrivateDirectory.parent(of: path))
        let file = try VaultFile(path)
        try file.checkDirectory()
        if try FileStatus(of: file.path) != nil { throw file.alreadyExists }
        let lock: HeldLock
        do throws(VaultError) {
            lock = try LockFile(path: file.lockPath).take(.creation)
        } catch {
            throw VaultError(.exists, "cannot create \(file.path): \(error.message)")
        }
        defer { lock.release() }
        let temporary = file.path + ".new"
        // A killed init may have left them; whoever would use them holds the lock.
        for leftover in [temporary, temporary + "-journal"] { _ = unsafe unlink(leftover) }
        do throws(Errno) {
            // SQLite would make it 0644; an existing empty file keeps its mode.
            _ = try FileDescriptor(opening: temporary, O_RDWR | O_CREAT | O_EXCL)
        } catch {
            throw VaultError(.exists, "cannot create \(file.path): \(systemMessage(error.number))")
        }
        defer { _ = unsafe unlink(temporary) }
        try build(file, temporary)
        // link(2), unlike rename(2), never replaces what somebody else put there meanwhile.
        guard unsafe link(temporary, file.path) == 0 else {
            throw errno == EEXIST ? file.alreadyExists : .system(errno, "cannot create", path: file.path)
        }
        do throws(VaultError) {
            try PrivateDirectory.sync(file.directory)
        } catch {
            // Its maker is about to hear that there is no vault, and will never see its recovery code again.
            _ = unsafe unlink(file.path)
            throw error
        }
    }

    private var alreadyExists: VaultError {
        VaultError(.exists, "there is a vault already at \(path)", hint: "give another place with --vault")
    }
}

/// Directories of our own.
package enum PrivateDirectory {
    package static func parent(of path: String) -> String {
        "/" + path.split(separator: "/").dropLast().joined(separator: "/")
    }

    /// Makes `path` with mode 0700, and what is missing above it, durably.
    ///
    /// - Throws: code `exists` when it cannot be made.
    package static func make(_ path: String) throws(VaultError) {
        if try FileStatus(of: path) != nil { return }
        let parent = parent(of: path)
        if parent != path { try make(parent) }
        guard unsafe mkdir(path, 0o700) == 0 || errno == EEXIST else {
            throw VaultError(.exists, "cannot create \(path): \(systemMessage(errno))")
        }
        try sync(parent)
    }

    /// - Throws: code `locked` unless `path` is a directory that this user alone can reach.
    package static func check(_ path: String) throws(VaultError) {
        guard let status = try FileStatus(of: path), status.isDirectory else {
            throw VaultError(.locked, "\(path) is no directory")
        }
        try status.checkPrivate(path)
    }

    /// `path` without symbolic links; nil when it does not exist.
    static func resolved(_ path: String) throws(VaultError) -> String? {
        guard let resolved = unsafe realpath(path, nil) else {
            if errno == ENOENT || errno == ENOTDIR { return nil }
            throw .system(errno, "cannot look at", path: path)
        }
        defer { unsafe free(resolved) }
        return unsafe String(cString: resolved)
    }

    /// Makes changes to the directory's entries durable.
    static func sync(_ path: String) throws(VaultError) {
        do throws(Errno) {
            try FileDescriptor(opening: path, O_RDONLY | O_DIRECTORY).sync()
        } catch {
            throw .system(error.number, "cannot make durable", path: path)
        }
    }
}
