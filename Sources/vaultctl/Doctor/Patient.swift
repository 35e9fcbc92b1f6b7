import FoundationEssentials
import Vault
import VaultAgent

/// What is examined: a vault, whoever can answer for what is sealed in it, and this process and its machine.
struct Patient: Sendable {
    /// Absolute.
    let path: String
    /// What the file tells without being unlocked.
    let status: Result<VaultStatus, VaultError>
    let agent: AgentPresence
    let keys: Keys
    let transport: any HTTPTransport
    let asksNetwork: Bool
    /// The PEM file of certificate authorities that was named.
    let caFile: String?
    /// What unlocks the vault, where that is a file.
    let secretFile: String?
    /// Nil where no agent's socket can be.
    let socket: Result<String?, VaultError>
    /// Done once, for all who want to know.
    let verification: Shared<Result<Verification, VaultError>>
    let answers: Shared<Result<[ProviderAnswer], VaultError>>

    /// Who answers for what is sealed.
    enum Keys: Sendable {
        case open(any VaultService, by: Opener)
        case shut(Reason)
    }

    enum Opener: String, Sendable {
        case agent = "the agent"
        case thisProcess = "this process"
    }

    /// Why nobody does.
    enum Reason: Sendable {
        /// There is none, or none that could be opened.
        case noVault(VaultError)
        case leftOut
        /// What unlocks it was not given, and nobody could be asked.
        case locked(VaultError)
        /// Opening it would bring it to the newest format.
        case olderFormat
        /// It was refused; with what a verification found that gives no vault away.
        case refused(VaultError, AuditVerification?)

        /// For those that cannot look because of it.
        var word: String {
            switch self {
            case .noVault(let error): error.code == .notFound ? "no vault" : "the vault cannot be read"
            case .leftOut, .locked: "locked"
            case .olderFormat: "the vault has an older format"
            case .refused: "the vault was not opened"
            }
        }
    }

    enum AgentPresence: Sendable {
        case notAsked
        case none
        case answers(AgentStatus)
        case failed(VaultError)

        var status: AgentStatus? {
            if case .answers(let status) = self { status } else { nil }
        }
    }
}

extension Patient {
    /// Looks at the vault from outside, and unlocks it where that is possible.
    ///
    /// - Throws: what was asked for wrongly, as a passphrase file that is not there; what is wrong with the vault is for the
    ///   examinations.
    init(_ unlock: UnlockOptions, staysLocked: Bool, asksNetwork: Bool) async throws(VaultError) {
        let global = unlock.global
        path = global.vaultPath
        // No answer that is longer in coming tells anything of clocks.
        let transport = global.transport(timeout: 10)
        self.transport = transport
        self.asksNetwork = asksNetwork
        caFile = global.caFilePath
        secretFile = unlock.secretFile?.path
        socket = Result(catching: { () throws(VaultError) in try global.agentSocket() })
        status = Result { [path] () throws(VaultError) in try Vault.inspect(at: path) }
        let asked = await Self.agent(global)
        agent = asked.presence
        let keys = try await Self.keys(
            unlock, status: status, agent: asked.presence.status?.unlocked == nil ? nil : asked.client,
            staysLocked: staysLocked,
            environment: .process(transport: transport))
        self.keys = keys
        verification = Shared { await Self.verify(keys) }
        answers = Shared { await ProviderAnswer.all(keys, through: transport) }
    }

    /// For those that look at the file alone.
    ///
    /// - Returns: nil where there is nothing to look at, which ``VaultExamination`` tells.
    var readable: VaultStatus? {
        if case .success(let status) = status { status } else { nil }
    }

    private static func agent(_ global: GlobalOptions) async -> (presence: AgentPresence, client: AgentClient?) {
        guard !global.avoidsAgent else { return (.notAsked, nil) }
        do throws(VaultError) {
            guard let client = try global.agent() else { return (.none, nil) }
            return (.answers(try await client.status()), client)
        } catch {
            return (.failed(error), nil)
        }
    }

    /// - Parameter agent: one that has the vault unlocked.
    private static func keys(
        _ unlock: UnlockOptions, status: Result<VaultStatus, VaultError>, agent: AgentClient?, staysLocked: Bool,
        environment: VaultEnvironment
    ) async throws(VaultError) -> Keys {
        guard !staysLocked else { return .shut(.leftOut) }
        let found: VaultStatus
        do throws(VaultError) {
            found = try status.get()
        } catch {
            return .shut(.noVault(error))
        }
        if let agent { return .open(agent, by: .agent) }
        guard found.format >= Vault.format else { return .shut(.olderFormat) }
        let secret: UnlockSecret
        do throws(VaultError) {
            secret = try unlock.unlockSecret(hint: unlock.hintToUnlock)
        } catch {
            guard error.code == .locked else { throw error }
            return .shut(.locked(error))
        }
        do throws(VaultError) {
            // No anchor is left behind: it would vouch for what is only being looked at.
            let vault = try Vault.open(at: found.path, with: secret, environment: environment)
            return .open(vault, by: .thisProcess)
        } catch {
            guard error.code == .damaged else { return .shut(.refused(error, nil)) }
            return .shut(.refused(error, await verifyAudit(found.path, secret, environment)))
        }
    }

    /// Nil when not even that can be done, which is said by the error that refused the vault.
    private static func verifyAudit(
        _ path: String, _ secret: borrowing UnlockSecret, _ environment: VaultEnvironment
    ) async -> AuditVerification? {
        do throws(VaultError) {
            return try await Vault.verifyAudit(
                at: path, with: secret, environment: environment, AuditVerificationRequest()
            ) { _, _ in }
        } catch {
            return nil
        }
    }

    private static func verify(_ keys: Keys) async -> Result<Verification, VaultError> {
        guard case .open(let service, _) = keys else { return .failure(VaultError(.locked, "locked")) }
        do throws(VaultError) {
            return .success(try await service.verify { _, _ in })
        } catch {
            return .failure(error)
        }
    }
}
