internal import Glibc

/// Which process holds a socket, looked for among those of this user that can be looked into.
enum SocketHolder {
    /// The first that is found; several may share it. Nil for none.
    static func process(holding inode: UInt64) -> Int32? {
        let wanted = "socket:[\(inode)]"
        return names(in: "/proc").lazy.compactMap { Int32($0) }.first { holds($0, wanted) }
    }

    private static func holds(_ process: Int32, _ wanted: String) -> Bool {
        var status = stat()
        let folder = "/proc/\(process)/fd"
        guard unsafe stat(folder, &status) == 0, status.st_uid == geteuid() else { return false }
        var buffer = [CChar](repeating: 0, count: wanted.utf8.count + 1)
        return names(in: folder).contains { name in
            let count = unsafe readlink("\(folder)/\(name)", &buffer, buffer.count)
            return count == wanted.utf8.count && buffer.prefix(count).elementsEqual(wanted.utf8.map(CChar.init))
        }
    }

    private static func names(in folder: String) -> [String] {
        guard let directory = unsafe opendir(folder) else { return [] }
        defer { unsafe closedir(directory) }
        var names: [String] = []
        while let entry = unsafe readdir(directory) {
            names.append(
                unsafe withUnsafePointer(to: &entry.pointee.d_name) {
                    unsafe $0.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
                })
        }
        return names
    }
}
