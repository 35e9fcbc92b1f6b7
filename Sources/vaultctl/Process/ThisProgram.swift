import Glibc

/// The program that this process runs.
enum ThisProgram {
    /// Means another program in every process.
    static let link = "/proc/self/exe"

    /// A path to start it again with: its own where that still leads to it, so that the process keeps its name in lists,
    /// else the link that the kernel keeps, which also leads to a program that was replaced meanwhile.
    static var path: String {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = unsafe readlink(link, &buffer, buffer.count)
        guard count > 0, count < buffer.count else { return link }
        let target = String(decoding: buffer.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        var running = stat()
        var found = stat()
        guard unsafe stat(link, &running) == 0, unsafe stat(target, &found) == 0,
            running.st_dev == found.st_dev, running.st_ino == found.st_ino
        else { return link }
        return target
    }
}
