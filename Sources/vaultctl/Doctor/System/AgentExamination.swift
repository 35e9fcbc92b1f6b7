import FoundationEssentials
import Vault
import VaultAgent

/// Whether the agent is the one that belongs to this program, and well.
struct AgentExamination: Examination {
    static let name = "agent"

    func examine(_ patient: Patient) throws(VaultError) -> [Diagnosis] {
        switch patient.agent {
        case .notAsked: return [.skipped("left out, as --no-agent or VAULTCTL_NO_AGENT says")]
        case .none: return [.ok("none runs")]
        case .failed(let error): return [.problem(error.message, error.hint)]
        case .answers(let status):
            let found = Self.diagnoses(status)
            return found.isEmpty ? [.ok(Self.words(status))] : found
        }
    }

    static func diagnoses(_ status: AgentStatus) -> [Diagnosis] {
        var found: [Diagnosis] = []
        if status.version != Vaultctl.version {
            found.append(
                .warning(
                    "it is of version \(status.version), this program of \(Vaultctl.version)",
                    "kill \(status.pid), then vaultctl unlock"))
        }
        if !status.memoryIsLocked {
            found.append(
                .warning(
                    "it could not lock all of its memory with secrets against swapping",
                    "raise the limit (ulimit -l), then kill \(status.pid), then vaultctl unlock"))
        }
        if let why = status.lockedBecause { found.append(.warning("it locked the vault: \(why)", "vaultctl unlock")) }
        if let trouble = status.unlocked?.trouble { found.append(.warning(trouble, "vaultctl status")) }
        return found
    }

    private static func words(_ status: AgentStatus) -> String {
        guard let unlocked = status.unlocked else { return "pid \(status.pid), this vault is locked" }
        let (idle, absolute) = (Self.whole(unlocked.idleLeft), Self.whole(unlocked.absoluteLeft))
        return "pid \(status.pid), locks after \(idle) without use and \(absolute) in any case"
    }

    private static func whole(_ seconds: TimeInterval) -> Period { Period(seconds: seconds.rounded()) }
}
