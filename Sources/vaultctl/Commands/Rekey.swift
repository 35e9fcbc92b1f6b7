import ArgumentParser
import Vault

struct Rekey: Verb {
    static let configuration = CommandConfiguration(
        commandName: "rekey",
        abstract: "Give the vault new keys, when the old ones may be known.",
        discussion: """
            Seals everything that lives in the vault anew, in one step. What opens the vault now goes on opening it; \
            other passphrases and key files do only when they are given here, and are dropped otherwise. A new \
            recovery code is shown once. Whoever has the vault unlocked, an agent among them, must unlock it again.

            Copies of the file made before still open with what opened them, and hold the secrets of their day. With \
            --rotate-secrets every credential is replaced at its provider as well, the tokens in the cache are \
            forgotten, and what came of each profile is listed as 'rotate' lists it; a credential that this vault did \
            not have made stays at its provider, which is said, until --retire of 'rotate' names it.

            EXAMPLES
              vaultctl rekey
              vaultctl rekey --keep-key-file /etc/vaultctl/key
              vaultctl rekey --rotate-secrets --grace 1h
              vaultctl rekey --yes --no-recovery --passphrase-file ./passphrase -o json
            """)

    @Option(help: ArgumentHelp("Keep the slot that this key file opens; repeatable.", valueName: "path"))
    var keepKeyFile: [String] = []

    @Option(help: ArgumentHelp("Keep the slot of the passphrase in this file; repeatable.", valueName: "path"))
    var keepPassphraseFile: [String] = []

    @Flag(help: "Make no recovery code.")
    var noRecovery = false

    @Flag(help: "Do not ask.")
    var yes = false

    @Flag(help: "Replace every credential at its provider, too: for a vault that leaked.")
    var rotateSecrets = false

    @Option(help: ArgumentHelp("With --rotate-secrets: how long old credentials are kept.", valueName: "duration"))
    var grace: Period?

    @OptionGroup var management: ManagementOptions
    @OptionGroup var network: NetworkOptions

    @OptionGroup var unlock: UnlockOptions
    var global: GlobalOptions { unlock.global }

    func validate() throws {
        guard rotateSecrets || (grace == nil && management.using == nil) else {
            throw ValidationError("--grace and --using go with --rotate-secrets")
        }
    }

    func run() async throws {
        let output = rotateSecrets ? try global.listOutput() : try global.recordOutput()
        let sources = (keepKeyFile + keepPassphraseFile).map { SecretSource.file($0) }
        try SecretSource.refuseSharing(sources + [unlock.claimedSource])
        let secret = try unlock.unlockSecret()
        let results = try await global.withVault(openedBy: secret, timeout: network.timeout.seconds) { vault in
            let rekeyed = try rekey(vault, openedBy: secret)
            guard rotateSecrets else {
                try output.write(rekeyed.record)
                return [RotationResult]()
            }
            return try await rotate(vault, output)
        }
        if let code = RotationResult.exitCode(of: results) { throw ExitCode(code.rawValue) }
    }

    /// Replaces all that somebody who has the old file and its keys could use.
    private func rotate(_ vault: Vault, _ output: Output) async throws -> [RotationResult] {
        let profiles = try await vault.profiles(tags: [])
        for profile in profiles { _ = try await vault.forgetTokens(of: profile.name) }
        let rotated = profiles.filter { $0.credential.kind != .federated }.map(\.name)
        let order = RotationOrder(
            .rotate(rotated), grace: grace?.seconds ?? 0, manager: management.using, jobs: management.jobs)
        let results = try await global.carryOut(order, by: vault)
        try output.write(results, as: RotationResult.listing)
        return results
    }

    private func rekey(_ vault: Vault, openedBy secret: borrowing UnlockSecret) throws(VaultError) -> Vault.Rekeyed {
        var keys = try vault.newKeys()
        try keys.keep(secret)
        for path in keepKeyFile {
            try keys.keep(.keyFile(try KeyFile.read(at: path, console: global.console)))
        }
        for path in keepPassphraseFile {
            let what = "the passphrase to keep"
            let contents = try SecretSource.contents(of: path, what: what, console: global.console)
            try keys.keep(.passphrase(try contents.droppingNewline(what: what)))
        }
        let dropped = keys.dropped.map { "\($0.slot) (\($0.kind.word))" }.joined(separator: ", ")
        let loss = dropped.isEmpty ? "" : " and drop slot \(dropped) for ever"
        try global.confirm("give the vault new keys\(loss)?", yes: yes)
        let progress = Progress("sealing anew", console: global.console)
        defer { progress.finish() }
        let rekeyed = try keys.apply(withRecoveryCode: !noRecovery) { progress.show($0, of: $1) }
        progress.finish()
        try tell(of: rekeyed, dropped)
        return rekeyed
    }

    private func tell(of rekeyed: borrowing Vault.Rekeyed, _ dropped: String) throws(VaultError) {
        if !dropped.isEmpty { global.console.note("dropped slot \(dropped)") }
        switch rekeyed.recoveryCode {
        case .some(let code):
            try global.console.reveal(code, as: "recovery code, write it down, it is shown this once:")
        case .none: break
        }
        global.console.note("copies of the vault made before still open with what opened them, and hold their secrets")
    }
}

extension Vault.Rekeyed {
    fileprivate var record: Record {
        let (epoch, slots, dropped) = (Int64(epoch), slots, dropped)
        func words(_ slots: [KeySlotSummary]) -> String {
            slots.map { "\($0.slot) \($0.kind.word)" }.joined(separator: ", ")
        }
        return Record(
            lines: [
                ("keys", .number(epoch)), ("slots", .text(words(slots))),
                ("dropped", .text(dropped.isEmpty ? nil : words(dropped))),
            ],
            json: { json in
                json.object { json in
                    json.field("dropped", dropped) { json, slot in json.object(slot.write) }
                    json.field("keys", epoch)
                    json.field("slots", slots) { json, slot in json.object(slot.write) }
                }
            })
    }
}
