internal import Vault

/// Sections of `~/.databrickscfg`, one a profile, by its name.
enum DatabricksExport: ExportForm {
    static func check(_ profiles: [Profile]) throws(VaultError) {
        for profile in profiles {
            let destination = profile.destination
            try profile.checkSecret(in: .databricks)
            guard destination.provider == .databricks || destination.workspace != nil else {
                throw profile.cannotBeSaid(in: .databricks, "it has no workspace")
            }
            if destination.provider == .entra {
                let host = destination.workspace?.split(separator: "/").last.map(String.init) ?? ""
                try profile.checkEntra(in: .databricks, clouds: [Cloud.ofWorkspace(host: host) ?? .azureCloud])
            }
            // Its keys would be those of every other section, too.
            guard profile.name.description != "DEFAULT" else {
                throw profile.cannotBeSaid(in: .databricks, "the section DEFAULT is about all others")
            }
        }
    }

    static func write(_ credentials: [StoredCredential], to text: inout SecretText) throws(VaultError) {
        for (index, credential) in credentials.enumerated() {
            if index > 0 { text.append("\n") }
            text.append("[\(credential.profile.name)]\n")
            for field in fields(of: credential) {
                guard try field.value.isPlain else {
                    throw credential.profile.cannotBeSaid(
                        in: .databricks,
                        "a value of it has # or ;, a control character, or a quote, backslash or space at an end")
                }
                text.append("\(field.key) = ")
                try field.value.withBytes { text.append($0) }
                text.append("\n")
            }
        }
    }

    private static func fields(of credential: StoredCredential) -> [ExportedField] {
        let profile = credential.profile
        let destination = profile.destination
        if let account = destination.account {
            return [
                ExportedField("host", account.host), ExportedField("account_id", account.id),
                ExportedField("client_id", profile.clientID),
                ExportedField("client_secret", .secret(credential.secret)),
            ]
        }
        let host = ExportedField("host", destination.workspace ?? "")
        guard destination.provider == .entra else {
            return [
                host, ExportedField("client_id", profile.clientID),
                ExportedField("client_secret", .secret(credential.secret)),
            ]
        }
        return [
            host, ExportedField("azure_tenant_id", profile.tenant), ExportedField("azure_client_id", profile.clientID),
            ExportedField("azure_client_secret", .secret(credential.secret)),
        ]
    }
}

extension ExportedValue {
    /// Whether everybody who reads such files takes it as it is: some see a comment in `#` and `;`, take quotes
    /// off, and go on in the next line behind a backslash.
    fileprivate var isPlain: Bool {
        get throws(VaultError) {
            guard try isOneLine else { return false }
            return try withBytes { bytes in
                guard bytes.byteCount > 0 else { return false }
                let (first, last) = (bytes.byte(at: 0), bytes.byte(at: bytes.byteCount - 1))
                return !" \"'`".utf8.contains(first) && !" \\".utf8.contains(last)
                    && (0..<bytes.byteCount).allSatisfy { !"#;".utf8.contains(bytes.byte(at: $0)) }
            }
        }
    }
}
