internal import Vault

/// Our list of objects: see ``ExchangeField``.
enum ObjectsExport: ExportForm {
    static func check(_ profiles: [Profile]) throws(VaultError) {}

    static func write(_ credentials: [StoredCredential], to text: inout SecretText) throws(VaultError) {
        text.append("[")
        for (index, credential) in credentials.enumerated() {
            text.append(index == 0 ? "\n  " : ",\n  ")
            let (own, ofCredential) = fields(of: credential)
            try text.append(
                object: own + (ofCredential.isEmpty ? [] : [ExportedField("credential", .object(ofCredential))]),
                indent: "  ")
        }
        text.append("\n]\n")
    }

    private static func fields(of credential: StoredCredential) -> (own: [ExportedField], credential: [ExportedField]) {
        var (own, ofCredential): ([ExportedField], [ExportedField]) = ([], [])
        for field in ExchangeField.allCases {
            guard let value = field.value(of: credential) else { continue }
            if field.isOfCredential {
                ofCredential.append(ExportedField(field.key, value))
            } else {
                own.append(ExportedField(field.key, value))
            }
        }
        return (own, ofCredential)
    }
}
