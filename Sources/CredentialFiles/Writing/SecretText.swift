package import Vault

/// A text with secrets in it that comes in pieces: in locked memory from the first byte on, wiped where it outgrows that.
package struct SecretText: ~Copyable {
    private var storage = SecretBytes(count: 4096) { _ in }
    private var count = 0

    package init() {}

    mutating func append(_ text: String) { Array(text.utf8).withRawSpan { append($0) } }

    mutating func append(_ bytes: RawSpan) {
        reserve(bytes.byteCount)
        storage.withMutableBytes { $0.write(bytes, at: count) }
        count += bytes.byteCount
    }

    /// Appends `bytes` with something else in the place of those that `escape` has a word for.
    ///
    /// - Parameter escape: gets each byte and the one behind it, if there is one.
    mutating func append(_ bytes: RawSpan, escaping escape: (UInt8, UInt8?) -> String?) {
        for index in 0..<bytes.byteCount {
            let next = index + 1 < bytes.byteCount ? bytes.byte(at: index + 1) : nil
            if let word = escape(bytes.byte(at: index), next) {
                append(word)
            } else {
                append(bytes.extracting(index..<index + 1))
            }
        }
    }

    /// A string of JSON (RFC 8259, section 7), of bytes that are UTF-8.
    mutating func append(json bytes: RawSpan) {
        append("\"")
        append(bytes) { byte, _ in
            switch byte {
            case UInt8(ascii: "\""): "\\\""
            case UInt8(ascii: "\\"): "\\\\"
            case ..<0x10: "\\u000" + String(byte, radix: 16)
            case ..<0x20: "\\u00" + String(byte, radix: 16)
            default: nil
            }
        }
        append("\"")
    }

    mutating func append(json text: String) { Array(text.utf8).withRawSpan { append(json: $0) } }

    /// The text, in memory of its size.
    package consuming func take() -> SecretBytes { filled() }

    private mutating func reserve(_ more: Int) {
        guard storage.count - count < more else { return }
        let used = filled()
        storage = SecretBytes(count: max(storage.count * 2, count + more)) { target in
            used.withBytes { target.write($0, at: 0) }
        }
    }

    private borrowing func filled() -> SecretBytes {
        storage.withBytes { SecretBytes(copying: $0.extracting(first: count)) }
    }
}
