import ArgumentParser
import Vault

struct AuditProve: Verb {
    static let configuration = CommandConfiguration(
        commandName: "prove",
        abstract: "Prove that an entry is in the record, or that the record only grew.",
        discussion: """
            With a number: that this entry is in the record, without telling what it says (c2sp.org/tlog-proof, for \
            'audit disclose' to go with). With --from: that the first so many entries of an older checkpoint are \
            still the first ones. Both end with a signed checkpoint, which the key of 'audit checkpoint --key' \
            verifies.

            EXAMPLES
              vaultctl audit prove 4711 >entry.tlog-proof
              vaultctl audit prove --from 1000 --to 2000
            """)

    @Argument(help: ArgumentHelp("The entry's number.", valueName: "n"))
    var entry: UInt64?

    @Option(help: ArgumentHelp("Entries of the older checkpoint.", valueName: "m"))
    var from: UInt64?

    @Option(help: ArgumentHelp("Entries of the newer one; all, when it is left out.", valueName: "n"))
    var to: UInt64?

    @OptionGroup var unlock: UnlockOptions
    var global: GlobalOptions { unlock.global }

    func validate() throws {
        guard (entry == nil) != (from == nil) else { throw ValidationError("give an entry's number, or --from") }
        guard to == nil || from != nil else { throw ValidationError("--to goes with --from") }
    }

    func run() async throws {
        try global.checkRawOutput()
        try await unlock.withService { service in
            if let entry {
                let proof = try await service.proveEntry(entry)
                return try global.write(proof.record, raw: proof.text)
            }
            guard let from else { throw VaultError(.usage, "there is nothing to prove") }
            let proof = try await service.proveConsistency(from: from, to: to)
            try global.write(proof.record, raw: proof.text)
        }
    }
}
