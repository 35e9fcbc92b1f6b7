import ArgumentParser
import FoundationEssentials
import Vault

struct Init: Verb {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Make a vault.",
        discussion: """
            Asks for a passphrase twice and shows a recovery code once: whoever has either can open the vault, and \
            without both it stays shut for ever. A second init at the same place is refused.

            EXAMPLES
              vaultctl init
              vaultctl init --vault ./team.db --passphrase-file ./passphrase -o json
            """)

    @Flag(help: "Make no recovery code.")
    var noRecovery = false

    @Flag(help: "Show the first audit sealing key, with which an auditor checks the record from its beginning.")
    var showAuditKey = false

    @OptionGroup var derivation: DerivationOptions
    @OptionGroup var unlock: UnlockOptions
    var global: GlobalOptions { unlock.global }

    func validate() throws {
        guard global.keyFile == nil else {
            throw ValidationError("a vault begins with a passphrase; add a key file with 'vaultctl slot add'")
        }
    }

    func run() async throws {
        let output = try global.recordOutput()
        let path = global.vaultPath
        if FileManager.default.fileExists(atPath: path) {
            throw VaultError(.exists, "there is a file at \(path) already", hint: "name another place with --vault")
        }
        let passphrase = try unlock.passphraseSource.newPassphrase(
            hint: "use --passphrase-file or --passphrase-fd", global: global)
        let transport = global.transport(timeout: 30)
        do {
            let made = try Vault.create(
                at: path, passphrase: passphrase, cost: derivation.cost, withRecoveryCode: !noRecovery,
                environment: .process(transport: transport))
            try show(made, path: path, output: output)
        } catch {
            await transport.shutdown()
            throw error
        }
        await transport.shutdown()
    }

    private func show(_ made: borrowing NewVault, path: String, output: Output) throws(VaultError) {
        let hasRecovery = try revealRecoveryCode(of: made)
        if showAuditKey {
            try global.console.reveal(made.auditKey.hexadecimal, as: "audit key, keep it apart from the vault:")
        }
        let id = made.id.hexadecimal
        let checkpointKey = made.checkpointKey
        try output.write(
            Record(
                lines: [
                    ("vault", .text(path)), ("id", .text(id)), ("checkpoint key", .text(checkpointKey)),
                    ("recovery code", .text(hasRecovery ? "yes" : "no")),
                ],
                json: { json in
                    json.object { json in
                        json.field("checkpointKey", checkpointKey)
                        json.field("id", id)
                        json.field("path", path)
                        json.field("recoveryCode", hasRecovery)
                    }
                }))
    }

    private func revealRecoveryCode(of made: borrowing NewVault) throws(VaultError) -> Bool {
        switch made.recoveryCode {
        case .some(let code):
            try global.console.reveal(code, as: "recovery code, write it down, it is shown this once:")
            return true
        case .none:
            return false
        }
    }
}
