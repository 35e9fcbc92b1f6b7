package import Vault

/// The table of our own: its first row names the columns of ``ExchangeField``, in any order.
package enum CSVProfiles: CredentialFile {
    package static func read(
        _ content: borrowing SecretBytes, path: String, most: Int
    ) throws(VaultError) -> FileReading {
        try content.withBytes { (bytes) throws(VaultError) in
            var rows = try CSVReader.rows(bytes, path: path)[...]
            // A file that is not empty has a row.
            guard let head = rows.popFirst() else { return FileReading(path: path) }
            let columns = try columns(of: head, path: path, in: bytes)
            var reading = FileReading(path: path, most: most)
            for row in rows {
                // An empty secret may be one that was taken out; any other field that is empty is absent.
                let values = zip(columns, row.fields).filter { column, value in
                    column == .secret || column == .certificate || !value.range.isEmpty
                }
                ExchangeEntry(line: row.line, values: Dictionary(uniqueKeysWithValues: values))
                    .add(to: &reading, in: bytes)
            }
            return try reading.checked()
        }
    }

    private static func columns(
        of head: CSVReader.Row, path: String, in bytes: RawSpan
    ) throws(VaultError) -> [ExchangeField] {
        var columns: [ExchangeField] = []
        for field in head.fields {
            let name = bytes.text(bytes.trimmed(field.range)).lowercased().filter { $0 != "\"" }
            guard let column = ExchangeField.allCases.first(where: { $0.column == name }) else {
                throw VaultError(
                    .notUnderstood, "\(path):\(head.line): the first row does not name columns that are known",
                    hint: "columns are \(ExchangeField.allCases.map(\.column).joined(separator: ","))")
            }
            guard !columns.contains(column) else {
                throw VaultError(.notUnderstood, "\(path):\(head.line): the column \(name) is there twice")
            }
            columns.append(column)
        }
        guard columns.contains(.clientID) else {
            throw VaultError(.notUnderstood, "\(path):\(head.line): there is no column client_id")
        }
        return columns
    }
}
