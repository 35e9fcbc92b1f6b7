import ArgumentParser
import FoundationEssentials
import Vault

struct FillAudit: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fill-audit",
        abstract: "Append so many entries to a vault's record, of 1,000 profiles. The first ones spread over a year.")

    @Flag(help: "Of the vault's own profiles, instead.")
    var own = false

    @OptionGroup var options: VaultOptions

    @Option(help: ArgumentHelp("How many entries.", valueName: "n"))
    var entries: Int

    /// Entries in one transaction.
    private static let batch = 10_000
    private static let year: TimeInterval = 365 * 86_400
    private static let minute: TimeInterval = 60

    private struct Result: Encodable {
        let added: Int
        let bytes: Int64
        let entries: Int
        let milliseconds: Double
    }

    func run() async throws {
        let before = try Vault.inspect(at: options.vault).auditEntries
        let vault = try options.open()
        let profiles = own ? try await vault.profiles() : []
        let end = Date()
        let clock = ContinuousClock()
        let start = clock.now
        // What is added to a long record is new.
        let span = before < entries ? Self.year : Self.minute
        for first in stride(from: 0, to: entries, by: Self.batch) {
            try vault.appendEntries(min(Self.batch, entries - first)) { offset in
                let age = span * (1 - Double(first + offset + 1) / Double(entries))
                let number = before + first + offset
                var event = AuditEvent.sample(number, at: end.addingTimeInterval(-age))
                if !profiles.isEmpty {
                    let profile = profiles[number &* 7919 % profiles.count]
                    (event.profile, event.profileID) = (profile.name.description, profile.id)
                }
                return event
            }
        }
        let elapsed = clock.now - start
        try vault.writeAnchor()
        let after = try Vault.inspect(at: options.vault)
        try Document.write(
            Result(
                added: after.auditEntries - before, bytes: after.fileSize, entries: after.auditEntries,
                milliseconds: elapsed.milliseconds))
    }
}
