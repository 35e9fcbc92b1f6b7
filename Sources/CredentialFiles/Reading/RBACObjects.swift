package import Vault

/// What `az ad sp create-for-rbac` prints, with `--sdk-auth` or without, and what GitHub's Azure login takes: an object, or
/// a list of them.
package enum RBACObjects: CredentialFile {
    package static func read(
        _ content: borrowing SecretBytes, path: String, most: Int
    ) throws(VaultError) -> FileReading {
        try content.withBytes { (bytes) throws(VaultError) in
            let document = try JSONReader.document(bytes, path: path)
            guard let objects = document.objects else {
                throw VaultError(.notUnderstood, "\(path):\(document.line): this is no service principal, nor a list")
            }
            var reading = FileReading(path: path, most: most)
            for object in objects { add(object, to: &reading, in: bytes) }
            return try reading.checked()
        }
    }

    private static func add(_ object: Node, to reading: inout FileReading, in bytes: RawSpan) {
        var parts = CredentialParts(line: object.line)
        parts.clientID = object.string("appId") ?? object.string("clientId")
        parts.tenant = object.string("tenant") ?? object.string("tenantId")
        parts.secret = object.string("password") ?? object.string("clientSecret")
        parts.certificate = object.string("fileWithCertAndPrivateKey") ?? object.string("clientCertificate")
        parts.subscription = object.string("subscriptionId")
        parts.authority = object.string("activeDirectoryEndpointUrl")
        // Older releases wrote an address of the application there, which names nothing.
        parts.name = (object.string("displayName") ?? object.string("name")).flatMap { try? $0.text(in: bytes) }
            .flatMap { $0.isEmpty || $0.contains("://") ? nil : $0 }
        let endpoints = (object.string("resourceManagerEndpointUrl"), object.string("microsoftGraphResourceId"))
        reading.add(parts, in: bytes) { (found) throws(ValueFault) in
            guard Cloud.named(found.destination.cloud.name) == nil else { return }
            // A cloud of one's own that is described here, but for its name.
            if let arm = try endpoints.0?.text(in: bytes) { found.destination.cloud.arm = arm.withoutSlash }
            if let graph = try endpoints.1?.text(in: bytes) { found.destination.cloud.graph = graph.withoutSlash }
        }
    }
}

extension String {
    /// An address as the vault has it.
    var withoutSlash: String {
        var text = self
        while text.hasSuffix("/") { text.removeLast() }
        return text
    }
}
