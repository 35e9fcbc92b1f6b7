import ArgumentParser
import Vault

struct Merge: Verb {
    static let configuration = CommandConfiguration(
        commandName: "merge",
        abstract: "Take over the profiles of another vault.",
        discussion: """
            The file may be a copy of this vault that went its own way, or any other vault. It is opened with its own \
            passphrase, verified, and only read. A profile that is not here is added with its secret; one that is here \
            and differs is a conflict, which --prefer decides; where its name is another one's here it gets a number \
            behind it. Profiles with an unfinished rotation there are left out. Settings, selections, policies and \
            tokens are not taken over, and a profile that was removed here comes back.

            One entry names the other vault, with size and root of its record; its file proves them. Where this \
            machine had seen the other one go on, and refuses this vault as forked, merging makes them one again.

            Exits with 73 when conflicts are left.

            EXAMPLES
              vaultctl merge ~/laptop/vault.db --dry-run
              vaultctl merge ~/laptop/vault.db --prefer theirs
              vaultctl merge other.db --from-passphrase-file ./passphrase-of-other -o json
            """)

    @Argument(help: ArgumentHelp("The other vault.", valueName: "file"))
    var file: String

    @OptionGroup var from: OtherVaultOptions

    @Option(
        help: ArgumentHelp("Whose is right where both have a profile and differ.", valueName: "ours|theirs"),
        transform: MergePreference.typed)
    var prefer: MergePreference?

    @Flag(help: "Only show what would come of it.")
    var dryRun = false

    @OptionGroup var unlock: UnlockOptions
    var global: GlobalOptions { unlock.global }

    func run() async throws {
        let output = try global.listOutput()
        let path = Surroundings.absolute(file)
        try Vault.checkSource(at: path)
        try SecretSource.refuseSharing([from.source, unlock.claimedSource].compactMap(\.self))
        let secret = try unlock.unlockSecret()
        // Whether this machine takes the vault, it says itself.
        let vault = try global.open(with: secret, accepting: .anything)
        let progress = Progress("verifying the other vault", console: global.console)
        defer { progress.finish() }
        let other = try await from.open(vault, path, own: secret, global: global) { progress.show($0, of: $1) }
        progress.finish()
        let merged = try vault.merge(other, preferring: prefer, isTrial: dryRun)
        defer { if !dryRun { global.leaveAnchor(of: vault) } }
        try output.write(merged.profiles, as: MergedProfile.listing)
        global.console.note((dryRun ? "would be " : "") + merged.summary)
        if merged.resolvedFork, !dryRun {
            global.console.note("this machine had seen the other vault, and takes this one for its continuation now")
        }
        guard merged.profiles.contains(where: { $0.outcome == .conflict }) else { return }
        throw VaultError(
            .exists, "profiles differ here and there, and stay as they are here",
            hint: "give --prefer ours or --prefer theirs")
    }
}

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
