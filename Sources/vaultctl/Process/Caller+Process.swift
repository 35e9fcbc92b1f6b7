import Glibc
import Vault

extension Caller {
    /// This process as the record knows it. Executables that cannot be read stand as their name in brackets, or as `?`.
    static var thisProcess: Caller {
        Caller(
            uid: getuid(), pid: getpid(), user: Account.current?.name ?? String(getuid()), host: hostName,
            claimedExecutables: executables)
    }

    private static var hostName: String {
        var buffer = [CChar](repeating: 0, count: 256)
        guard unsafe gethostname(&buffer, buffer.count - 1) == 0 else { return "?" }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// The executables of this process and of at most four parents, nearest first.
    static var executables: [String] {
        var found = [linkTarget("/proc/self/exe") ?? "?"]
        var parent = getppid()
        while parent > 0, found.count < 5 {
            let status = ProcessStatus(of: parent)
            found.append(linkTarget("/proc/\(parent)/exe") ?? status.map { "[\($0.command)]" } ?? "?")
            guard let next = status?.parent, next != parent else { break }
            parent = next
        }
        return found
    }

    private static func linkTarget(_ path: String) -> String? {
        var buffer = [CChar](repeating: 0, count: 4096)
        let count = unsafe readlink(path, &buffer, buffer.count)
        guard count > 0 else { return nil }
        return String(decoding: buffer.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

/// What `/proc/PID/stat` tells everybody (proc(5)).
struct ProcessStatus: Equatable {
    var command: String
    var parent: Int32

    /// Nil when the process is gone or hidden.
    init?(of process: Int32) {
        let descriptor = unsafe open("/proc/\(process)/stat", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var buffer = [UInt8](repeating: 0, count: 1024)
        let count = unsafe buffer.withUnsafeMutableBytes { unsafe Descriptor.read(into: $0, from: descriptor) }
        guard count > 0 else { return nil }
        self.init(line: String(decoding: buffer.prefix(count), as: UTF8.self))
    }

    /// Reads `PID (command) state parent …`; the command may hold spaces and brackets of its own.
    init?(line: String) {
        guard let open = line.firstIndex(of: "("), let close = line.lastIndex(of: ")"), open < close else { return nil }
        let fields = line[line.index(after: close)...].split(separator: " ")
        guard fields.count >= 2, let parent = Int32(fields[1]) else { return nil }
        command = String(line[line.index(after: open)..<close])
        self.parent = parent
    }
}
