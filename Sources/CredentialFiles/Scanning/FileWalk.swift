private import CLinux
private import Glibc
package import Vault

/// The files below a folder that may have secrets in them, one after the other. Links are not followed, and what is no text,
/// or longer than any such file, is passed over.
package struct FileWalk {
    /// What became of one file.
    package enum Visit: ~Copyable {
        case content(SecretBytes)
        /// It is no text, a link, or too long: why.
        case passedOver(String)
        /// It could not be read, which may hide something: why.
        case failed(String)
    }

    /// Files that are looked at below one folder.
    package static let mostFiles = 100_000
    package static let deepest = 32
    /// Of a file, in bytes: 16 MiB.
    package static let longest = 16 << 20

    /// Folders that are not gone into, by name: what others wrote, much of it.
    package var leavesOut: Set<String> = []
    private var count = 0
    /// Whether there was more than ``mostFiles`` or ``deepest`` allow.
    package private(set) var isCutShort = false

    package init(leavingOut names: Set<String> = []) { leavesOut = names }

    /// Calls `body` with every file below `folder`, sorted by name.
    package mutating func visit(
        _ folder: String, depth: Int = 0, _ body: (_ path: String, _ visit: consuming Visit) throws(VaultError) -> Void
    ) throws(VaultError) {
        guard depth < Self.deepest else {
            isCutShort = true
            return
        }
        guard let names = Self.names(in: folder) else { return try body(folder, .failed(systemMessage(errno))) }
        for name in names {
            let path = folder == "/" ? "/\(name)" : "\(folder)/\(name)"
            var found = stat()
            guard unsafe lstat(path, &found) == 0 else {
                // Gone since it was listed.
                if errno != ENOENT { try body(path, .failed(systemMessage(errno))) }
                continue
            }
            switch found.st_mode & S_IFMT {
            case S_IFDIR: if !leavesOut.contains(name) { try visit(path, depth: depth + 1, body) }
            case S_IFREG:
                guard count < Self.mostFiles else {
                    isCutShort = true
                    return
                }
                count += 1
                try body(path, Self.read(path, followsLink: false))
            case S_IFLNK: try body(path, .passedOver("a link"))
            default: try body(path, .passedOver("no file"))
            }
        }
    }

    /// What a path names; nil when there is nothing. A link at its end is followed.
    package static func kind(of path: String) throws(VaultError) -> (isFolder: Bool, exists: Bool) {
        var found = stat()
        guard unsafe stat(path, &found) == 0 else {
            guard errno == ENOENT || errno == ENOTDIR else { throw .system(errno, "cannot look at", path: path) }
            return (false, false)
        }
        return (found.st_mode & S_IFMT == S_IFDIR, true)
    }

    /// Reads one file, if it is a text.
    package static func read(_ path: String, followsLink: Bool = true) -> Visit {
        let flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | (followsLink ? 0 : O_NOFOLLOW)
        let descriptor = unsafe open(path, flags)
        guard descriptor >= 0 else { return .failed(systemMessage(errno)) }
        defer { close(descriptor) }
        do throws(VaultError) {
            let state = try FileState(of: descriptor, path: path)
            guard state.isRegular else { return .passedOver("no file") }
            guard state.size <= longest else { return .passedOver("longer than \(longest >> 20) MiB") }
            // A look at the beginning, before all of a picture is read.
            let head = try FileContent.read(descriptor, count: min(state.size, 4096), path: path)
            guard !head.hasZero else { return .passedOver("no text") }
            let content = try FileContent.read(descriptor, count: state.size, path: path)
            return content.hasZero ? .passedOver("no text") : .content(content)
        } catch {
            return .failed(error.message)
        }
    }

    /// The names in a folder, itself and its parent left out, sorted; none where it cannot be listed.
    package static func names(in folder: String, where isWanted: (String) -> Bool) -> [String] {
        names(in: folder)?.filter(isWanted) ?? []
    }

    /// - Returns: nil where it cannot be listed; `errno` says why.
    private static func names(in folder: String) -> [String]? {
        guard let directory = unsafe opendir(folder) else { return nil }
        defer { unsafe closedir(directory) }
        var names: [String] = []
        while let entry = unsafe readdir(directory) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }
}

extension SecretBytes {
    /// Whether there is a zero byte, which no text has.
    fileprivate var hasZero: Bool {
        withBytes { bytes in (0..<bytes.byteCount).contains { bytes.byte(at: $0) == 0 } }
    }
}
