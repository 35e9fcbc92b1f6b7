import Glibc
import Vault

/// The terminal that the user sits at, whatever standard input and output are (`/dev/tty`).
struct Terminal: ~Copyable {
    let descriptor: Int32

    /// - Parameter missing: names what would be asked for, for the error.
    /// - Throws: code `locked` when there is no terminal.
    init(toAskFor missing: String, hint: String) throws(VaultError) {
        descriptor = unsafe open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY)
        guard descriptor >= 0 else {
            throw VaultError(.locked, "there is no terminal to ask for \(missing)", hint: hint)
        }
    }

    deinit { close(descriptor) }

    borrowing func write(_ text: String) {
        // A prompt that cannot be shown is followed by a read that fails.
        _ = unsafe Array(text.utf8).withUnsafeBytes { unsafe Descriptor.write($0, to: descriptor) }
    }

    /// Asks for a secret without showing what is typed.
    ///
    /// - Throws: code `usage` when nothing was typed.
    borrowing func secret(_ prompt: String, what: String) throws(VaultError) -> SecretBytes {
        // The line discipline keeps at most 4,095 bytes of a line and drops the rest without a word.
        let lineLimit = 4095
        var used = 0
        let line = try SecretBytes(count: lineLimit + 1) { (span: inout MutableRawSpan) throws(VaultError) in
            used = try quietly(showing: prompt) { () throws(VaultError) in
                let count = unsafe span.withUnsafeMutableBytes {
                    unsafe Glibc.read(descriptor, $0.baseAddress, $0.count)
                }
                // The terminal is non-blocking to nobody here; what interrupts the call is a signal.
                guard count >= 0 else {
                    throw VaultError(.inputOutput, "the terminal could not be read: \(Descriptor.text(of: errno))")
                }
                return count
            }
        }
        guard used < lineLimit else {
            throw VaultError(.usage, "\(what) is too long to be typed", hint: "give it in a file")
        }
        return try line.first(used).droppingNewline(what: what)
    }

    /// Asks a question that only `y` or `yes` answers with yes.
    borrowing func confirms(_ question: String) throws(VaultError) -> Bool {
        write("\(question.visible) [y/N] ")
        var answer = [UInt8](repeating: 0, count: 4096)
        let count = unsafe answer.withUnsafeMutableBytes { unsafe Descriptor.read(into: $0, from: descriptor) }
        guard count >= 0 else {
            throw VaultError(.inputOutput, "the terminal could not be read: \(Descriptor.text(of: Int32(-count)))")
        }
        let line = String(decoding: answer.prefix(max(0, count)).prefix { $0 != 0x0a && $0 != 0x0d }, as: UTF8.self)
        return ["y", "yes"].contains(line.lowercased())
    }
}
