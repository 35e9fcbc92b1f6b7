internal import Vault

/// Our table (RFC 4180): see ``ExchangeField``. Only columns that somebody has something in are there.
enum TableExport: ExportForm {
    static func check(_ profiles: [Profile]) throws(VaultError) {}

    static func write(_ credentials: [StoredCredential], to text: inout SecretText) throws(VaultError) {
        let columns = ExchangeField.allCases.filter { field in
            field == .name || credentials.contains { field.value(of: $0) != nil }
        }
        text.append(columns.map(\.column).joined(separator: ",") + "\r\n")
        for credential in credentials {
            for (index, column) in columns.enumerated() {
                if index > 0 { text.append(",") }
                try column.value(of: credential)?.withBytes { text.append(cell: $0) }
            }
            text.append("\r\n")
        }
    }
}

extension SecretText {
    /// A cell, in quotes where it needs them.
    fileprivate mutating func append(cell bytes: RawSpan) {
        let needsQuotes = (0..<bytes.byteCount).contains { "\",\r\n ".utf8.contains(bytes.byte(at: $0)) }
        guard needsQuotes else { return append(bytes) }
        append("\"")
        append(bytes) { byte, _ in byte == UInt8(ascii: "\"") ? "\"\"" : nil }
        append("\"")
    }
}
