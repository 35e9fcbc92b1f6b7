package import Vault

/// Variables as `azure-identity` (`AZURE_*`), Terraform (`ARM_*`), kubelogin (`AAD_SERVICE_PRINCIPAL_*`) and Databricks
/// (`DATABRICKS_*`) read them. A prefix, as in `PROD_AZURE_CLIENT_ID`, tells service principals apart, and names them.
package enum EnvVariables: CredentialFile {
    /// Whose variables they are.
    private enum Family: String, CaseIterable {
        case azure = "AZURE"
        case arm = "ARM"
        case aad = "AAD"
        case databricks = "DATABRICKS"
    }

    private struct Key: Hashable {
        var prefix: String
        var family: Family
    }

    package static func read(
        _ content: borrowing SecretBytes, path: String, most: Int
    ) throws(VaultError) -> FileReading {
        try content.withBytes { (bytes) throws(VaultError) in
            var groups: [Key: CredentialParts] = [:]
            var order: [Key] = []
            for assignment in try EnvReader.assignments(bytes, path: path) {
                guard let (key, part) = meaning(of: assignment.name) else { continue }
                if groups[key] == nil { order.append(key) }
                let line = assignment.value.line
                var parts = groups[key] ?? CredentialParts(name: name(of: key.prefix), line: line)
                guard parts[keyPath: part] == nil else {
                    throw VaultError(
                        .notUnderstood, "\(path):\(line): \(assignment.name) is there twice",
                        hint: "leave the one in that is meant")
                }
                parts[keyPath: part] = assignment.value
                groups[key] = parts
            }
            var reading = FileReading(path: path, most: most)
            for key in order {
                guard let parts = groups[key], parts.isOfInterest else { continue }
                let all = completed(parts, key) { groups[Key(prefix: key.prefix, family: $0)] }
                reading.add(all, provider: key.family == .databricks ? .databricks : .entra, in: bytes)
            }
            return try reading.checked()
        }
    }

    /// What variables of another family say of the same service principal.
    private static func completed(
        _ parts: CredentialParts, _ key: Key, _ other: (Family) -> CredentialParts?
    ) -> CredentialParts {
        var parts = parts
        switch key.family {
        case .aad:
            parts.tenant = parts.tenant ?? other(.azure)?.tenant
            parts.authority = other(.azure)?.authority
        case .azure, .arm:
            // Databricks' clients send it to the workspace, unless the workspace has credentials of its own.
            if let databricks = other(.databricks), databricks.clientID == nil, databricks.account == nil {
                parts.host = databricks.host
            }
        case .databricks: break
        }
        return parts
    }

    private static let meanings: [(String, Family, any WritableKeyPath<CredentialParts, FileValue?> & Sendable)] = [
        ("AZURE_TENANT_ID", .azure, \.tenant),
        ("AZURE_CLIENT_ID", .azure, \.clientID),
        ("AZURE_CLIENT_SECRET", .azure, \.secret),
        ("AZURE_CLIENT_CERTIFICATE_PATH", .azure, \.certificate),
        ("AZURE_CLIENT_CERTIFICATE_PASSWORD", .azure, \.certificatePassword),
        ("AZURE_FEDERATED_TOKEN_FILE", .azure, \.federatedTokenFile),
        ("AZURE_AUTHORITY_HOST", .azure, \.authority),
        ("AZURE_SUBSCRIPTION_ID", .azure, \.subscription),
        ("ARM_TENANT_ID", .arm, \.tenant),
        ("ARM_CLIENT_ID", .arm, \.clientID),
        ("ARM_CLIENT_SECRET", .arm, \.secret),
        ("ARM_CLIENT_CERTIFICATE_PATH", .arm, \.certificate),
        ("ARM_CLIENT_CERTIFICATE_PASSWORD", .arm, \.certificatePassword),
        ("ARM_OIDC_TOKEN_FILE_PATH", .arm, \.federatedTokenFile),
        ("ARM_ENVIRONMENT", .arm, \.cloud),
        ("ARM_SUBSCRIPTION_ID", .arm, \.subscription),
        ("AAD_SERVICE_PRINCIPAL_CLIENT_ID", .aad, \.clientID),
        ("AAD_SERVICE_PRINCIPAL_CLIENT_SECRET", .aad, \.secret),
        ("AAD_SERVICE_PRINCIPAL_CLIENT_CERTIFICATE", .aad, \.certificate),
        ("AAD_SERVICE_PRINCIPAL_CLIENT_CERTIFICATE_PASSWORD", .aad, \.certificatePassword),
        ("AAD_TENANT_ID", .aad, \.tenant),
        ("DATABRICKS_HOST", .databricks, \.host),
        ("DATABRICKS_CLIENT_ID", .databricks, \.clientID),
        ("DATABRICKS_CLIENT_SECRET", .databricks, \.secret),
        ("DATABRICKS_ACCOUNT_ID", .databricks, \.account),
    ]

    private static func meaning(of name: String) -> (Key, WritableKeyPath<CredentialParts, FileValue?>)? {
        for (known, family, part) in meanings where name.hasSuffix(known) {
            let prefix = name.dropLast(known.count)
            if prefix.isEmpty { return (Key(prefix: "", family: family), part) }
            if prefix.hasSuffix("_"), prefix.count > 1 {
                return (Key(prefix: String(prefix.dropLast()), family: family), part)
            }
        }
        return nil
    }

    private static func name(of prefix: String) -> String? {
        prefix.isEmpty ? nil : prefix.lowercased().split(separator: "_").joined(separator: "-")
    }
}
