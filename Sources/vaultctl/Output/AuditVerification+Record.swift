import Vault

extension AuditVerification {
    /// How many findings there are, with those that there was no room for.
    var count: Int { findings.count + omitted.values.reduce(0, +) }

    /// What was looked at, then each finding.
    var record: Record {
        var lines: [(label: String, cell: Cell)] = [
            ("verdict", .word(verdict.rawValue, verdict.tone)),
            ("entries", .number(Int64(clamping: entries))),
            ("hashed from", .number(Int64(clamping: firstHashed))),
            ("opened from", .number(Int64(clamping: firstOpened))),
            ("root", .text(root?.hexadecimal)),
            ("seals", .text(checkedSeals ? "checked" : "not checked")),
            ("checkpoints", .number(Int64(checkpoints))),
            ("anchor", anchorAgrees ? .word("agrees", .good) : .word("does not vouch", .doubtful)),
        ]
        if !agreedPlaces.isEmpty {
            lines.append(("outside", .word("agrees: " + agreedPlaces.map(\.rawValue).joined(separator: ", "), .good)))
        }
        for finding in findings {
            lines.append((finding.verdict.rawValue, .text("\(finding.kind.rawValue): \(finding.message)")))
        }
        for (kind, count) in omitted.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            lines.append((kind.verdict.rawValue, .text("\(kind.rawValue): \(count) more")))
        }
        return Record(
            lines: lines,
            json: { json in
                json.object { json in
                    json.field("agreedPlaces", agreedPlaces.map(\.rawValue))
                    json.field("anchorAgrees", anchorAgrees)
                    json.field("checkedSeals", checkedSeals)
                    json.field("checkpoints", Int64(checkpoints))
                    json.field("entries", Int64(clamping: entries))
                    json.field("findings", findings) { json, finding in finding.write(to: &json) }
                    json.field("firstHashed", Int64(clamping: firstHashed))
                    json.field("firstOpened", Int64(clamping: firstOpened))
                    json.field(
                        "omitted",
                        object: { json in
                            for (kind, count) in omitted.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
                                json.field(kind.rawValue, Int64(count))
                            }
                        })
                    json.field("root", hexadecimal: root)
                    json.field("verdict", verdict.rawValue)
                }
            })
    }
}

extension AuditFinding {
    fileprivate func write(to json: inout JSONText) {
        json.object { json in
            if case .checkpoint(let size) = subject { json.field("checkpoint", Int64(clamping: size)) }
            if let entries { json.field("firstEntry", Int64(clamping: entries.lowerBound)) }
            json.field("hint", hint)
            json.field("kind", kind.rawValue)
            if let entries { json.field("lastEntry", Int64(clamping: entries.upperBound)) }
            json.field("message", message)
            json.field("subject", subject.word)
            if case .table(let name) = subject { json.field("table", name) }
            json.field("verdict", verdict.rawValue)
        }
    }

    private var entries: ClosedRange<UInt64>? {
        if case .entries(let numbers) = subject { numbers } else { nil }
    }
}

extension AuditFinding.Subject {
    fileprivate var word: String {
        switch self {
        case .entries: "entries"
        case .checkpoint: "checkpoint"
        case .anchor: "anchor"
        case .state: "state"
        case .table: "table"
        }
    }
}

extension AuditVerification.Verdict {
    fileprivate var tone: Tone {
        switch self {
        case .intact: .good
        case .unverifiable: .doubtful
        case .tampered: .bad
        }
    }
}
