import ArgumentParser
import Vault

struct Verify: Verb {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Check every row of the vault, its record and its anchor.",
        discussion: """
            Exits with 65 and names the first thing that is wrong, and with 1 when this machine has no anchor yet, so \
            that nothing outside the file vouches for its age.

            EXAMPLES
              vaultctl verify
              vaultctl verify -o json
            """)

    @OptionGroup var unlock: UnlockOptions
    var global: GlobalOptions { unlock.global }

    func run() async throws {
        let output = try global.recordOutput()
        let anchorAgrees = try await unlock.withService { service in
            let progress = Progress("verifying", console: global.console)
            defer { progress.finish() }
            let result = try await service.verify { progress.show($0, of: $1) }
            progress.finish()
            try output.write(result.record)
            return result.anchorAgrees
        }
        guard anchorAgrees else {
            global.console.note("nothing outside the file vouches for its age: this machine had no anchor for it")
            throw ExitCode(VaultError.Code.finding.rawValue)
        }
    }
}

extension Verification {
    fileprivate var record: Record {
        Record(
            lines: [
                ("profiles", .number(Int64(profiles))), ("tokens", .number(Int64(tokens))),
                ("rotations", .number(Int64(rotations))), ("settings", .number(Int64(settings))),
                ("audit entries", .number(Int64(clamping: auditEntries))), ("audit root", .text(auditRoot.hexadecimal)),
                ("anchor", anchorAgrees ? .word("agrees", .good) : .word("missing", .doubtful)),
            ],
            json: { json in
                json.object { json in
                    json.field("anchorAgrees", anchorAgrees)
                    json.field("auditEntries", Int64(clamping: auditEntries))
                    json.field("auditRoot", hexadecimal: auditRoot)
                    json.field("profiles", Int64(profiles))
                    json.field("rotations", Int64(rotations))
                    json.field("settings", Int64(settings))
                    json.field("tokens", Int64(tokens))
                }
            })
    }
}
