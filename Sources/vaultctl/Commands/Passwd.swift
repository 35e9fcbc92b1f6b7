import ArgumentParser
import Vault

struct Passwd: Verb {
    static let configuration = CommandConfiguration(
        commandName: "passwd",
        abstract: "Change the passphrase that the vault was opened with.",
        discussion: """
            The old passphrase opens copies of the file made before, for ever.

            EXAMPLES
              vaultctl passwd
              vaultctl passwd --passphrase-file old --new-passphrase-file new
            """)

    @OptionGroup var new: NewPassphraseOptions
    @OptionGroup var derivation: DerivationOptions
    @OptionGroup var unlock: UnlockOptions
    var global: GlobalOptions { unlock.global }

    func validate() throws {
        guard global.keyFile == nil else {
            throw ValidationError(
                "passwd changes a passphrase; replace a key file with 'vaultctl slot add' and 'slot remove'")
        }
    }

    func run() async throws {
        let output = try global.recordOutput()
        try SecretSource.refuseSharing([new.source, unlock.passphraseSource])
        // A key file in the environment is not what is being changed.
        try await unlock.withVault(passphraseOnly: true) { vault in
            let passphrase = try new.source.newPassphrase(
                hint: "use --new-passphrase-file or --new-passphrase-fd", global: global)
            try vault.changePassphrase(to: passphrase, cost: derivation.chosenCost)
            try output.write(.done("changed", "passphrase"))
            global.console.note("copies of the vault made before still open with the old passphrase")
        }
    }
}
