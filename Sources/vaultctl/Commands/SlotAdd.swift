import ArgumentParser
import Vault

struct SlotAdd: Verb {
    static let configuration = CommandConfiguration(
        commandName: "add", abstract: "Let another passphrase, a key file or a recovery code open the vault.",
        discussion: """
            With no option a new passphrase is asked for. A key file that does not exist is made, for its owner alone.

            EXAMPLES
              vaultctl slot add --new-passphrase-file ./second
              vaultctl slot add --new-key-file /etc/vaultctl/key
              vaultctl slot add --recovery-code
            """)

    @Option(help: ArgumentHelp("A key file; made with 32 random bytes when missing.", valueName: "path"))
    var newKeyFile: String?

    @Flag(help: "A recovery code, shown once.")
    var recoveryCode = false

    @OptionGroup var new: NewPassphraseOptions
    @OptionGroup var derivation: DerivationOptions
    @OptionGroup var unlock: UnlockOptions
    var global: GlobalOptions { unlock.global }

    func validate() throws {
        guard [newKeyFile != nil, recoveryCode, new.source != .prompt].count(where: { $0 }) <= 1 else {
            throw ValidationError(
                "give one of --new-passphrase-file, --new-passphrase-fd, --new-key-file and --recovery-code")
        }
    }

    func run() async throws {
        let output = try global.recordOutput()
        try SecretSource.refuseSharing([new.source, unlock.claimedSource])
        try await unlock.withVault { vault in
            try output.write(try slot(in: vault).record)
        }
    }

    private func slot(in vault: Vault) throws(VaultError) -> KeySlotSummary {
        if let newKeyFile {
            let file = try KeyFile.findOrMake(at: newKeyFile, console: global.console)
            do {
                return try vault.addSlot(keyFile: file.contents)
            } catch {
                try file.removeIfMade()
                throw error
            }
        }
        if recoveryCode {
            let added = try vault.addRecoverySlot()
            try global.console.reveal(added.code, as: "recovery code, write it down, it is shown this once:")
            return added.slot
        }
        let passphrase = try new.source.newPassphrase(
            hint: "use --new-passphrase-file, --new-passphrase-fd or --new-key-file", global: global)
        return try vault.addSlot(passphrase: passphrase, cost: derivation.cost)
    }
}
