package import Vault

/// `service_principal_entries.json` of the Azure CLI: what `az login --service-principal` stored. What older releases
/// wrote to `accessTokens.json` is read, too (wire reference, section 3.5).
package enum AzEntries: CredentialFile {
    package static func read(
        _ content: borrowing SecretBytes, path: String, most: Int
    ) throws(VaultError) -> FileReading {
        try content.withBytes { (bytes) throws(VaultError) in
            let document = try JSONReader.document(bytes, path: path)
            guard let entries = document.elements else {
                throw VaultError(.notUnderstood, "\(path):\(document.line): this is no list of service principals")
            }
            var reading = FileReading(path: path, most: most)
            for entry in entries { try add(entry, to: &reading, in: bytes) }
            return try reading.checked()
        }
    }

    private static func add(_ entry: Node, to reading: inout FileReading, in bytes: RawSpan) throws(VaultError) {
        guard entry.members != nil else {
            throw VaultError(.notUnderstood, "\(reading.path):\(entry.line): an entry of the list is no object")
        }
        // Tokens of people lie in the old file beside the secrets of service principals.
        guard entry["tokenType"] == nil else { return }
        var parts = CredentialParts(line: entry.line)
        parts.clientID = entry.string("client_id") ?? entry.string("servicePrincipalId")
        parts.tenant = entry.string("tenant") ?? entry.string("tenant_id") ?? entry.string("servicePrincipalTenant")
        parts.secret = entry.string("client_secret") ?? entry.string("secret") ?? entry.string("accessToken")
        parts.certificate = entry.string("certificate") ?? entry.string("certificateFile")
        if parts.secret == nil, parts.certificate == nil,
            entry["client_assertion"] ?? entry["federated_token"] != nil
        {
            let clientID = parts.clientID.flatMap { try? $0.text(in: bytes) }
            reading.problems.append(
                FileProblem(
                    line: entry.line,
                    message: "its federated token cannot be renewed; add it with --federated-token-file",
                    clientID: clientID))
            return
        }
        let sendsChain = entry.isTrue("use_cert_sn_issuer", in: bytes) || entry.isTrue("useCertSNIssuerAuth", in: bytes)
        reading.add(parts, in: bytes) { found in
            if case .certificate = found.proof, sendsChain { found.assertionForm = AssertionForm(sendsChain: true) }
        }
    }
}

extension Node {
    /// `true`, or a string that says so.
    func isTrue(_ key: String, in bytes: RawSpan) -> Bool {
        switch self[key]?.content {
        case .other(let range)?: bytes.text(range) == "true"
        case .string(let value)?: (try? value.text(in: bytes).lowercased()) == "true"
        default: false
        }
    }
}
