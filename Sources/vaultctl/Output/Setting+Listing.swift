import Vault

extension Setting {
    /// `config list`: key, value, changed.
    static var listing: Listing<Setting> {
        Listing(
            columns: [
                Column("key") { .text($0.key.rawValue) },
                Column("value") { .text($0.value) },
                Column("changed") { .time($0.changedAt) },
            ],
            json: { $1.write(to: &$0) })
    }

    var record: Record {
        Record(
            lines: [("key", .text(key.rawValue)), ("value", .text(value)), ("changed", .time(changedAt))],
            json: write)
    }

    private func write(to json: inout JSONText) {
        json.object { json in
            json.field("changedAt", changedAt)
            json.field("key", key.rawValue)
            json.field("value", value)
        }
    }
}
