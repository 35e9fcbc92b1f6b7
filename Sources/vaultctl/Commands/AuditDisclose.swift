import ArgumentParser
import Vault

struct AuditDisclose: Verb {
    static let configuration = CommandConfiguration(
        commandName: "disclose",
        abstract: "Give away one entry: what lets a stranger read it, and no other, and be sure of it.",
        discussion: """
            Writes JSON: the entry, the row as it is stored, the key of that row alone, and the proof that it is in \
            the record. Takes the passphrase, because it gives away a key, and is on the record itself.

            EXAMPLE
              vaultctl audit disclose 4711 --reason "incident 42" >entry.json
            """)

    @Argument(help: ArgumentHelp("The entry's number.", valueName: "n"))
    var entry: UInt64

    @Option(help: ArgumentHelp("Why, for the record.", valueName: "text"))
    var reason: String?

    @OptionGroup var unlock: UnlockOptions
    var global: GlobalOptions { unlock.global }

    func validate() throws {
        guard global.output.map({ $0 == "json" }) ?? true else {
            throw ValidationError("a disclosure is JSON, whatever --output says")
        }
    }

    func run() async throws {
        try await unlock.withVault { vault in
            let disclosed = try await vault.disclose(entry, reason: reason)
            // After the entry that says so, which is thus in the tree that the proof is of.
            let proof = try await vault.proveEntry(entry)
            let verifierKey = try await vault.checkpointKey()
            var json = JSONText(indented: true)
            json.object { json in
                json.field("checkpointKey", verifierKey)
                json.field("event", object: disclosed.entry.write)
                json.field("format", "vaultctl-audit-disclosure")
                json.field("key", disclosed.key.givenAway)
                json.field("meta", disclosed.row.meta.base64)
                json.field("proof", proof.text)
                json.field("seal", disclosed.row.seal.base64)
                json.field("sequence", Int64(clamping: entry))
                json.field("version", 1 as Int64)
            }
            json.newline()
            try StandardOutput.write(json.text.bytes)
        }
    }
}

extension SecretBytes {
    /// In base64, and outside locked memory: of a key that goes to a stranger beside the one entry that it opens.
    var givenAway: String { withBytes { $0.array.base64 } }
}
