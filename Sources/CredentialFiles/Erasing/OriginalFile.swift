private import CLinux
private import Glibc
package import Vault

/// A file of another tool that secrets are taken out of, held open from before it is read until it was written anew.
///
/// ```swift
/// let file = try OriginalFile.opened(at: path) { try AzEntries.read($0, path: path).credentials.compactMap(\.erasure) }
/// …                                             // each secret is proven to be in the vault
/// try file.erase(erasures)
/// ```
/// There is a whole file at the path at any time: the old one, or the one without the secrets. They change places in one
/// step, and before the old one is overwritten it is known to be what was read: what somebody else wrote meanwhile comes
/// back. Whoever ends the process leaves at most one file beside it, whose name tells the next run what it may be:
/// ``discardedPath`` or ``candidatePath``.
package struct OriginalFile: ~Copyable {
    /// Where it lies. Of a symbolic link that is its target: the link stays a link.
    package let path: String
    /// Everything in it, as of when it was opened.
    package let content: SecretBytes
    /// Whether a run that was ended had taken it from its place, and this one put it back: what was read before is stale.
    package internal(set) var isPutBack = false
    private let file: OpenFile
    let status: FileState

    /// The longest file that is taken, in bytes: 16 MiB.
    package static let longest = 16 << 20

    /// Opens a file, and holds it: nobody else who asks for its lock gets it.
    ///
    /// - Throws: code `locked` for a file of somebody else, or that cannot be written; `inputOutput` for one with several
    ///   names, whose other names would still lead to the secret, or that is none; `tryAgain` while another process is at it.
    init(at given: String) throws(VaultError) {
        let path = try Self.resolved(given)
        guard let file = OpenFile(path, O_RDWR) else {
            let isRefused = [EACCES, EPERM, EROFS, EISDIR].contains(errno)
            throw isRefused
                ? Self.refused(.locked, given, "it cannot be written: \(systemMessage(errno))")
                : .system(errno, "cannot open", path: given)
        }
        try file.lock(given)
        let status = try FileState(of: file.number, path: given)
        // Another run may have put its new file there before this one had the lock.
        guard try FileState(at: path)?.isSame(as: status) == true else {
            throw VaultError(.tryAgain, "another program writes \(given)", hint: "run it again")
        }
        try Self.check(status, given)
        let content = try FileContent.read(file.number, count: status.size, path: given)
        self.path = path
        self.status = status
        self.content = content
        self.file = file
    }

    var descriptor: Int32 { file.number }

    /// Without links.
    private static func resolved(_ path: String) throws(VaultError) -> String {
        guard let resolved = unsafe realpath(path, nil) else { throw .system(errno, "cannot find", path: path) }
        defer { unsafe free(resolved) }
        return unsafe String(cString: resolved)
    }

    /// Two of the paths that lead to the same file; nil where there are none.
    package static func twins(among paths: [String]) throws(VaultError) -> (String, String)? {
        var seen: [String: String] = [:]
        for path in paths {
            if let same = seen.updateValue(path, forKey: try resolved(path)) { return (same, path) }
        }
        return nil
    }

    /// Where the new file is written, and the old one lies while it is overwritten: beside the file, so that both are on one
    /// file system. Whatever is left there nobody needs.
    var discardedPath: String { beside("vaultctl-shred") }

    /// Where the new file lies when it changes places with the old one, and the old one until it was seen that nobody wrote
    /// to it. What is left there may be the only copy of what somebody wrote.
    var candidatePath: String { beside("vaultctl-new") }

    private func beside(_ suffix: String) -> String {
        let slash = path.lastIndex(of: "/").map { path.index(after: $0) } ?? path.startIndex
        return "\(path[..<slash]).\(path[slash...]).\(suffix)"
    }

    private static func check(_ status: FileState, _ path: String) throws(VaultError) {
        guard status.isRegular else { throw refused(.inputOutput, path, "it is no regular file") }
        guard status.owner == geteuid() else {
            throw refused(.locked, path, "it belongs to another user (uid \(status.owner))")
        }
        guard status.names == 1 else {
            throw refused(
                .inputOutput, path, "it has \(status.names) names (hard links), and the others would keep the secrets",
                hint: "find \"$HOME\" -xdev -samefile \(path) shows them; remove the others")
        }
        guard status.size <= longest else {
            throw refused(.inputOutput, path, "it is longer than \(longest >> 20) MiB")
        }
    }

    static func refused(
        _ code: VaultError.Code, _ path: String, _ why: String, hint: String? = nil
    ) -> VaultError {
        VaultError(code, "nothing can be taken out of \(path): \(why)", hint: hint)
    }

    /// Checks that the file is still the one that was read: at its path, of the same size, time, owner and mode, with the same bytes.
    ///
    /// - Throws: code `tryAgain`.
    borrowing func checkUnchanged(at place: String) throws(VaultError) {
        let changed = VaultError(
            .tryAgain, "\(path) was changed by somebody else meanwhile; nothing was taken out of it",
            hint: "run it again")
        guard try FileState(of: descriptor, path: path).isSame(as: status),
            let found = try FileState(at: place), found.isSame(as: status)
        else { throw changed }
        let now = try FileContent.read(descriptor, count: status.size, path: path)
        guard now.equals(content) else { throw changed }
    }
}

/// What tells a file, and whether it was written to.
struct FileState {
    let device: UInt64
    let inode: UInt64
    let names: UInt64
    let isRegular: Bool
    let owner: UInt32
    let group: UInt32
    /// Permission bits.
    let mode: UInt32
    let size: Int
    private let seconds: Int
    private let nanoseconds: Int

    init(of descriptor: Int32, path: String) throws(VaultError) {
        var found = stat()
        guard unsafe fstat(descriptor, &found) == 0 else { throw .system(errno, "cannot look at", path: path) }
        self.init(found)
    }

    /// Nil when there is nothing at `path`.
    init?(at path: String) throws(VaultError) {
        var found = stat()
        guard unsafe lstat(path, &found) == 0 else {
            guard errno == ENOENT else { throw .system(errno, "cannot look at", path: path) }
            return nil
        }
        self.init(found)
    }

    private init(_ found: stat) {
        device = UInt64(found.st_dev)
        inode = UInt64(found.st_ino)
        names = UInt64(found.st_nlink)
        isRegular = found.st_mode & S_IFMT == S_IFREG
        owner = found.st_uid
        group = found.st_gid
        mode = found.st_mode & 0o7777
        size = Int(found.st_size)
        seconds = found.st_mtim.tv_sec
        nanoseconds = found.st_mtim.tv_nsec
    }

    /// Whether it is the same file, not written to in between, nor given to others.
    func isSame(as other: FileState) -> Bool {
        isSameFile(as: other) && size == other.size && seconds == other.seconds && nanoseconds == other.nanoseconds
            && names == other.names && mode == other.mode && owner == other.owner && group == other.group
    }

    func isSameFile(as other: FileState) -> Bool { device == other.device && inode == other.inode }
}
