internal import FoundationEssentials
internal import Vault

/// A profile as the forms of our own have it, field by field.
struct ExchangeEntry {
    var line: Int
    var values: [ExchangeField: FileValue] = [:]
    /// Of `json`, where it is a list.
    var tags: [FileValue] = []
    /// Of `json`, where it is a word without quotes.
    var sendsChain = false
}

extension ExchangeEntry {
    /// Adds the credential to `reading`, or what is wrong with it.
    func add(to reading: inout FileReading, in bytes: RawSpan) {
        guard reading.hasRoom(forEntryIn: line) else { return }
        do throws(ValueFault) {
            reading.credentials.append(try credential(in: bytes))
        } catch {
            reading.problems.append(
                FileProblem(
                    line: line, name: values[.name].flatMap { try? $0.text(in: bytes) }, message: error.message,
                    clientID: values[.clientID].flatMap { try? $0.text(in: bytes) }, emptied: error.emptied))
        }
    }

    private func text(_ field: ExchangeField, in bytes: RawSpan) throws(ValueFault) -> String? {
        guard let value = values[field] else { return nil }
        let text = try value.text(in: bytes)
        return text.isEmpty ? nil : text
    }

    /// Nil for one that is empty.
    private func shared(_ field: ExchangeField, in bytes: RawSpan) throws(ValueFault) -> SharedSecret? {
        guard let value = try values[field]?.secret(in: bytes), !value.isEmpty else { return nil }
        return SharedSecret(value)
    }

    private func credential(in bytes: RawSpan) throws(ValueFault) -> FoundCredential {
        guard let clientID = try text(.clientID, in: bytes) else {
            throw ValueFault(message: "the client id is missing")
        }
        var destination = try destination(in: bytes)
        let tenant = try text(.tenant, in: bytes)
        guard tenant != nil || destination.workspace != nil || destination.provider == .databricks else {
            throw ValueFault(message: "the tenant is missing")
        }
        let owner = EmptiedEntry(
            destination: destination, tenant: destination.provider == .databricks ? tenant ?? "" : tenant,
            clientID: clientID)
        let proof = try proof(&destination, of: owner, in: bytes)
        return FoundCredential(
            name: try text(.name, in: bytes), line: line, destination: destination, tenant: owner.tenant,
            clientID: clientID, proof: proof,
            expiresAt: try expiry(for: proof, in: bytes), assertionForm: try form(for: proof, in: bytes),
            audience: try audience(in: destination.cloud, in: bytes),
            subscription: try text(.subscription, in: bytes), tags: try allTags(in: bytes),
            about: try text(.description, in: bytes))
    }

    private func destination(in bytes: RawSpan) throws(ValueFault) -> Destination {
        let written = try text(.provider, in: bytes) ?? Provider.entra.rawValue
        guard let provider = Provider(rawValue: written) else {
            throw ValueFault(message: "the provider is neither entra nor databricks")
        }
        let host = try text(.workspace, in: bytes).map { (text) throws(ValueFault) in try WorkspaceHost(text) }
        let cloud = try cloud(of: host, in: bytes)
        var destination = Destination(provider: provider, cloud: cloud, workspace: host?.text)
        if provider == .databricks, let account = try text(.account, in: bytes) {
            guard let console = try text(.accountsHost, in: bytes) ?? DatabricksAccount.host(in: cloud) else {
                throw ValueFault(message: "the accounts console of this cloud is not known")
            }
            destination.account = DatabricksAccount(id: account, host: console.withoutSlash)
        }
        guard provider == .entra || destination.account != nil || destination.workspace != nil else {
            throw ValueFault(message: "a service principal of Databricks needs a workspace or an account")
        }
        return destination
    }

