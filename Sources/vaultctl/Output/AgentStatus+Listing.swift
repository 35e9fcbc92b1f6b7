import FoundationEssentials
import VaultAgent

extension AgentStatus {
    /// For `status`; what is told of the vault only while it is unlocked.
    func lines(now: Date) -> [(label: String, cell: Cell)] {
        let own: [(label: String, cell: Cell)] = [
            ("agent pid", .number(Int64(pid))), ("agent version", .text(version)),
            ("memory locked", memoryIsLocked ? .word("yes", .good) : .word("no", .doubtful)),
            ("connections", .number(Int64(connections))), ("other vaults", .number(Int64(otherVaults))),
        ]
        guard let unlocked else { return own }
        return own + [
            ("unlocked", .time(unlocked.since)),
            ("locks when idle", .time(now.addingTimeInterval(unlocked.idleLeft))),
            ("locks at the latest", .time(now.addingTimeInterval(unlocked.absoluteLeft))),
            ("issued", .number(Int64(unlocked.issued))), ("renewed ahead", .number(Int64(unlocked.renewedAhead))),
            ("trouble", .text(unlocked.trouble)),
        ]
    }

    /// The fields of the agent's object; those of the vault are null while it is locked.
    func write(to json: inout JSONText, now: Date) {
        json.field("connections", Int64(connections))
        json.field("idleLimit", unlocked.map { Int64($0.idleLimit) })
        json.field("idleLocksAt", unlocked.map { now.addingTimeInterval($0.idleLeft) })
        json.field("issued", unlocked.map { Int64($0.issued) })
        json.field("locksAt", unlocked.map { now.addingTimeInterval($0.absoluteLeft) })
        json.field("memoryIsLocked", memoryIsLocked)
        json.field("otherVaults", Int64(otherVaults))
        json.field("pid", Int64(pid))
        json.field("renewedAhead", unlocked.map { Int64($0.renewedAhead) })
        json.field("trouble", unlocked?.trouble)
        json.field("unlockedAt", unlocked?.since)
        json.field("version", version)
    }
}
