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

            Exits with 73 when conflicts are left, else with 75 when a profile was left out; its line says why.

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
        try Self.checkWhole(merged)
    }

    /// Whoever takes over a vault to remove it must hear of what is only there.
    private static func checkWhole(_ merged: Merged) throws(VaultError) {
        let outcomes = Set(merged.profiles.map(\.outcome))
        guard !outcomes.contains(.conflict) else {
            throw VaultError(
                .exists, "profiles differ here and there, and stay as they are here",
                hint: "give --prefer ours or --prefer theirs")
        }
        guard !outcomes.contains(.leftOut) else {
            throw VaultError(
                .tryAgain, "not all profiles were taken over; those left out say why",
                hint: "finish their rotations, and merge again")
        }
    }
}
