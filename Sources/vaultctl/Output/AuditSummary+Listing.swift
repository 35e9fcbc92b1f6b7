import Vault

extension AuditSummary {
    /// `audit summary`: the group, tokens issued and how many of them from the cache, refused, failed, other, first, last.
    static func listing(by grouping: AuditGrouping) -> Listing<Row> {
        Listing(
            columns: [
                Column(grouping == .day ? "day (UTC)" : grouping.rawValue) { .text($0.group.text) },
                Column("issued") { .number(Int64($0.tally.issued)) },
                Column("from cache") { .number(Int64($0.tally.fromCache)) },
                Column("refused") { .number(Int64($0.tally.refused)) },
                Column("failed") { .number(Int64($0.tally.failed)) },
                Column("other") { .number(Int64($0.tally.other)) },
                Column("first") { .time($0.tally.first) },
                Column("last") { .time($0.tally.last) },
            ],
            json: { json, row in
                json.object { json in
                    json.field("by", grouping.rawValue)
                    json.field("entries", Int64(row.tally.entries))
                    json.field("failed", Int64(row.tally.failed))
                    json.field("firstAt", row.tally.first)
                    json.field("fromCache", Int64(row.tally.fromCache))
                    json.field("group", row.group.text)
                    json.field("issued", Int64(row.tally.issued))
                    json.field("lastAt", row.tally.last)
                    json.field("other", Int64(row.tally.other))
                    json.field("refused", Int64(row.tally.refused))
                }
            })
    }
}

extension AuditSummary.Group {
    /// Nil for entries without what they are counted by.
    var text: String? {
        switch self {
        case .text(let text): text
        case .day(let day): CivilTime(days: day).dayText
        }
    }
}

extension CivilTime {
    /// `2026-11-22`.
    var dayText: String {
        var text = ByteText()
        text.append(padded: year, width: 4)
        for part in [month, day] {
            text.append("-")
            text.append(padded: part, width: 2)
        }
        return String(decoding: text.bytes, as: UTF8.self)
    }
}
