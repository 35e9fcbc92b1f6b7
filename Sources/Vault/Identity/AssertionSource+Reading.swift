internal import FoundationEssentials
private import Glibc

extension AssertionSource {
    /// The longest assertion that is taken, in bytes.
    static let longest = 16 << 10

    /// The assertion as it is now, without white space around it, which a file ends with and no token endpoint takes (wire
    /// reference, section 2).
    ///
    /// - Throws: code `inputOutput` when the file cannot be read, `unavailable` when the command fails or the variable is
    ///   not set, `usage` when what is there is no JWT.
    func read() async throws(VaultError) -> SecretBytes {
        let bytes: SecretBytes
        switch self {
        case .file(let path): bytes = try Self.contents(of: path)
        case .command(let command): bytes = try await AssertionCommand(command: command).output()
        case .environment(let name):
            guard let value = unsafe getenv(name) else {
                throw VaultError(
                    .unavailable, "the environment of this process has no \(name), which the assertion is taken from",
                    hint: "an agent has its own environment; --no-agent uses yours")
            }
            let length = unsafe min(strlen(value), Self.longest + 1)
            bytes = SecretBytes(count: length) { space in
                unsafe space.withUnsafeMutableBytes { unsafe $0.copyMemory(from: .init(start: value, count: length)) }
            }
        }
        return try Self.trimmed(bytes, from: self)
    }

    private static func contents(of path: String) throws(VaultError) -> SecretBytes {
        // Kubernetes changes it by changing a link, so links are followed; a pipe would be read once and then wait.
        let file = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)
        guard file >= 0 else { throw .system(errno, "the assertion cannot be read from", path: path) }
        defer { close(file) }
        var status = stat()
        guard unsafe fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw VaultError(.inputOutput, "the assertion cannot be read from \(path): it is no regular file")
        }
        var failure: Int32 = 0
        var length = 0
        let bytes = SecretBytes(count: longest + 1) { space in
            unsafe space.withUnsafeMutableBytes { space in
                while length < space.count {
                    let count = unsafe Glibc.read(file, space.baseAddress?.advanced(by: length), space.count - length)
                    if count < 0, errno == EINTR { continue }
                    if count < 0 { failure = errno }
                    guard count > 0 else { return }
                    length += count
                }
            }
        }
        guard failure == 0 else { throw .system(failure, "the assertion cannot be read from", path: path) }
        return bytes.slice(0..<length)
    }

    private static func trimmed(
        _ bytes: borrowing SecretBytes, from source: AssertionSource
    ) throws(VaultError) -> SecretBytes {
        let range = bytes.withBytes { bytes -> Range<Int>? in
            var (start, end) = (0, bytes.byteCount)
            while start < end, bytes.byte(at: start) <= 0x20 { start += 1 }
            while end > start, bytes.byte(at: end - 1) <= 0x20 { end -= 1 }
            // A JWT in its compact form: three parts of base64url (RFC 7515, section 7.1).
            var dots = 0
            for offset in start..<end {
                switch bytes.byte(at: offset) {
                case UInt8(ascii: "."): dots += 1
                case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "="):
                    break
                default: return nil
                }
            }
            return dots == 2 && end - start <= longest ? start..<end : nil
        }
        guard let range else {
            throw VaultError(
                .usage, "what was read as the assertion (\(source)) is no JWT",
                hint: "it is three parts with dots between them, at most \(longest >> 10) KiB")
        }
        return bytes.slice(range)
    }
}
