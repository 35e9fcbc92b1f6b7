package import Vault

/// The list of our own: the objects of `list -o json`, with the secret.
package enum JSONProfiles: CredentialFile {
    package static func read(
        _ content: borrowing SecretBytes, path: String, most: Int
    ) throws(VaultError) -> FileReading {
        try content.withBytes { (bytes) throws(VaultError) in
            let document = try JSONReader.document(bytes, path: path)
            guard let objects = document.objects else {
                throw VaultError(.notUnderstood, "\(path):\(document.line): this is no list of profiles")
            }
            var reading = FileReading(path: path, most: most)
            for object in objects { try entry(of: object, path: path, in: bytes).add(to: &reading, in: bytes) }
            return try reading.checked()
        }
    }

    private static func entry(
        of object: Node, path: String, in bytes: RawSpan
    ) throws(VaultError) -> ExchangeEntry {
        var entry = ExchangeEntry(line: object.line)
        for member in object.members ?? [] where !ExchangeField.derivedKeys.contains(member.key) {
            if member.key == "credential", let members = member.value.members {
                for part in members where !ExchangeField.derivedCredentialKeys.contains(part.key) {
                    try add(part, to: &entry, path: path, in: bytes)
                }
            } else {
                try add(member, to: &entry, path: path, in: bytes)
            }
        }
        return entry
    }

    private static func add(
        _ member: Node.Member, to entry: inout ExchangeEntry, path: String, in bytes: RawSpan
    ) throws(VaultError) {
        func error(_ what: String) -> VaultError { VaultError(.notUnderstood, "\(path):\(member.line): \(what)") }
        guard let field = ExchangeField.allCases.first(where: { $0.key == member.key }) else {
            throw error("the key \(member.key) is none of a profile's")
        }
        guard entry.values[field] == nil else { throw error("the key \(member.key) is there twice") }
        switch (member.value.content, field) {
        case (.null, _): break
        case (.string(let value), _): entry.values[field] = value
        case (.array(let elements), .tags):
            for element in elements {
                guard case .string(let tag) = element.content else { throw error("a tag is no string") }
                entry.tags.append(tag)
            }
        case (.other(let range), .sendsChain) where ["true", "false"].contains(bytes.text(range)):
            entry.sendsChain = bytes.text(range) == "true"
        default: throw error("the value of \(member.key) is not of its kind")
        }
    }
}
