import Vault

extension ImportResult {
    static var listing: Listing<ImportResult> {
        Listing(
            columns: [
                Column("name") { .text($0.name) },
                Column("result") { .word($0.outcome.rawValue, $0.tone) },
                Column("tenant") { .text($0.tenant) },
                Column("client id") { .text($0.clientID) },
                Column("kind") { .text($0.kind?.rawValue) },
                Column("place") { .text($0.place) },
                Column("detail") { .text($0.detail) },
            ],
            json: { json, result in
                json.object { json in
                    json.field("clientId", result.clientID)
                    json.field("detail", result.detail)
                    json.field("exitCode", Int64(result.error?.code.rawValue ?? 0))
                    json.field("file", result.path)
                    json.field("hint", result.error?.hint)
                    json.field("kind", result.kind?.rawValue)
                    json.field("line", result.line.map(Int64.init))
                    json.field("name", result.name)
                    json.field("result", result.outcome.rawValue)
                    if let isShredded = result.isShredded {
                        json.field("shredded", isShredded)
                    } else {
                        json.field("shredded", nil as String?)
                    }
                    json.field("tenant", result.tenant)
                }
            })
    }

    private var tone: Tone {
        switch outcome {
        case .added, .wouldAdd, .thereAlready: .good
        case .notUnderstood: .doubtful
        case .refused, .failed: .bad
        }
    }
}
