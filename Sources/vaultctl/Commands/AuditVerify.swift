import ArgumentParser
import FoundationEssentials
import Vault
import VaultAgent

struct AuditVerify: Verb {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Check the whole record, and name everything that is wrong with it.",
        discussion: """
            Works on a vault that is refused everywhere else, too. Each finding names the entry and the kind of damage. \
            Exits with 65 when something was tampered with, and with 1 when nothing is known to be wrong but a key or \
            this machine's anchor is missing.

            EXAMPLES
              vaultctl audit verify
              vaultctl audit verify --since-checkpoint -o json
              vaultctl audit verify --audit-key-file k0 --checkpoint printed-last-month.txt
            """)

    @Flag(help: "Ask for the audit key that init showed, and check every seal with it.")
    var auditKey = false

    @Option(help: ArgumentHelp("Read the audit key, in hexadecimal, from this file.", valueName: "path"))
    var auditKeyFile: String?

    @Flag(help: "Open only the entries after the last checkpoint in the vault; the others are hashed.")
    var sinceCheckpoint = false

    @Option(help: ArgumentHelp("A checkpoint kept elsewhere, which the record must continue.", valueName: "path"))
    var checkpoint: String?

    @OptionGroup var unlock: UnlockOptions
    var global: GlobalOptions { unlock.global }

    func validate() throws {
        guard !auditKey || auditKeyFile == nil else {
            throw ValidationError("give one of --audit-key and --audit-key-file")
        }
    }

    func run() async throws {
        let output = try global.recordOutput()
        let request = try request()
        let progress = Progress("verifying", console: global.console)
        defer { progress.finish() }
        let result = try await verify(request, progress: progress)
        progress.finish()
        try output.write(result.record)
        if output.format == .table { explain(result) }
        switch result.verdict {
        case .intact: return
        case .unverifiable: throw ExitCode(VaultError.Code.finding.rawValue)
        case .tampered:
            throw VaultError(.damaged, "the vault's record is damaged or was tampered with: \(result.count) findings")
        }
    }

    /// Asks the agent where one has the vault unlocked. Else the file is opened here, without the checks that would refuse it.
    private func verify(
        _ request: consuming AuditVerificationRequest, progress: Progress
    ) async throws -> AuditVerification {
        if let agent = try await global.unlockedAgent(timeout: nil) {
            return try await agent.verifyAudit(request) { progress.show($0, of: $1) }
        }
        let unlocking = try unlock.unlockSecret(hint: unlock.hintToUnlock)
        return try await Vault.verifyAudit(
            at: global.vaultPath, with: unlocking,
            environment: .process(transport: global.transport(timeout: 30)), request
        ) { progress.show($0, of: $1) }
    }

    private func request() throws(VaultError) -> AuditVerificationRequest {
        try AuditVerificationRequest(
            checkedKey: try auditKeySource.map { (source) throws(VaultError) in try key(from: source) },
            sinceCheckpoint: sinceCheckpoint,
            checkpoint: try checkpoint.map { (path) throws(VaultError) in
                let what = "the checkpoint"
                return try SecretSource.contents(of: path, what: what, console: global.console).withBytes { bytes in
                    (0..<bytes.byteCount).map { bytes.byte(at: $0) }
                }
            })
    }

    private var auditKeySource: SecretSource? {
        if let auditKeyFile { return .file(auditKeyFile) }
        return auditKey ? .prompt : nil
    }

    private func key(from source: SecretSource) throws(VaultError) -> SecretBytes {
        try SecretSource.refuseSharing([source, unlock.claimedSource])
        let what = "the audit key"
        let text = try source.read(what, prompt: "audit key: ", hint: "use --audit-key-file", global: global)
        guard let key = SecretBytes(hexadecimal: text), key.count == AuditVerificationRequest.auditKeyLength else {
            throw VaultError(
                .usage, "\(what) is not \(2 * AuditVerificationRequest.auditKeyLength) hexadecimal digits",
                hint: "it was shown once, by vaultctl init --show-audit-key")
        }
        return key
    }

    /// What people may do about it, each once.
    private func explain(_ result: AuditVerification) {
        var said: Set<String> = []
        for hint in result.findings.compactMap(\.hint) where said.insert(hint).inserted { global.console.hint(hint) }
    }
}
