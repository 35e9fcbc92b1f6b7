package import EntraEmulator
package import FoundationEssentials
internal import Synchronization
@testable package import Vault

/// A clock that moves when told to.
package final class TestClock: Sendable {
    private let time: Mutex<Date>

    package init(_ time: Date = Date(timeIntervalSince1970: 1_800_000_000)) {
        self.time = Mutex(time)
    }

    package var now: Date { time.withLock { $0 } }

    package func advance(by seconds: TimeInterval) {
        time.withLock { $0 = $0.addingTimeInterval(seconds) }
    }
}

/// A vault in a directory of its own, with the emulator in memory behind it.
package final class TestVault: Sendable {
    package static let passphrase = "correct horse battery staple"
    package static let tenant = "11111111-1111-4111-8111-111111111111"
    package static let client = "22222222-2222-4222-8222-222222222222"
    package static let secret = "Xq38Q~example+secret/for=the%emulator.0"

    package let directory: String
    package let clock: TestClock
    package let emulator: EntraEmulator
    /// Between the vault and the emulator.
    package let gate: AnswerGate

    package init(_ world: Directory = .example) async throws {
        let clock = TestClock()
        self.clock = clock
        directory = Self.newDirectory()
        emulator = try await EntraEmulator(directory: world, clock: { clock.now })
        gate = AnswerGate(emulator)
        try PrivateDirectory.make(directory)
        _ = try Vault.create(
            at: path, passphrase: SecretBytes(Self.passphrase), cost: .floor, environment: environment)
        // Unlocking by key file takes no time, so that many tests can unlock often.
        let vault = try Vault.open(
            at: path, with: .passphrase(SecretBytes(Self.passphrase)), environment: environment)
        _ = try vault.addSlot(keyFile: SecretBytes(Self.keyFile))
        try vault.writeAnchor()
    }

    /// The same vault, directory and time once more, to go on in another way.
    package init(copying other: TestVault) async throws {
        let clock = TestClock(other.clock.now)
        self.clock = clock
        directory = Self.newDirectory()
        emulator = try await EntraEmulator(directory: await other.emulator.directory, clock: { clock.now })
        gate = AnswerGate(emulator)
        try FileManager.default.copyItem(atPath: other.directory, toPath: directory)
    }

    private static func newDirectory() -> String {
        FileManager.default.temporaryDirectory.path(percentEncoded: false) + "vault-test-"
            + Sodium.randomBytes(8).hexadecimal
    }

    deinit {
        do {
            try FileManager.default.removeItem(atPath: directory)
        } catch {
            print("cannot remove \(directory): \(error)")
        }
    }

    package static let keyFile = "a key file of forty characters at least"

    package var path: String { directory + "/data/vault.db" }
    package var state: String { directory + "/state" }

    package var environment: VaultEnvironment {
        let clock = self.clock
        return VaultEnvironment(
            now: { clock.now }, transport: gate,
            caller: Caller(uid: 1000, pid: 42, user: "ada", host: "analytical", claimedExecutables: ["/usr/bin/make"]),
            stateDirectory: state,
            // Whoever waits lets the time pass.
            sleep: { pause in
                try Task.checkCancellation()
                clock.advance(by: TimeInterval(pause.components.seconds) + 0.001)
                await Task.yield()
            })
    }

    package func open(
        at path: String? = nil, through transport: (any HTTPTransport)? = nil, accepting: AnchorAcceptance = .mustAgree
    ) throws(VaultError) -> Vault {
        var environment = environment
        if let transport { environment.transport = transport }
        return try Vault.open(
            at: path ?? self.path, with: .keyFile(SecretBytes(Self.keyFile)), environment: environment,
            accepting: accepting)
    }

    /// A profile of the emulator's directory.
    package func newProfile(
        _ name: String, secret: String = TestVault.secret, tenant: String? = TestVault.tenant,
        workspace: String? = nil, checks: Bool = true, discovers: Bool = false
    ) throws(VaultError) -> NewProfile {
        NewProfile(
            name: try ProfileName(name), destination: Destination(workspace: workspace), tenant: tenant,
            clientID: Self.client, secret: SecretBytes(secret),
            audience: try Audience(resource: "databricks", in: .azureCloud), checks: checks,
            discoversSubscription: discovers)
    }

    /// Runs SQL on the file as an attacker with a text editor would.
    package func tamper(_ sql: String) throws {
        try RawDatabase(path).execute(sql)
    }

    package func copyFile(to name: String) throws {
        try FileManager.default.copyItem(atPath: path, toPath: directory + "/" + name)
    }

    package func putBack(_ name: String) throws {
        try FileManager.default.removeItem(atPath: path)
        try FileManager.default.copyItem(atPath: directory + "/" + name, toPath: path)
    }

    package var tokenRequests: Int {
        get async { await emulator.requests.requests.filter { $0.route == "token" }.count }
    }
}
