import Vault

extension CheckupRow {
    /// For people: what to do stands below what was found, because both are long and most rows have only one.
    static func lines(_ rows: [CheckupRow]) -> [Line] {
        rows.flatMap { row in
            let found = Line(
                check: row.check, result: .word(row.diagnosis.verdict.rawValue, row.diagnosis.verdict.tone),
                text: row.diagnosis.found)
            guard let remedy = row.diagnosis.remedy else { return [found] }
            return [found, Line(check: "", result: .text(""), text: "  do: \(remedy)")]
        }
    }

    struct Line {
        var check: String
        var result: Cell
        var text: String

        static var listing: Listing<Line> {
            Listing(
                columns: [
                    Column("check") { .text($0.check) }, Column("result") { $0.result },
                    Column("found") { .text($0.text) },
                ],
                json: { _, _ in })
        }
    }

    static var listing: Listing<CheckupRow> {
        Listing(
            columns: [
                Column("check") { .text($0.check) },
                Column("result") { .word($0.diagnosis.verdict.rawValue, $0.diagnosis.verdict.tone) },
                Column("found") { .text($0.diagnosis.found) },
                Column("what to do") { .text($0.diagnosis.remedy) },
            ],
            json: { json, row in
                json.object { json in
                    json.field("check", row.check)
                    json.field("found", row.diagnosis.found)
                    json.field("remedy", row.diagnosis.remedy)
                    json.field("result", row.diagnosis.verdict.rawValue)
                }
            })
    }
}

extension Diagnosis.Verdict {
    fileprivate var tone: Tone {
        switch self {
        case .ok: .good
        case .problem: .bad
        case .warning, .skipped, .unknown: .doubtful
        }
    }
}
