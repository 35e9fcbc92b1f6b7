import EntraEmulator
import struct EntraEmulator.DatabricksAccount
import FoundationEssentials
import Synchronization
import VaultTesting

@testable import Vault

/// A vault whose one profile has a credential that it had made itself, and a provider with somebody else's credential beside.
struct RotationWorld: Sendable {
    static let killed = "killed.db"
    private static let first = "Fr1~the.first.secret.of.this.application"

    let test: TestVault
    let kind: RotatedKind
    let name: ProfileName

    /// One of its own, made once for each kind and then copied.
    static func make(_ kind: RotatedKind) async throws -> RotationWorld {
        let first = templates.withLock { templates in
            let template = templates[kind] ?? Task { try await RotationWorld(kind) }
            templates[kind] = template
            return template
        }
        return try await RotationWorld(copying: try await first.value)
    }

    private static let templates = Mutex<[RotatedKind: Task<RotationWorld, any Error>]>([:])

    private init(copying other: RotationWorld) async throws {
        test = try await TestVault(copying: other.test)
        kind = other.kind
        name = other.name
    }

    private init(_ kind: RotatedKind) async throws {
        self.kind = kind
        name = try ProfileName("ci")
        let certificate = try ClientCertificate.selfSigned(
            name: "by hand", validFrom: Date(timeIntervalSince1970: 1_790_000_000),
            expiresAt: Date(timeIntervalSince1970: 1_900_000_000))
        test = try await TestVault(try Self.directory(kind, certificate))
        let vault = try test.open()
        _ = try await vault.add(try Self.profile(kind, name, certificate))
        // The first one was made by hand, and is removed by name; from now on all of them are ours.
        let made = try await Self.rotate(vault, name, retiring: [Self.firstKeyID(kind, certificate)])
        guard made == nil else { throw Failed(what: "the first rotation: \(String(describing: made))") }
        try vault.writeAnchor()
    }

    private struct Failed: Error { let what: String }

    // MARK: What is there

    private static func firstKeyID(_ kind: RotatedKind, _ certificate: ClientCertificate) -> String {
        kind == .certificate ? certificate.thumbprint : "22222222-2222-4222-8222-22222222cccc"
    }

    private static func secrets(_ kind: RotatedKind) -> [ClientSecret] {
        [
            ClientSecret(value: first, keyId: "22222222-2222-4222-8222-22222222cccc", displayName: "by hand"),
            ClientSecret(value: "somebody-elses", keyId: kind.foreignKeyID, displayName: "somebody else's"),
        ]
    }

    private static func directory(
        _ kind: RotatedKind, _ certificate: ClientCertificate
    ) throws -> Directory {
        var world = Directory.example
        let principal = DatabricksServicePrincipal(clientId: TestVault.client, id: "7001", secrets: secrets(kind))
        world.tenants[0].applications[0].secrets = kind == .secret ? secrets(kind) : []
        world.tenants[0].applications[0].roles = ["Application.ReadWrite.OwnedBy"]
        world.tenants[0].applications[0].owners = [TestVault.client]
        if kind == .certificate {
            let foreign = try ClientCertificate.selfSigned(
                name: "somebody else's", validFrom: certificate.validFrom, expiresAt: certificate.expiresAt)
            world.tenants[0].applications[0].certificates = [
                try ApplicationCertificate(pem: pem(certificate)),
                try ApplicationCertificate(pem: pem(foreign), keyId: kind.foreignKeyID),
            ]
        }
        if kind == .workspaceSecret {
            world.tenants[0].subscriptions[0].workspaces[0].servicePrincipals = [principal]
        }
        world.databricksAccounts = [
            DatabricksAccount(id: RotatedKind.account, servicePrincipals: kind == .accountSecret ? [principal] : [])
        ]
        return world
    }

    private static func pem(_ certificate: ClientCertificate) -> String {
        let text = Data(certificate.chain[0]).base64EncodedString(options: [
            .lineLength64Characters, .endLineWithLineFeed,
        ])
        return "-----BEGIN CERTIFICATE-----\n\(text)\n-----END CERTIFICATE-----\n"
    }

    private static func profile(
        _ kind: RotatedKind, _ name: ProfileName, _ certificate: ClientCertificate
    ) throws -> NewProfile {
        NewProfile(
            name: name, destination: kind.destination, tenant: kind.isDatabricks ? nil : TestVault.tenant,
            clientID: TestVault.client, kind: kind == .certificate ? .certificate : .clientSecret,
            secret: kind == .certificate ? certificate.sealed : SecretBytes(first))
    }

    /// The ids of the provider's credentials that live.
    func live() async -> Set<String> {
        switch kind {
        case .secret: Set(await test.emulator.liveSecrets(of: TestVault.client).map(\.keyId))
        case .certificate: Set(await test.emulator.liveCertificates(of: TestVault.client).map(\.keyId))
        case .workspaceSecret, .accountSecret:
            Set(await test.emulator.liveDatabricksSecrets(of: TestVault.client).map(\.keyId))
        }
    }

    // MARK: What is done

    /// A whole rotation, the end of its grace included.
    ///
    /// - Returns: what it failed with.
    static func rotate(
        _ vault: Vault, _ name: ProfileName, retiring: [String] = []
    ) async throws(VaultError) -> VaultError? {
        try await carryOut(
            vault, RotationOrder(.rotate([name]), grace: 60, retiring: retiring, jobs: 2, waits: true))
    }

    /// Goes on with whatever is open.
    static func resume(_ vault: Vault) async throws(VaultError) -> VaultError? {
        try await carryOut(
            vault, RotationOrder(.rotateDue(until: .distantPast, tags: []), grace: 60, jobs: 2, waits: true))
    }

    static func carryOut(_ vault: Vault, _ order: RotationOrder) async throws(VaultError) -> VaultError? {
        let failure = Mutex<VaultError?>(nil)
        try await vault.rotate(order) { report in
            if case .failed(let error) = report.content { failure.withLock { $0 = error } }
        }
        return failure.withLock { $0 }
    }
}
