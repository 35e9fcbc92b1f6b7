import FoundationEssentials

/// Driving the emulator from the same process; `/emulator/…` does the same over HTTP.
extension EntraEmulator {
    /// The faults that are set, with the counts that are left.
    public var faults: [Fault] { activeFaults.list.map(\.fault) }

    /// Lets `fault` happen from the next request on.
    public func inject(_ fault: Fault) { activeFaults.add(fault) }

    public func clearFaults() { activeFaults.clear() }

    public func forgetRequests() { requests = RecordedRequests() }

    /// How long tokens made from now on are valid, in seconds.
    public func setTokenLifetime(_ seconds: Int) { directory.tokenLifetime = seconds }

    /// How long changes of credentials take from now on, in every tenant. Those made before are seen anew as well.
    public func setReplication(_ replication: Replication) {
        for index in directory.tenants.indices { directory.tenants[index].replication = replication }
    }

    /// Begins the chance of ``Fault/probability`` anew.
    public func setSeed(_ seed: UInt64) { activeFaults.setSeed(seed) }

    /// Gives the application another secret, which is as young as can be.
    /// - Returns: whether the directory has the application.
    @discardableResult
    public func add(_ secret: ClientSecret, to clientId: String) -> Bool {
        var secret = secret
        secret.life = Lifespan(added: now)
        return directory.change(application: clientId) { $0.secrets.append(secret) }
    }

    /// Makes one secret, or with `nil` all of them, stop working.
    /// - Returns: whether the directory has the application and the secret.
    @discardableResult
    public func revokeSecrets(of clientId: String, keyId: String?) -> Bool {
        var found = false
        let known = directory.change(application: clientId) { application in
            for index in application.secrets.indices
            where keyId == nil || application.secrets[index].keyId.lowercased() == keyId?.lowercased() {
                application.secrets[index].revoked = true
                found = true
            }
        }
        return known && (found || keyId == nil)
    }

    /// Lets the application sign its assertions with another certificate.
    /// - Returns: whether the directory has the application.
    @discardableResult
    public func add(_ certificate: ApplicationCertificate, to clientId: String) -> Bool {
        var certificate = certificate
        certificate.life = Lifespan(added: now)
        return directory.change(application: clientId) { $0.certificates.append(certificate) }
    }

    /// Makes every certificate of the application stop working.
    /// - Returns: whether the directory has the application.
    @discardableResult
    public func removeCertificates(of clientId: String) -> Bool {
        directory.change(application: clientId) { $0.certificates = [] }
    }

    /// Deletes the application, with all that it has.
    /// - Returns: whether the directory had it.
    @discardableResult
    public func remove(application clientId: String) -> Bool {
        let known = directory.change(application: clientId) { _ in }
        for index in directory.tenants.indices {
            directory.tenants[index].applications.removeAll { $0.clientId.lowercased() == clientId.lowercased() }
        }
        return known
    }

    /// Disables or enables the application.
    /// - Returns: whether the directory has it.
    @discardableResult
    public func setEnabled(_ enabled: Bool, application clientId: String) -> Bool {
        directory.change(application: clientId) { $0.enabled = enabled }
    }
}
