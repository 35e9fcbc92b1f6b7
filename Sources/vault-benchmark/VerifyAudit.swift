import ArgumentParser
import Vault

struct VerifyAudit: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify-audit", abstract: "Verify a vault's record once.")

    @OptionGroup var options: VaultOptions

    @Flag(help: "Only what is newer than the last checkpoint.")
    var sinceCheckpoint = false

    private struct Result: Encodable {
        let entries: UInt64
        let findings: Int
        let milliseconds: Double
        let perSecond: Double
    }

    func run() async throws {
        let vault = try options.open()
        let clock = ContinuousClock()
        let start = clock.now
        let request = try AuditVerificationRequest(
            checkedKey: nil, sinceCheckpoint: sinceCheckpoint, checkpoint: nil)
        let found = try await vault.verifyAudit(request) { _, _ in }
        let elapsed = (clock.now - start).milliseconds
        try Document.write(
            Result(
                entries: found.entries, findings: found.findings.count, milliseconds: elapsed,
                perSecond: Double(found.entries) / elapsed * 1000))
    }
}
