import ArgumentParser
import Vault

/// What opens the other vault.
struct OtherVaultOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Read the other vault's passphrase from this file.", valueName: "path"))
    var fromPassphraseFile: String?

    @Option(help: ArgumentHelp("Read the other vault's passphrase from this open file descriptor.", valueName: "n"))
    var fromPassphraseFd: Int32?

    @Option(help: ArgumentHelp("Open the other vault with this key file.", valueName: "path"))
    var fromKeyFile: String?

    func validate() throws {
        guard [fromPassphraseFile != nil, fromPassphraseFd != nil, fromKeyFile != nil].count(where: { $0 }) <= 1 else {
            throw ValidationError("give one of --from-passphrase-file, --from-passphrase-fd and --from-key-file")
        }
    }

    /// Nil when none was given.
    var source: SecretSource? {
        if let path = fromPassphraseFile ?? fromKeyFile { return .file(path) }
        return fromPassphraseFd.map { .descriptor($0, option: "--from-passphrase-fd") }
    }

    /// Opens the other vault with what was given for it; else with what opened ours, as a copy of ours opens; else asks.
    func open(
        _ vault: Vault, _ path: String, own: borrowing UnlockSecret, global: GlobalOptions,
        progress: @Sendable (_ done: Int, _ of: Int) -> Void
    ) async throws -> OtherVault {
        if let fromKeyFile {
            let key = UnlockSecret.keyFile(try KeyFile.read(at: fromKeyFile, console: global.console))
            return try await vault.otherVault(at: path, with: key, progress: progress)
        }
        if source == nil {
            do throws(VaultError) {
                return try await vault.otherVault(at: path, with: own, progress: progress)
            } catch {
                guard error.code == .locked else { throw error }
            }
        }
        let passphrase = try (source ?? .prompt).read(
            "the other vault's passphrase", prompt: "passphrase for \(path): ",
            hint: "use --from-passphrase-file, --from-passphrase-fd or --from-key-file", global: global)
        return try await vault.otherVault(at: path, with: .passphrase(passphrase), progress: progress)
    }
}
