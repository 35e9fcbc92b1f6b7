import ArgumentParser
import FoundationEssentials
import Vault
import VaultAgent

/// How long a vault stays unlocked in the agent.
struct LimitOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Lock after this long without use (default: 15m).", valueName: "duration"))
    var idle: Period?

    @Option(
        name: .customLong("for"),
        help: ArgumentHelp("Lock after this long in any case (default: 12h).", valueName: "duration"))
    var absolute: Period?

    /// Seconds: from one to a leap year, so that "for ever" is not to be had.
    private static let bounds: ClosedRange<TimeInterval> = 1...366 * 86400

    func validate() throws {
        for (option, period) in [("--idle", idle), ("--for", absolute)] {
            guard period.map({ Self.bounds.contains($0.seconds) }) ?? true else {
                throw ValidationError("\(option) is between 1s and 366d")
            }
        }
    }
}

extension LimitOptions {
    var isGiven: Bool { idle != nil || absolute != nil }

    /// As a sentence goes on: `15m without use, at the latest in 12h`.
    var description: String {
        let words = [limits.idle, limits.absolute].map { Period(seconds: $0).defaultValueDescription }
        return "\(words[0]) without use, at the latest in \(words[1])"
    }

    var limits: UnlockLimits {
        let standard = UnlockLimits()
        return UnlockLimits(
            idle: idle?.seconds ?? standard.idle, absolute: absolute?.seconds ?? standard.absolute)
    }
}
