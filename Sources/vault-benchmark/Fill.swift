import ArgumentParser
import FoundationEssentials
import Vault

struct Fill: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Bring a vault to so many profiles.")

    @OptionGroup var options: VaultOptions

    @Option(help: ArgumentHelp("How many profiles the vault has at the end.", valueName: "n"))
    var count: Int

    /// Profiles stored in one transaction.
    private static let batch = 5000

    private struct Result: Encodable {
        let added: Int
        let profiles: Int
        let milliseconds: Double
    }

    func run() throws {
        let before = try Vault.inspect(at: options.vault).profiles
        let vault = try options.open()
        let expiry = Date().addingTimeInterval(180 * 86400)
        let clock = ContinuousClock()
        let start = clock.now
        for first in stride(from: before, to: count, by: Self.batch) {
            try vault.addUntried(min(Self.batch, count - first)) { (number) throws(VaultError) in
                try .sample(first + number, secretExpiresAt: expiry)
            }
        }
        let elapsed = clock.now - start
        try vault.writeAnchor()
        let after = try Vault.inspect(at: options.vault).profiles
        try Document.write(Result(added: after - before, profiles: after, milliseconds: elapsed.milliseconds))
    }
}
