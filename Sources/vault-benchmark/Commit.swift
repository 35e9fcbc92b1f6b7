import ArgumentParser
import FoundationEssentials
import Vault

struct Commit: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Time write transactions of a vault: one profile and its entry each, sealed, made durable.")

    @OptionGroup var options: VaultOptions

    @Option(help: ArgumentHelp("How many transactions.", valueName: "n"))
    var samples = 50

    func run() throws {
        let vault = try options.open()
        let before = try Vault.inspect(at: options.vault).profiles
        let expiry = Date().addingTimeInterval(180 * 86400)
        let clock = ContinuousClock()
        var writing = Durations()
        for number in before..<before + samples {
            writing.append(
                try clock.measure {
                    try vault.addUntried(1) { (_) throws(VaultError) in
                        try .sample(number, secretExpiresAt: expiry)
                    }
                })
        }
        try vault.writeAnchor()
        try Document.write(writing.figures)
    }
}
