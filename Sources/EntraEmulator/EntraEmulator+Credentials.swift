public import FoundationEssentials

/// What became of a secret; its value is left out.
public struct SecretRecord: Codable, Sendable, Equatable {
    public let keyId: String
    public let displayName: String
    public let start: Date?
    public let end: Date?
    /// When it was added; `nil` for one that was there from the beginning.
    public let added: Date?
    /// When it was removed; `nil` for one that is there.
    public let removed: Date?
    /// Whether ``EntraEmulator/revokeSecrets(of:keyId:)`` made it stop working.
    public let revoked: Bool

    init(_ secret: ClientSecret) {
        keyId = secret.keyId
        displayName = secret.displayName
        start = secret.start
        end = secret.end
        added = secret.life.added == .distantPast ? nil : secret.life.added
        removed = secret.life.removed
        revoked = secret.revoked
    }
}

/// What became of a certificate.
public struct CertificateRecord: Codable, Sendable, Equatable {
    public let keyId: String
    public let displayName: String
    /// SHA-1 of the certificate, in hexadecimal digits.
    public let customKeyIdentifier: String
    public let start: Date
    public let end: Date
    /// When it was added; `nil` for one that was there from the beginning.
    public let added: Date?
    /// When it was removed; `nil` for one that is there.
    public let removed: Date?

    init(_ certificate: ApplicationCertificate) {
        keyId = certificate.keyId
        displayName = certificate.displayName
        customKeyIdentifier = certificate.customKeyIdentifier
        start = certificate.notBefore
        end = certificate.notAfter
        added = certificate.life.added == .distantPast ? nil : certificate.life.added
        removed = certificate.life.removed
    }
}

/// All that an application ever had to show who it is, in the order in which it came.
public struct CredentialRecords: Codable, Sendable, Equatable {
    public let secrets: [SecretRecord]
    public let certificates: [CertificateRecord]
}

/// What lives and what was removed, as it is and not as a replica shows it.
extension EntraEmulator {
    /// - Returns: `nil` when no tenant has the application.
    public func credentials(of clientId: String) -> CredentialRecords? {
        application(clientId).map {
            CredentialRecords(
                secrets: $0.secrets.map(SecretRecord.init),
                certificates: $0.certificates.map(CertificateRecord.init))
        }
    }

    /// The secrets of the application that were neither removed nor revoked, the expired ones too; empty when there is
    /// no such application.
    public func liveSecrets(of clientId: String) -> [ClientSecret] {
        application(clientId)?.secrets.filter { $0.life.removed == nil && !$0.revoked } ?? []
    }

    /// The certificates of the application that were not removed, the expired ones too; empty when there is no such
    /// application.
    public func liveCertificates(of clientId: String) -> [ApplicationCertificate] {
        application(clientId)?.certificates.filter { $0.life.removed == nil } ?? []
    }

    /// - Returns: `nil` when no workspace and no account has the service principal.
    public func databricksSecrets(of clientId: String) -> [SecretRecord]? {
        servicePrincipal(clientId).map { $0.secrets.map(SecretRecord.init) }
    }

    /// The secrets of Databricks' service principal that were neither removed nor revoked, the expired ones too; empty
    /// when there is no such service principal.
    public func liveDatabricksSecrets(of clientId: String) -> [ClientSecret] {
        servicePrincipal(clientId)?.secrets.filter { $0.life.removed == nil && !$0.revoked } ?? []
    }

    private func application(_ clientId: String) -> Application? {
        directory.tenants.lazy.compactMap { $0.application(clientId) }.first
    }

    private func servicePrincipal(_ clientId: String) -> DatabricksServicePrincipal? {
        let workspaces = directory.tenants.flatMap(\.subscriptions).flatMap(\.workspaces)
        let all = workspaces.flatMap(\.servicePrincipals) + directory.databricksAccounts.flatMap(\.servicePrincipals)
        return all.first { $0.clientId.lowercased() == clientId.lowercased() }
    }
}