    private func cloud(of host: WorkspaceHost?, in bytes: RawSpan) throws(ValueFault) -> Cloud {
        let name = try text(.cloud, in: bytes)
        let own = try [ExchangeField.authority, .graph, .arm].map { (field) throws(ValueFault) in
            try text(field, in: bytes)?.withoutSlash
        }
        if let name, let known = Cloud.named(name) {
            for (given, right) in zip(own, [known.authority, known.graph, known.arm]) where given ?? right != right {
                throw ValueFault(message: "\(known.name) has addresses of its own")
            }
            return known
        }
        guard name != nil || own.contains(where: { $0 != nil }) else {
            return host.flatMap { Cloud.ofWorkspace(host: $0.host) } ?? .azureCloud
        }
        return Cloud(name: name ?? "", authority: own[0] ?? "", graph: own[1] ?? "", arm: own[2] ?? "")
    }

    private func proof(
        _ destination: inout Destination, of owner: EmptiedEntry, in bytes: RawSpan
    ) throws(ValueFault) -> FoundCredential.Proof {
        let secret = try shared(.secret, in: bytes)
        let certificate = try shared(.certificate, in: bytes)
        let assertion = try text(.assertionFrom, in: bytes)
        let given = [secret != nil, certificate != nil, assertion != nil].count { $0 }
        guard given <= 1 else { throw ValueFault(message: "it has more than one of secret, certificate and assertion") }
        if let assertion {
            guard let source = AssertionSource(written: assertion) else {
                throw ValueFault(message: "where its assertion comes from is none of file, command and environment")
            }
            destination.assertion = source
            return .federated
        }
        if let secret, let value = values[.secret] { return .clientSecret(secret, value.erasure) }
        if certificate != nil, let value = values[.certificate] {
            return try FoundCredential.Proof(certificate: value, in: bytes)
        }
        let isThere = values[.secret] ?? values[.certificate] != nil
        throw ValueFault(message: isThere ? "its secret is empty" : "it has no secret", emptied: isThere ? owner : nil)
    }

    private func expiry(for proof: FoundCredential.Proof, in bytes: RawSpan) throws(ValueFault) -> Date? {
        switch proof {
        // A certificate says itself when it expires.
        case .certificate, .certificateText: return nil
        case .clientSecret, .federated: break
        }
        guard let written = try text(.expiresAt, in: bytes) else { return nil }
        guard let date = Moment(written)?.date else {
            throw ValueFault(message: "when its secret expires is no date: YYYY-MM-DD, or RFC 3339")
        }
        return date
    }

    private func form(for proof: FoundCredential.Proof, in bytes: RawSpan) throws(ValueFault) -> AssertionForm? {
        switch proof {
        case .certificate, .certificateText: break
        case .clientSecret, .federated: return nil
        }
        let written = try text(.assertionAlgorithm, in: bytes) ?? AssertionForm.Algorithm.ps256.rawValue
        guard let algorithm = AssertionForm.Algorithm(rawValue: written.uppercased()) else {
            throw ValueFault(message: "the algorithm of its assertion is neither PS256 nor RS256")
        }
        let sends = try text(.sendsChain, in: bytes)?.lowercased()
        guard sends == nil || sends == "true" || sends == "false" else {
            throw ValueFault(message: "whether the chain is sent is neither true nor false")
        }
        return AssertionForm(algorithm: algorithm, sendsChain: sendsChain || sends == "true")
    }

    private func audience(in cloud: Cloud, in bytes: RawSpan) throws(ValueFault) -> Audience? {
        do {
            if let scope = try text(.scope, in: bytes) { return try Audience(scope: scope) }
            return try text(.resource, in: bytes).map { (resource) throws(VaultError) in
                try Audience(resource: resource, in: cloud)
            }
        } catch let fault as ValueFault {
            throw fault
        } catch {
            throw ValueFault(message: "its scope or resource is not one word of printable ASCII characters")
        }
    }

    private func allTags(in bytes: RawSpan) throws(ValueFault) -> [Tag] {
        let listed = try tags.map { (value) throws(ValueFault) in try value.text(in: bytes) }
        let written = try text(.tags, in: bytes)?.split(separator: ",").map(String.init) ?? []
        do throws(VaultError) {
            return try (listed + written).map { (text) throws(VaultError) in try Tag(text) }
        } catch {
            throw ValueFault(message: error.message)
        }
    }
}
