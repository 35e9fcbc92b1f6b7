import VaultAgent
import ArgumentParser
import Vault

struct AuditTail: Verb {
    static let configuration = CommandConfiguration(
        commandName: "tail",
        abstract: "Follow the record: show entries as they come.",
        discussion: """
            Of all processes, until Ctrl-C, until nobody reads the output any more, or until the vault is locked in the \
            agent (77): watching does not keep it unlocked. Off a terminal each entry is a line of JSON, as in 'audit list \
            -o jsonl', for -o json too; -o tsv has the columns of 'audit list'. Times are UTC.

            EXAMPLES
              vaultctl audit tail
              vaultctl audit tail --outcome refused,failed --lines 0
              vaultctl audit tail --profile prod/etl | jq -r .caller.user
            """)

    @OptionGroup var filter: AuditFilterOptions

    @Option(help: ArgumentHelp("Begin with so many that are there already, the newest.", valueName: "n"))
    var lines = 10

    @OptionGroup var unlock: UnlockOptions
    var global: GlobalOptions { unlock.global }

    func validate() throws {
        guard lines >= 0 else { throw ValidationError("--lines is not negative") }
    }

    func run() async throws {
        var output = EntryStream(try global.streamOutput())
        let watch = OutputWatch(of: try global.canonicalVaultPath())
        do {
            if let agent = try await global.unlockedAgent(timeout: nil) {
                let reader = AuditReader { (query) throws(VaultError) in try await agent.watchedEntries(query) }
                try await follow(reader, try await filter.query(agent), watch, &output)
            } else {
                try await unlock.withVault(hint: unlock.hintToUnlock) { vault in
                    try await follow(AuditReader(vault), try await filter.query(vault), watch, &output)
                }
            }
        } catch {
            // A reader that went away, as `head` does, has what it wanted.
            guard OutputWatch.readerIsGone else { throw error }
        }
    }

    /// Returns when nobody reads the output any more.
    private func follow(
        _ reader: AuditReader, _ wanted: AuditQuery, _ watch: borrowing OutputWatch, _ output: inout EntryStream
    ) async throws(VaultError) {
        var next = try await reader.end()
        try output.begin()
        if lines > 0 {
            for entry in try await reader.newest(lines, of: wanted, before: next) { try output.write(entry) }
        }
        while watch.waitsForChange() {
            let end = try await reader.end(from: next)
            var query = wanted
            query.from = next
            try await reader.forEach(query, upTo: end) { (entry) throws(VaultError) in try output.write(entry) }
            next = end
        }
    }
}
