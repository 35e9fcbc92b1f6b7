import ArgumentParser
import FoundationEssentials
import Vault
import VaultAgent

struct Unlock: Verb {
    static let configuration = CommandConfiguration(
        commandName: "unlock",
        abstract: "Unlock the vault once, for a while.",
        discussion: """
            An agent keeps the vault unlocked in its memory and answers for this user until it is locked; one is \
            started when none runs. It gives out tokens and what is known of profiles, never a stored secret: what \
            reveals one or changes what guards one takes the passphrase as ever.

            EXAMPLES
              vaultctl unlock
              vaultctl unlock --idle 1h --for 8h
              vaultctl unlock --passphrase-file /run/secrets/vaultctl
            """)

    @OptionGroup var limits: LimitOptions
    @OptionGroup var unlock: UnlockOptions
    var global: GlobalOptions { unlock.global }

    func run() async throws {
        let output = try global.recordOutput()
        guard !global.avoidsAgent else {
            throw VaultError(
                .usage, "unlocking is for the agent, and --no-agent or VAULTCTL_NO_AGENT forbids to ask one",
                hint: "leave --no-agent out, and unset VAULTCTL_NO_AGENT")
        }
        let path = try Vault.inspect(at: global.vaultPath).path
        guard try global.agentSocket() != nil else { throw AgentProcess.hasNoPlace }
        let secret = try unlock.unlockSecret()
        let agent = try await runningAgent()
        let status = try await agent.unlock(with: secret, limits: limits.limits)
        guard let unlocked = status.unlocked else {
            throw VaultError(.locked, "the vault was locked again at once", hint: "vaultctl unlock")
        }
        try output.write(unlocked.record(path: path, agent: status.pid, now: Date()))
        global.console.note("unlocked; locks after \(limits.description)")
        if let trouble = unlocked.trouble { global.console.note("warning: \(trouble)") }
        if !status.memoryIsLocked {
            global.console.note("warning: memory could not be locked against swapping (ulimit -l)")
        }
    }

    /// The agent that answers, or one that is started. One that ends just now, as after `lock`, does not answer.
    private func runningAgent() async throws(VaultError) -> AgentClient {
        var failure = AgentProcess.didNotStart
        for attempt in 0..<3 {
            if attempt > 0 {
                try AgentProcess.start(vault: try global.canonicalVaultPath(), caFile: global.caFilePath)
            }
            guard let agent = try global.agent() else { continue }
            do throws(VaultError) {
                _ = try await agent.status()
                return agent
            } catch {
                failure = error
            }
        }
        throw failure
    }
}

extension AgentStatus.Unlocked {
    fileprivate func record(path: String, agent: Int32, now: Date) -> Record {
        Record(
            lines: [
                ("vault", .text(path)), ("state", .word("unlocked", .good)), ("agent pid", .number(Int64(agent))),
                ("locks when idle", .time(now.addingTimeInterval(idleLeft))),
                ("locks at the latest", .time(now.addingTimeInterval(absoluteLeft))),
            ],
            json: { json in
                json.object { json in
                    json.field("agentPid", Int64(agent))
                    json.field("idleLimit", Int64(idleLimit))
                    json.field("idleLocksAt", now.addingTimeInterval(idleLeft))
                    json.field("locksAt", now.addingTimeInterval(absoluteLeft))
                    json.field("path", path)
                    json.field("state", "unlocked")
                }
            })
    }
}
