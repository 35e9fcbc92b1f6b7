import Vault

extension KeySlotSummary {
    /// `slot list`: slot, kind, created, passes, memory.
    static var listing: Listing<KeySlotSummary> {
        Listing(
            columns: [
                Column("slot") { .number(Int64($0.slot)) },
                Column("kind") { .text($0.kind.word) },
                Column("created") { .time($0.createdAt) },
                Column("passes") { $0.cost.map { .number(Int64(clamping: $0.passes)) } ?? .text(nil) },
                Column("memory") { $0.cost.map { .text("\($0.memory >> 20) MiB") } ?? .text(nil) },
            ],
            json: { json, slot in json.object(slot.write) })
    }

    var record: Record {
        Record(
            lines: [("slot", .number(Int64(slot))), ("kind", .text(kind.word)), ("created", .time(createdAt))],
            json: { $0.object(write) })
    }

    func write(to json: inout JSONText) {
        json.field("createdAt", createdAt)
        json.field("kind", kind.word)
        json.field("memoryBytes", cost.map { Int64(clamping: $0.memory) })
        json.field("passes", cost.map { Int64(clamping: $0.passes) })
        json.field("slot", Int64(slot))
    }
}

extension KeySlotSummary.Kind {
    /// As output and documents call it.
    var word: String {
        switch self {
        case .passphrase: "passphrase"
        case .recoveryCode: "recovery-code"
        case .keyFile: "key-file"
        case .external: "external"
        }
    }
}
