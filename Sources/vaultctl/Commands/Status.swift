import ArgumentParser
import Vault

struct Status: Verb {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Tell what the vault file tells without being unlocked.",
        discussion: """
            Never asks for a passphrase. Exits with 77 while the vault is locked; with -q that is all it does.

            EXAMPLES
              vaultctl status
              vaultctl -q status || echo locked
            """)

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        let output = try global.recordOutput()
        let status = try Vault.inspect(at: global.vaultPath)
        if !global.quiet { try output.write(status.record) }
        throw ExitCode(VaultError.Code.locked.rawValue)
    }
}

extension VaultStatus {
    fileprivate var record: Record {
        let counted: [(label: String, cell: Cell)] = [
            ("format", .number(Int64(format))), ("bytes", .number(fileSize)), ("profiles", .number(Int64(profiles))),
            ("tokens", .number(Int64(tokens))), ("audit entries", .number(Int64(auditEntries))),
        ]
        return Record(
            lines: [("vault", .text(path)), ("state", .word("locked", .doubtful)), ("id", .text(id.hexadecimal))]
                + counted
                + [("slots", .text(slots.map { "\($0.slot) \($0.kind.word)" }.joined(separator: ", ")))],
            json: { json in
                json.object { json in
                    json.field("auditEntries", Int64(auditEntries))
                    json.field("fileSize", fileSize)
                    json.field("format", Int64(format))
                    json.field("id", hexadecimal: id)
                    json.field("path", path)
                    json.field("profiles", Int64(profiles))
                    json.field("slots", slots) { json, slot in json.object(slot.write) }
                    json.field("state", "locked")
                    json.field("tokens", Int64(tokens))
                }
            })
    }
}
