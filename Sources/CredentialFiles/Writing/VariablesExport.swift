internal import Vault

/// Variables, one a line, quoted so that shells and readers of `.env` files take them alike.
enum VariablesExport: ExportForm {
    static func check(_ profiles: [Profile]) throws(VaultError) {
        for profile in profiles {
            let destination = profile.destination
            if destination.provider == .entra { try profile.checkEntra(in: .env) }
            if case .file = destination.assertion, destination.provider == .entra { continue }
            guard destination.assertion == nil else {
                throw profile.cannotBeSaid(in: .env, "its assertion does not come from a file, or is for Databricks")
            }
            try profile.checkSecret(in: .env)
        }
    }

    static func write(_ credentials: [StoredCredential], to text: inout SecretText) throws(VaultError) {
        // One needs no prefix, and SDKs read it as it is.
        let prefixes = credentials.count == 1 ? [""] : prefixes(of: credentials.map(\.profile.name))
        for (index, (credential, prefix)) in zip(credentials, prefixes).enumerated() {
            if index > 0 { text.append("\n") }
            text.append("# \(credential.profile.name)\n")
            for field in fields(of: credential) {
                guard try field.value.isOneLine else {
                    throw credential.profile.cannotBeSaid(in: .env, "a value of it has a control character")
                }
                text.append("\(prefix)\(field.key)=")
                try field.value.withBytes { text.append(quoted: $0) }
                text.append("\n")
            }
        }
    }

    private static func fields(of credential: StoredCredential) -> [ExportedField] {
        let profile = credential.profile
        let destination = profile.destination
        guard destination.provider == .entra else {
            let place =
                destination.account.map {
                    [ExportedField("DATABRICKS_HOST", $0.host), ExportedField("DATABRICKS_ACCOUNT_ID", $0.id)]
                } ?? [ExportedField("DATABRICKS_HOST", destination.workspace ?? "")]
            return place + [
                ExportedField("DATABRICKS_CLIENT_ID", profile.clientID),
                ExportedField("DATABRICKS_CLIENT_SECRET", .secret(credential.secret)),
            ]
        }
        var fields = [
            ExportedField("AZURE_TENANT_ID", profile.tenant), ExportedField("AZURE_CLIENT_ID", profile.clientID),
        ]
        if case .file(let path)? = destination.assertion {
            fields.append(ExportedField("AZURE_FEDERATED_TOKEN_FILE", path))
        } else {
            fields.append(ExportedField("AZURE_CLIENT_SECRET", .secret(credential.secret)))
        }
        if destination.cloud != .azureCloud {
            fields.append(ExportedField("AZURE_AUTHORITY_HOST", destination.cloud.authority))
        }
        if let subscription = profile.subscription {
            fields.append(ExportedField("AZURE_SUBSCRIPTION_ID", subscription))
        }
        if let workspace = destination.workspace { fields.append(ExportedField("DATABRICKS_HOST", workspace)) }
        return fields
    }

    /// `prod/etl` gives `PROD_ETL_`; a second one that does, `PROD_ETL_2_`.
    static func prefixes(of names: [ProfileName]) -> [String] {
        var taken: Set<String> = []
        return names.map { name in
            let letters = name.description.uppercased().map { $0.isLetter || $0.isNumber ? $0 : "_" }
            // No variable begins with a digit.
            let base = (letters.first?.isNumber == true ? "SP_" : "") + String(letters)
            var prefix = base
            var number = 2
            while !taken.insert(prefix).inserted {
                prefix = "\(base)_\(number)"
                number += 1
            }
            return prefix + "_"
        }
    }
}

extension SecretText {
    /// A word of a shell: in single quotes, or with such a quote in it in double ones.
    fileprivate mutating func append(quoted bytes: RawSpan) {
        let hasQuote = (0..<bytes.byteCount).contains { bytes.byte(at: $0) == UInt8(ascii: "'") }
        guard hasQuote else {
            append("'")
            append(bytes)
            return append("'")
        }
        append("\"")
        append(bytes) { byte, _ in
            switch byte {
            case UInt8(ascii: "\""): "\\\""
            case UInt8(ascii: "\\"): "\\\\"
            case UInt8(ascii: "$"): "\\$"
            case UInt8(ascii: "`"): "\\`"
            default: nil
            }
        }
        append("\"")
    }
}
