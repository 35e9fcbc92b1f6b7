import Vault

extension SignedCheckpoint {
    var record: Record {
        Record(
            lines: [("entries", .number(Int64(clamping: size))), ("root", .text(root.base64))],
            json: { $0.object { write(to: &$0) } })
    }

    func write(to json: inout JSONText) {
        json.field("entries", Int64(clamping: size))
        json.field("note", note)
        json.field("root", root.base64)
    }
}

extension InclusionProof {
    var record: Record {
        Record(
            lines: [
                ("entry", .number(Int64(clamping: sequence))), ("hash", .text(leaf.base64)),
                ("of entries", .number(Int64(clamping: checkpoint.size))), ("root", .text(checkpoint.root.base64)),
                ("proof", .text("\(path.count) hashes; -o raw writes it out")),
            ],
            json: { json in
                json.object { json in
                    json.field("checkpoint", object: checkpoint.write)
                    json.field("hash", leaf.base64)
                    json.field("path", path.map(\.base64))
                    json.field("sequence", Int64(clamping: sequence))
                }
            })
    }
}

extension ConsistencyProof {
    var record: Record {
        Record(
            lines: [
                ("from entries", .number(Int64(clamping: oldSize))),
                ("to entries", .number(Int64(clamping: checkpoint.size))), ("root", .text(checkpoint.root.base64)),
                ("proof", .text("\(path.count) hashes; -o raw writes it out")),
            ],
            json: { json in
                json.object { json in
                    json.field("checkpoint", object: checkpoint.write)
                    json.field("from", Int64(clamping: oldSize))
                    json.field("path", path.map(\.base64))
                }
            })
    }
}
