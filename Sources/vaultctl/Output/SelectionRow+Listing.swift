import Vault

/// A selection as it is shown.
struct SelectionRow {
    var name: SelectionName
    var selection: Selection
    /// How many profiles belong to it now.
    var members: Int

    static var listing: Listing<SelectionRow> {
        Listing(
            columns: [
                Column("selection") { .text("@\($0.name)") },
                Column("what belongs to it") { .text($0.words) },
                Column("profiles") { .text(String($0.members)) },
            ],
            json: { $1.write(to: &$0) })
    }

    var record: Record {
        Record(
            lines: [
                ("selection", .text("@\(name)")), ("what belongs to it", .text(words)),
                ("profiles", .text(String(members))),
            ],
            json: write)
    }

    private var words: String {
        let query = selection.tags.map(\.description) + [selection.search.map { "\"\($0)\"" }].compactMap(\.self)
        let named = selection.names.map(\.description).joined(separator: ", ")
        return [query.joined(separator: " and "), named].filter { !$0.isEmpty }.joined(separator: ", or ")
    }

    private func write(to json: inout JSONText) {
        json.object { json in
            json.field("name", name.description)
            json.field("names", selection.names.lazy.map(\.description))
            json.field("profiles", Int64(members))
            json.field("search", selection.search)
            json.field("tags", selection.tags.lazy.map(\.description))
        }
    }
}
