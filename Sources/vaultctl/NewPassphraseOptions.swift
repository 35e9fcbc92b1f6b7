import ArgumentParser
import Vault

/// Where a new passphrase comes from; a typed one is asked for twice.
struct NewPassphraseOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Read the new passphrase from this file.", valueName: "path"))
    var newPassphraseFile: String?

    @Option(help: ArgumentHelp("Read the new passphrase from this open file descriptor.", valueName: "n"))
    var newPassphraseFd: Int32?

    func validate() throws {
        guard newPassphraseFile == nil || newPassphraseFd == nil else {
            throw ValidationError("give one of --new-passphrase-file and --new-passphrase-fd")
        }
    }

    var source: SecretSource {
        if let newPassphraseFile { return .file(newPassphraseFile) }
        return newPassphraseFd.map { .descriptor($0, option: "--new-passphrase-fd") } ?? .prompt
    }
}

extension SecretSource {
    /// Reads a passphrase that will guard a vault, and judges it.
    ///
    /// - Throws: code `usage` when it is too short, or when what was typed differs from what was typed again.
    func newPassphrase(hint: String, global: GlobalOptions) throws(VaultError) -> SecretBytes {
        let what = "the new passphrase"
        guard self == .prompt else {
            let passphrase = try read(what, prompt: "", hint: hint, global: global)
            try PassphraseStrength(of: passphrase).judge(console: global.console)
            return passphrase
        }
        let terminal = try global.terminal(toAskFor: what, hint: hint)
        let passphrase = try terminal.secret("new passphrase: ", what: what)
        try PassphraseStrength(of: passphrase).judge(console: global.console)
        let again = try terminal.secret("the same again: ", what: what)
        guard passphrase.equals(again) else { throw VaultError(.usage, "the two passphrases differ") }
        return passphrase
    }
}

/// What one guess at a passphrase is made to cost.
struct DerivationOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Memory that one guess takes (default: 256MiB).", valueName: "size"))
    var kdfMemory: ByteCount?

    @Option(help: ArgumentHelp("Passes over that memory (default: 3).", valueName: "n"))
    var kdfPasses: UInt64?

    /// Nil when neither was chosen.
    var chosenCost: DerivationCost? {
        kdfPasses == nil && kdfMemory == nil ? nil : cost
    }

    var cost: DerivationCost {
        DerivationCost(
            passes: kdfPasses ?? DerivationCost.standard.passes,
            memory: kdfMemory?.bytes ?? DerivationCost.standard.memory)
    }
}
