import ArgumentParser
import Glibc
import Vault

/// How the vault is unlocked, with the global options.
struct UnlockOptions: ParsableArguments {
    @OptionGroup var global: GlobalOptions

    @Option(help: ArgumentHelp("Read the passphrase from this file. (VAULTCTL_PASSPHRASE_FILE)", valueName: "path"))
    var passphraseFile: String?

    @Option(help: ArgumentHelp("Read the passphrase from this open file descriptor.", valueName: "n"))
    var passphraseFd: Int32?

    func validate() throws {
        let given = [passphraseFile != nil, passphraseFd != nil, global.keyFile != nil].count { $0 }
        guard given <= 1 else {
            throw ValidationError("give one of --passphrase-file, --passphrase-fd and --key-file")
        }
    }
}

extension UnlockOptions {
    /// Where the secret that unlocks comes from: what was typed, then the environment, then a systemd credential, then
    /// the user.
    private enum Source {
        case keyFile(String)
        case passphrase(SecretSource)
    }

    private var source: Source {
        if let path = global.keyFile { return .keyFile(path) }
        if let passphrase = typedPassphraseSource { return .passphrase(passphrase) }
        if let path = Surroundings.value("VAULTCTL_KEY_FILE") { return .keyFile(path) }
        return .passphrase(passphraseSource)
    }

    /// Whether a source was typed.
    var isGiven: Bool { global.keyFile != nil || typedPassphraseSource != nil }

    private var typedPassphraseSource: SecretSource? {
        if let passphraseFile { return .file(passphraseFile) }
        return passphraseFd.map { .descriptor($0, option: "--passphrase-fd") }
    }

    /// Where a passphrase comes from, key files left aside.
    var passphraseSource: SecretSource {
        if let typedPassphraseSource { return typedPassphraseSource }
        if let path = Surroundings.value("VAULTCTL_PASSPHRASE_FILE") { return .file(path) }
        if let directory = Surroundings.value("CREDENTIALS_DIRECTORY") {
            let path = directory + "/vaultctl-passphrase"
            if unsafe access(path, F_OK) == 0 { return .file(path) }
        }
        return .prompt
    }

    /// The descriptor that unlocking reads, for ``SecretSource/refuseSharing(_:)``.
    var claimedSource: SecretSource {
        switch source {
        case .keyFile(let path): .file(path)
        case .passphrase(let source): source
        }
    }

    /// The file that unlocks, by the variable that names it to another process; nil where none does.
    var secretFile: (variable: String, path: String)? {
        switch source {
        case .keyFile(let path) where claimedSource.descriptor == nil:
            ("VAULTCTL_KEY_FILE", Surroundings.absolute(path))
        case .passphrase(.file(let path)) where claimedSource.descriptor == nil:
            ("VAULTCTL_PASSPHRASE_FILE", Surroundings.absolute(path))
        default: nil
        }
    }

    /// Closes what the passphrase was read from, so that no other program reads it again.
    func letGoOfPassphrase() {
        guard let passphraseFd else { return }
        if passphraseFd > STDERR_FILENO {
            close(passphraseFd)
        } else {
            Descriptor.replace(passphraseFd, with: "/dev/null", O_RDONLY)
        }
    }

    static let howToUnlock = "use --passphrase-file, --passphrase-fd, --key-file or VAULTCTL_PASSPHRASE_FILE"

    /// Reads or asks for what unlocks the vault.
    ///
    /// - Parameters:
    ///   - passphraseOnly: whether a key file that the environment names is left aside.
    ///   - hint: what to do where nobody can be asked.
    ///   - backup: the file that is opened in place of the vault, absolute; nil for the vault.
    func unlockSecret(
        passphraseOnly: Bool = false, hint: String = howToUnlock, of backup: String? = nil
    ) throws(VaultError) -> UnlockSecret {
        switch passphraseOnly ? .passphrase(passphraseSource) : source {
        case .keyFile(let path):
            return .keyFile(try KeyFile.read(at: path, console: global.console))
        case .passphrase(let source):
            // What is no vault is said before anybody types a passphrase for it.
            if source == .prompt, backup == nil { _ = try Vault.inspect(at: global.vaultPath) }
            let prompt = "passphrase for \(backup ?? global.vaultPath): "
            return .passphrase(try source.read("the passphrase", prompt: prompt, hint: hint, global: global))
        }
    }
}
