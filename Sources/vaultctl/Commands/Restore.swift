import ArgumentParser
import Vault

struct Restore: Verb {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Put a backup in the place of the vault.",
        discussion: """
            The file is opened with what opened the vault when the backup was made, and verified to the last row, before \
            anything is touched. Where there is a vault already it says what would be lost (profiles, secrets, edits, \
            policies, selections, settings, unfinished rotations) and asks; that vault is kept beside the new one, and \
            whoever has it unlocked, an agent among them, must unlock it again.

            This machine remembers how far the vault had got. It refuses one that is older, until you say that it was \
            you: vaultctl audit anchor accept --reason TEXT. Tokens and secrets that were made since the backup stay \
            good at the provider; those that were rotated since are no longer.

            EXAMPLES
              vaultctl restore vault-monday.db
              vaultctl --vault ~/elsewhere/vault.db restore vault-monday.db
              vaultctl restore --yes /var/backups/vault.db --passphrase-file ./passphrase -o json
            """)

    @Argument(help: ArgumentHelp("The backup.", valueName: "file"))
    var file: String

    @Flag(help: "Do not ask.")
    var yes = false

    @OptionGroup var unlock: UnlockOptions
    var global: GlobalOptions { unlock.global }

    func run() async throws {
        let output = try global.recordOutput()
        let path = Surroundings.absolute(file)
        try Vault.checkSource(at: path)
        let secret = try unlock.unlockSecret(of: path)
        let progress = Progress("verifying the backup", console: global.console)
        defer { progress.finish() }
        let restoration = try await Restoration(
            of: path, at: global.vaultPath, with: secret,
            environment: .process(transport: global.transport(timeout: 30))
        ) { progress.show($0, of: $1) }
        progress.finish()
        if let loss = restoration.loss {
            for line in loss.words { global.console.note(line) }
            let older = restoration.refusal == nil ? "" : " by a state that this machine refuses until you accept it"
            try global.confirm("replace \(global.vaultPath)\(older)?", yes: yes)
        }
        let (vaultID, profiles) = (restoration.vaultID, restoration.profiles)
        let restored = try restoration.putInPlace()
        try output.write(restored.record(vaultID, profiles: profiles))
        if let kept = restored.kept { global.console.note("the vault that was there lies at \(kept)") }
        guard let refusal = restored.refusal else { return }
        global.console.note("warning: it will be refused on this machine: \(refusal.message)")
        global.console.hint("if it was you: vaultctl audit anchor accept --reason TEXT")
    }
}

extension RestoreLoss {
    /// What a person must know before the vault goes.
    fileprivate var words: [String] {
        var lines: [String] = []
        if isAnotherVault {
            lines.append(
                "another vault lies there: \(vaultID?.hexadecimal ?? "unknown"), "
                    + "with \(profiles) profiles and \(auditEntries) entries")
        } else if let newerEntries {
            lines.append("the vault there has \(auditEntries) entries, \(newerEntries) more than the backup")
        }
        if let profilesLost, !profilesLost.isEmpty { lines.append("not in the backup: \(Self.list(profilesLost))") }
        if let credentialsLost, !credentialsLost.isEmpty {
            lines.append("with another secret in the backup: \(Self.list(credentialsLost))")
        }
        let settings =
            (settingsLost ?? []).map { ($0, "\($0.words) would be lost") }
            + (settingsChanged ?? []).map { ($0, "\($0.words) would be changed") }
        // What a vault refuses matters most.
        lines += settings.filter { $0.0.isPolicy }.map(\.1) + settings.filter { !$0.0.isPolicy }.map(\.1)
        if let rotationsLost, !rotationsLost.isEmpty {
            lines.append(
                "with an unfinished rotation that the backup does not know so: \(Self.list(rotationsLost)); finish it "
                    + "first, or its credentials at the provider are nobody's")
        }
        if let profilesChanged, !profilesChanged.isEmpty {
            let edits = profilesChanged.map { "\($0.profile) (\($0.fields.joined(separator: ", ")))" }
            lines.append("otherwise in the backup: \(Self.list(edits))")
        }
        if let trouble {
            lines.append("the vault there cannot be read, so what would be lost is not known: \(trouble)")
        }
        return lines
    }

    /// More than that nobody reads.
    private static let longest = 20

    private static func list(_ names: [some CustomStringConvertible]) -> String {
        let shown = names.prefix(longest).map(\.description).joined(separator: ", ")
        return names.count > longest ? "\(shown) and \(names.count - longest) more" : shown
    }
}

extension SettingKey {
    fileprivate var isPolicy: Bool { if case .policy = self { true } else { false } }

    /// As a person calls it.
    fileprivate var words: String {
        switch self {
        case .policy(let name): "the policy \(name)"
        case .selection(let name): "the selection @\(name)"
        default: "the setting \(rawValue)"
        }
    }
}

extension Restoration.Restored {
    fileprivate func record(_ vaultID: [UInt8], profiles: Int) -> Record {
        Record(
            lines: [
                ("vault", .text(path)), ("profiles", .number(Int64(profiles))),
                ("entries", .number(Int64(clamping: auditEntries))), ("root", .text(auditRoot.base64)),
                ("before", .text(kept)),
                ("anchor", refusal == nil ? .word("agrees", .good) : .word("to be accepted", .doubtful)),
            ],
            json: { json in
                json.object { json in
                    json.field("anchorAgrees", refusal == nil)
                    json.field("entries", Int64(clamping: auditEntries))
                    json.field("id", vaultID.hexadecimal)
                    json.field("kept", kept)
                    json.field("profiles", Int64(profiles))
                    json.field("root", auditRoot.base64)
                    json.field("vault", path)
                }
            })
    }
}
