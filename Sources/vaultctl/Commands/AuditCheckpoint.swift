import ArgumentParser
import Vault

struct AuditCheckpoint: Verb {
    static let configuration = CommandConfiguration(
        commandName: "checkpoint",
        abstract: "Sign the record as it is, for somebody else to keep.",
        discussion: """
            Writes a signed note (c2sp.org/tlog-checkpoint): how many entries there are and the root of their tree. \
            Whoever keeps one can tell later whether the record was rewritten. One is made every 1,000 entries too, \
            and when the vault is locked; where nothing came since the last, that one is written.

            EXAMPLES
              vaultctl audit checkpoint >checkpoint-$(date +%F)
              vaultctl audit checkpoint --key
            """)

    @Flag(help: "Write the key that verifies checkpoints instead, in C2SP's form.")
    var key = false

    @Option(help: ArgumentHelp("Why, for the record.", valueName: "text"))
    var reason: String?

    @OptionGroup var unlock: UnlockOptions
    var global: GlobalOptions { unlock.global }

    func validate() throws {
        guard reason == nil || !key else { throw ValidationError("--key makes no entry that could have a reason") }
    }

    func run() async throws {
        try global.checkRawOutput()
        try await unlock.withService { service in
            if key {
                let key = try await service.checkpointKey()
                let record = Record(
                    lines: [("checkpoint key", .text(key))], json: { $0.object { $0.field("checkpointKey", key) } })
                return try global.write(record, raw: key + "\n")
            }
            let checkpoint = try await service.checkpoint(reason: reason)
            try global.write(checkpoint.record, raw: checkpoint.note)
        }
    }
}
