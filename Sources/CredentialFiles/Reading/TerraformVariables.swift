package import Vault

/// Variable files of Terraform: `client_id`, `client_secret`, `tenant_id` and `subscription_id`, with any prefix, at the top
/// or in an object. The prefix, or the key of the object, names the service principal.
package enum TerraformVariables: CredentialFile {
    package static func read(
        _ content: borrowing SecretBytes, path: String, most: Int
    ) throws(VaultError) -> FileReading {
        try content.withBytes { (bytes) throws(VaultError) in
            let document =
                path.hasSuffix(".json")
                ? try JSONReader.document(bytes, path: path) : try HCLReader.document(bytes, path: path)
            guard document.members != nil else {
                throw VaultError(.notUnderstood, "\(path):\(document.line): this is no object of variables")
            }
            var reading = FileReading(path: path, most: most)
            add(document, name: nil, to: &reading, in: bytes)
            reading.credentials.sort { $0.line < $1.line }
            return try reading.checked()
        }
    }

    private static let meanings: [(String, any WritableKeyPath<CredentialParts, FileValue?> & Sendable)] = [
        ("client_id", \.clientID), ("client_secret", \.secret), ("tenant_id", \.tenant),
        ("subscription_id", \.subscription), ("client_certificate_path", \.certificate),
        ("client_certificate_password", \.certificatePassword), ("oidc_token_file_path", \.federatedTokenFile),
        ("environment", \.cloud), ("host", \.host), ("account_id", \.account),
    ]

    private static func add(_ object: Node, name: String?, to reading: inout FileReading, in bytes: RawSpan) {
        var groups: [String: CredentialParts] = [:]
        var order: [String] = []
        for member in object.members ?? [] {
            switch member.value.content {
            case .string(let value):
                guard let (prefix, part) = meaning(of: member.key.lowercased()) else { continue }
                var parts = groups[prefix] ?? CredentialParts(name: nil, line: member.line)
                // `prod`, as an environment, is a word of theirs and no cloud.
                if part == \.cloud, (try? value.text(in: bytes)).flatMap({ Cloud(spelled: $0) }) == nil { continue }
                // `arm_client_id` beside `ARM_client_id`: Terraform knows two, and so does nobody else.
                guard parts[keyPath: part] == nil else { continue }
                parts[keyPath: part] = value
                if groups.updateValue(parts, forKey: prefix) == nil { order.append(prefix) }
            case .object: add(member.value, name: member.key, to: &reading, in: bytes)
            case .array(let elements):
                for element in elements where element.members != nil {
                    add(element, name: nil, to: &reading, in: bytes)
                }
            case .other, .null: break
            }
        }
        let given = object.string("name").flatMap { try? $0.text(in: bytes) }
        for prefix in order {
            guard var parts = groups[prefix], parts.isOfInterest else { continue }
            // The tenant of all may stand beside them without a prefix.
            parts.tenant = parts.tenant ?? groups[""]?.tenant
            parts.name = self.name(of: prefix, in: given ?? name)
            let isDatabricks = prefix.split(separator: "_").last == "databricks" && parts.tenant == nil
            if !isDatabricks { parts.account = nil }
            reading.add(parts, provider: isDatabricks ? .databricks : .entra, in: bytes)
        }
    }

    private static func meaning(of key: String) -> (String, WritableKeyPath<CredentialParts, FileValue?>)? {
        for (known, part) in meanings where key.hasSuffix(known) {
            let prefix = key.dropLast(known.count)
            if prefix.isEmpty { return ("", part) }
            if prefix.hasSuffix("_") { return (String(prefix.dropLast()), part) }
        }
        return nil
    }

    /// `prod_arm` is `prod`, and `arm` names nothing.
    private static func name(of prefix: String, in object: String?) -> String? {
        var words = prefix.split(separator: "_")
        if let last = words.last, ["arm", "azure", "azurerm", "databricks", "sp", "spn"].contains(last) {
            words.removeLast()
        }
        let own = words.isEmpty ? nil : words.joined(separator: "-")
        return [object, own].compactMap(\.self).isEmpty ? nil : [object, own].compactMap(\.self).joined(separator: "-")
    }
}
