private import CLinux
private import Glibc

/// What `lstat(2)` tells of a path.
package struct FileStatus {
    package let isRegularFile: Bool
    package let isDirectory: Bool
    package let isLink: Bool
    package let isSocket: Bool
    package let owner: UInt32
    /// Permission bits.
    package let mode: UInt32
    /// Bytes.
    package let size: Int64
    /// How many names the file has.
    package let names: Int
    /// What a file is known by, whatever it is called: its device and its number there.
    let identity: [UInt64]

    /// - Returns: nil when there is nothing at `path`.
    package init?(of path: String) throws(VaultError) {
        var status = stat()
        guard unsafe lstat(path, &status) == 0 else {
            if errno == ENOENT || errno == ENOTDIR { return nil }
            guard errno != EACCES else {
                throw VaultError(
                    .locked, "\(path) cannot be reached: permission denied", hint: "use a vault of your own")
            }
            throw .system(errno, "cannot look at", path: path)
        }
        isRegularFile = status.st_mode & S_IFMT == S_IFREG
        isDirectory = status.st_mode & S_IFMT == S_IFDIR
        isLink = status.st_mode & S_IFMT == S_IFLNK
        isSocket = status.st_mode & S_IFMT == S_IFSOCK
        owner = status.st_uid
        mode = status.st_mode & 0o7777
        size = Int64(status.st_size)
        names = Int(status.st_nlink)
        identity = [UInt64(status.st_dev), UInt64(status.st_ino)]
    }

    /// - Throws: code `locked` unless this process' user owns it and nobody else may touch it.
    func checkPrivate(_ path: String) throws(VaultError) {
        guard owner == geteuid() else {
            throw VaultError(.locked, "\(path) belongs to another user (uid \(owner))", hint: "use a vault of your own")
        }
        guard mode & 0o077 == 0 else {
            throw VaultError(
                .locked, "\(path) can be reached by others (mode 0\(String(mode, radix: 8)))",
                hint: "chmod \(isDirectory ? "700" : "600") \(path)")
        }
    }
}

/// File systems on which neither locks nor durable writes can be relied on.
package enum NetworkFileSystem {
    /// - Returns: its name when `directory` lies on one.
    package static func name(of directory: String) -> String? {
        var status = statfs()
        guard unsafe statfs(directory, &status) == 0 else { return nil }
        // The numbers are those of linux/magic.h.
        return switch UInt32(truncatingIfNeeded: status.f_type) {
        case 0x6969: "NFS"
        case 0x517b: "SMB"
        case 0xff53_4d42: "CIFS"
        case 0xfe53_4d42: "SMB2"
        case 0x5346_414f: "AFS"
        case 0x00c3_6400: "Ceph"
        case 0x0102_1997: "9P"
        default: nil
        }
    }
}
