internal import Vault

/// One value of what is exported, by what the form calls it.
struct ExportedField {
    var key: String
    var value: ExportedValue

    init(_ key: String, _ value: ExportedValue) {
        self.key = key
        self.value = value
    }

    init(_ key: String, _ text: String) { self.init(key, .text(text)) }
}

enum ExportedValue {
    case text(String)
    case secret(SharedSecret)
    case list([String])
    case flag(Bool)
    /// Of JSON alone.
    indirect case object([ExportedField])

    /// Lends a text or a secret as bytes.
    func withBytes<Result: ~Copyable>(_ body: (RawSpan) throws(VaultError) -> Result) throws(VaultError) -> Result {
        switch self {
        case .secret(let secret): try secret.bytes.withBytes(body)
        case .text(let text): try Array(text.utf8).withRawSpan(body)
        case .list(let texts): try Array(texts.joined(separator: ",").utf8).withRawSpan(body)
        case .flag(let flag): try Array((flag ? "true" : "false").utf8).withRawSpan(body)
        case .object: throw VaultError(.internalError, "an object where a text is wanted")
        }
    }

    /// Whether it holds bytes that a form of lines cannot say: control characters, or none of UTF-8.
    var isOneLine: Bool {
        get throws(VaultError) {
            try withBytes { bytes in
                bytes.isUTF8
                    && (0..<bytes.byteCount).allSatisfy { bytes.byte(at: $0) >= 0x20 && bytes.byte(at: $0) != 0x7f }
            }
        }
    }
}

extension RawSpan {
    /// Whether all of it is UTF-8.
    var isUTF8: Bool { (try? unsafe UTF8Span(validating: _unsafeView(as: UInt8.self))) != nil }
}

extension SecretText {
    /// An object of JSON with a field a line, `indent` deep.
    mutating func append(object fields: [ExportedField], indent: String) throws(VaultError) {
        append("{")
        for (index, field) in fields.enumerated() {
            append(index == 0 ? "\n" : ",\n")
            append("\(indent)  ")
            append(json: field.key)
            append(": ")
            try append(json: field.value, indent: indent + "  ")
        }
        append("\n\(indent)}")
    }

    private mutating func append(json value: ExportedValue, indent: String) throws(VaultError) {
        switch value {
        case .flag(let flag): append(flag ? "true" : "false")
        case .list(let texts):
            append("[")
            for (index, text) in texts.enumerated() {
                if index > 0 { append(", ") }
                append(json: text)
            }
            append("]")
        case .text(let text): append(json: text)
        case .object(let fields): try append(object: fields, indent: indent)
        case .secret(let secret): secret.bytes.withBytes { append(json: $0) }
        }
    }
}
