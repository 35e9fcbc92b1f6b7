internal import Vault

/// A value where it stands in a file, not taken out yet: most values of a file are nobody's business.
struct FileValue: Sendable {
    /// From its first byte to its last, quotes and all.
    var range: Range<Int>
    /// Counted from 1.
    var line: Int
    var spelling: Spelling
    /// The bytes that go when the value is taken out of the file, and what stands there then.
    var erasure: Erasure

    /// How forms of files write a value.
    enum Spelling: Sendable {
        /// As it is.
        case plain
        /// RFC 8259, section 7, with its quotes.
        case json
        /// A quoted template of HCL, with its quotes.
        case hcl
        /// A word of a shell.
        case shell
        /// As it is, of an INI file.
        case ini
        /// A field of RFC 4180, in quotes that are doubled within.
        case csv
    }
}

/// Why a value is not one that could be used; says nothing of it.
struct ValueFault: Error {
    var message: String
    /// See ``FileProblem/emptied``.
    var emptied: EmptiedEntry?
}

extension FileValue {
    /// The longest value that is taken, in bytes.
    static let longest = 64 << 10

    /// The value in locked memory.
    func secret(in bytes: RawSpan) throws(ValueFault) -> SecretBytes {
        guard range.count <= Self.longest else {
            throw ValueFault(message: "a value is longer than \(Self.longest >> 10) KiB")
        }
        guard !mayBeCut(in: bytes) else {
            throw ValueFault(
                message: "the file ends with its secret, without the end of a line: it may be half of one; end the "
                    + "line, or put the secret in quotes")
        }
        // What is decoded is never longer than how it is written.
        var length = 0
        let decoded = try SecretBytes(count: range.count) { (space: inout MutableRawSpan) throws(ValueFault) in
            try decode(in: bytes) { byte in
                space.storeBytes(of: byte, toByteOffset: length, as: UInt8.self)
                length += 1
            }
        }
        return decoded.withBytes { SecretBytes(copying: $0.extracting(first: length)) }
    }

    /// Whether nothing shows that the value is whole: the file ends with it, and it has no quotes. Half a secret would be
    /// stored, and the whole one would be there already when it comes.
    private func mayBeCut(in bytes: RawSpan) -> Bool {
        guard !range.isEmpty, range.upperBound == bytes.byteCount else { return false }
        switch spelling {
        case .plain, .ini: return true
        case .shell: return ![UInt8(ascii: "'"), UInt8(ascii: "\"")].contains(bytes.byte(at: range.upperBound - 1))
        case .json, .hcl, .csv: return false
        }
    }

    /// The value of what is no secret.
    func text(in bytes: RawSpan) throws(ValueFault) -> String {
        guard range.count <= Self.longest else {
            throw ValueFault(message: "a value is longer than \(Self.longest >> 10) KiB")
        }
        var decoded: [UInt8] = []
        try decode(in: bytes) { decoded.append($0) }
        return String(decoding: decoded, as: UTF8.self)
    }

    /// Hands over the value byte by byte.
    func decode(in bytes: RawSpan, _ emit: (UInt8) -> Void) throws(ValueFault) {
        switch spelling {
        case .plain: for at in range { emit(bytes.byte(at: at)) }
        case .json: try EscapedString(escapes: .json).decode(inner, in: bytes, emit)
        case .hcl: try EscapedString(escapes: .hcl).decode(inner, in: bytes, emit)
        case .shell: try ShellWord.decode(range, in: bytes, emit)
        case .ini:
            try INIReader.check(range, in: bytes)
            for at in range { emit(bytes.byte(at: at)) }
        case .csv:
            var at = inner.lowerBound
            while at < inner.upperBound {
                let byte = bytes.byte(at: at)
                emit(byte)
                at += byte == UInt8(ascii: "\"") ? 2 : 1
            }
        }
    }

    /// Without the quotes.
    private var inner: Range<Int> { range.lowerBound + 1..<range.upperBound - 1 }
}
