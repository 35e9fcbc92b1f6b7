import Vault

/// A new file of JSON objects, each on a line of its own.
struct JSONLinesFile: ~Copyable {
    private var file: NewFile
    private var json = JSONText(indented: false)

    /// Bytes that are written at once.
    private static let chunk = 1 << 20

    /// See ``NewFile/init(at:replaces:)``.
    init(at path: String, replaces: Bool) throws(VaultError) {
        file = try NewFile(at: path, replaces: replaces)
    }

    /// Writes an object on a line of its own.
    mutating func write(_ fields: (inout JSONText) -> Void) throws(VaultError) {
        json.object(fields)
        json.newline()
        if json.text.bytes.count >= Self.chunk { try flush() }
    }

    /// Makes it durable and gives it its name.
    mutating func finish() throws(VaultError) {
        try flush()
        try file.finish()
    }

    private mutating func flush() throws(VaultError) {
        try file.write(json.text.bytes)
        json.removeAll()
    }
}
