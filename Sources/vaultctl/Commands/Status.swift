import ArgumentParser
import FoundationEssentials
import Vault
import VaultAgent

struct Status: Verb {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Tell whether the vault is unlocked, and what it holds.",
        discussion: """
            Never asks for a passphrase. Exits with 0 while the vault is unlocked in the agent, with 77 while it is \
            locked; with -q that is all it does.

            EXAMPLES
              vaultctl status
              vaultctl -q status || vaultctl unlock
            """)

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        let output = try global.recordOutput()
        let status = try Vault.inspect(at: global.vaultPath)
        let agent = try await agentStatus()
        if !global.quiet {
            try output.write(status.record(agent: agent, anchorFailure: anchorFailure(of: status), now: Date()))
        }
        guard agent?.unlocked != nil else { throw ExitCode(VaultError.Code.locked.rawValue) }
    }

    /// Why the last note did not get to the anchor command, when that is known.
    private func anchorFailure(of status: VaultStatus) -> String? {
        do throws(VaultError) {
            return try AnchorErrand.lastFailure(vaultID: status.id, directory: Surroundings.stateDirectory)
        } catch {
            global.console.note("warning: \(error.message)")
            return nil
        }
    }

    /// An agent that cannot be asked has nothing unlocked that this user could use: worth a warning, and locked.
    private func agentStatus() async throws(VaultError) -> AgentStatus? {
        guard !global.avoidsAgent else { return nil }
        do throws(VaultError) {
            return try await global.agent()?.status()
        } catch {
            guard error.code != .usage else { throw error }
            global.console.note("warning: \(error.message)")
            return nil
        }
    }
}

extension VaultStatus {
    fileprivate func record(agent: AgentStatus?, anchorFailure: String?, now: Date) -> Record {
        let isUnlocked = agent?.unlocked != nil
        let counted: [(label: String, cell: Cell)] = [
            ("format", .number(Int64(format))), ("bytes", .number(fileSize)), ("profiles", .number(Int64(profiles))),
            ("tokens", .number(Int64(tokens))), ("audit entries", .number(Int64(auditEntries))),
        ]
        return Record(
            lines: [
                ("vault", .text(path)),
                ("state", isUnlocked ? .word("unlocked", .good) : .word("locked", .doubtful)),
                ("id", .text(id.hexadecimal)),
            ]
                + counted
                + [("slots", .text(slots.map { "\($0.slot) \($0.kind.word)" }.joined(separator: ", ")))]
                + (agent?.lines(now: now) ?? [])
                + (anchorFailure.map { [("last note", .text("not kept: \($0)"))] } ?? []),
            json: { json in
                json.object { json in
                    if let agent {
                        json.field("agent", object: { agent.write(to: &$0, now: now) })
                    } else {
                        json.field("agent", String?.none)
                    }
                    if let anchorFailure { json.field("anchorFailure", anchorFailure) }
                    json.field("auditEntries", Int64(auditEntries))
                    json.field("fileSize", fileSize)
                    json.field("format", Int64(format))
                    json.field("id", hexadecimal: id)
                    json.field("path", path)
                    json.field("profiles", Int64(profiles))
                    json.field("slots", slots) { json, slot in json.object(slot.write) }
                    json.field("state", isUnlocked ? "unlocked" : "locked")
                    json.field("tokens", Int64(tokens))
                }
            })
    }
}
