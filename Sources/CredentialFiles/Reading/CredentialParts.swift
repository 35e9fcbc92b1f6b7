internal import Vault

/// The values of one entry of a file, by what they are, on the way to a credential.
///
/// What is wrong with them is a problem of this entry alone.
struct CredentialParts {
    /// What the file calls it.
    var name: String?
    /// Where it begins.
    var line: Int
    var clientID: FileValue?
    var tenant: FileValue?
    var secret: FileValue?
    var certificate: FileValue?
    var certificatePassword: FileValue?
    var federatedTokenFile: FileValue?
    var subscription: FileValue?
    var authority: FileValue?
    var cloud: FileValue?
    var host: FileValue?
    var account: FileValue?

    /// Anything but a place alone.
    var isOfInterest: Bool {
        [clientID, secret, certificate, federatedTokenFile].contains { $0 != nil }
    }
}

extension FileReading {
    /// Adds what the parts of an entry come to: a credential, or a problem.
    ///
    /// - Parameter finish: what else there is to say of it.
    mutating func add(
        _ parts: CredentialParts, provider: Provider = .entra, in bytes: RawSpan,
        _ finish: (inout FoundCredential) throws(ValueFault) -> Void = { _ in }
    ) {
        guard hasRoom(forEntryIn: parts.line) else { return }
        do throws(ValueFault) {
            var found = try parts.credential(provider, in: bytes)
            try finish(&found)
            credentials.append(found)
        } catch {
            problems.append(
                FileProblem(
                    line: parts.line, name: parts.name, message: error.message,
                    // Nil where that is what is wrong.
                    clientID: parts.clientID.flatMap { try? $0.text(in: bytes) }, emptied: error.emptied))
        }
    }

    /// Whether one more entry can be taken; asked before any secret of it takes locked memory.
    mutating func hasRoom(forEntryIn line: Int) -> Bool {
        guard credentials.count >= most else { return true }
        lineOfTooMany = lineOfTooMany ?? line
        return false
    }

    /// - Throws: code `notUnderstood` when there are more than memory can be locked for.
    func checked() throws(VaultError) -> FileReading {
        if let line = lineOfTooMany {
            throw VaultError(
                .notUnderstood, "\(path):\(line): there are more credentials than can be taken at once",
                hint:
                    "at most \(SourceText.mostCredentials) in all files together; with --shred half of that; split them"
            )
        }
        return self
    }
}

extension CredentialParts {
    fileprivate func credential(_ provider: Provider, in bytes: RawSpan) throws(ValueFault) -> FoundCredential {
        guard let clientID = try clientID.map({ (value) throws(ValueFault) in try value.text(in: bytes) }),
            !clientID.isEmpty
        else { throw ValueFault(message: "the client id is missing") }
        let tenant = try optional(tenant, in: bytes)
        let host = try optional(host, in: bytes).map { (host) throws(ValueFault) in try WorkspaceHost(host) }
        var destination = Destination(
            provider: provider, cloud: try place(of: host, in: bytes), workspace: host?.text)
        if let account = try optional(account, in: bytes), provider == .databricks, host?.isOfAccounts ?? true {
            destination.workspace = nil
            guard let console = host?.text ?? DatabricksAccount.host(in: destination.cloud) else {
                throw ValueFault(message: "the accounts console of this cloud is not known")
            }
            destination.account = DatabricksAccount(id: account, host: console)
        }
        switch provider {
        case .databricks:
            guard destination.account != nil || destination.workspace != nil else {
                throw ValueFault(message: "the host of the workspace is missing")
            }
        case .entra:
            guard tenant != nil || destination.workspace != nil else {
                throw ValueFault(message: "the tenant is missing")
            }
        }
        let owner = EmptiedEntry(
            destination: destination, tenant: provider == .databricks ? "" : tenant, clientID: clientID)
        let proof = try proof(&destination, of: owner, in: bytes)
        return FoundCredential(
            name: name, line: line, destination: destination, tenant: owner.tenant, clientID: clientID, proof: proof,
            // A profile with a workspace is for its tokens.
            audience: provider == .entra && host != nil
                ? try? Audience(resource: "databricks", in: destination.cloud) : nil,
            subscription: try optional(subscription, in: bytes))
    }

    private func optional(_ value: FileValue?, in bytes: RawSpan) throws(ValueFault) -> String? {
        guard let text = try value.map({ (value) throws(ValueFault) in try value.text(in: bytes) }), !text.isEmpty
        else {
            return nil
        }
        return text
    }

    private func proof(
        _ destination: inout Destination, of owner: EmptiedEntry, in bytes: RawSpan
    ) throws(ValueFault) -> FoundCredential.Proof {
        if let secret {
            let value = try secret.secret(in: bytes)
            if !value.isEmpty { return .clientSecret(SharedSecret(value), secret.erasure) }
        }
        if let certificate, try !certificate.secret(in: bytes).isEmpty {
            guard try optional(certificatePassword, in: bytes) == nil else {
                throw ValueFault(message: "its certificate has a password: add it with --certificate")
            }
            return try FoundCredential.Proof(certificate: certificate, in: bytes)
        }
        if let path = try optional(federatedTokenFile, in: bytes) {
            guard path.hasPrefix("/") else {
                throw ValueFault(message: "the path of its federated token is not absolute")
            }
            destination.assertion = .file(path)
            return .federated
        }
        guard secret != nil else { throw ValueFault(message: "it has no secret") }
        throw ValueFault(message: "its secret is empty", emptied: owner)
    }

    private func place(of host: WorkspaceHost?, in bytes: RawSpan) throws(ValueFault) -> Cloud {
        if let name = try optional(cloud, in: bytes) {
            guard let cloud = Cloud(spelled: name) else { return Cloud(unknown: name, authority: "") }
            return cloud
        }
        if let authority = try optional(authority, in: bytes) { return Cloud(authority: authority) }
        return host.flatMap { Cloud.ofWorkspace(host: $0.host) } ?? .azureCloud
    }
}
