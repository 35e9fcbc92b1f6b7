import ArgumentParser
import Dispatch
import FoundationEssentials
import Synchronization
import Vault
import VaultAgent

struct Load: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Ask an agent for tokens from many connections, one request after the other on each.")

    @Option(help: ArgumentHelp("The agent's socket.", valueName: "path"))
    var socket: String

    @Option(help: ArgumentHelp("The vault that is unlocked in it, without symbolic links.", valueName: "path"))
    var vault: String

    @Option(help: ArgumentHelp("Whose tokens.", valueName: "name"))
    var profile: String

    @Option(help: ArgumentHelp("How many connections.", valueName: "n"))
    var clients = 32

    @Option(help: ArgumentHelp("For how long.", valueName: "s"))
    var seconds = 30.0

    /// Times in milliseconds.
    private struct Result: Encodable {
        let clients: Int
        let seconds: Double
        let issued: Int
        let perSecond: Double
        let latency: Figures
        let failures: [String: Int]
    }

    private struct Collected {
        var latency = Durations()
        var failures: [String: Int] = [:]
    }

    func run() throws {
        let request = TokenRequest(profile: try ProfileName(profile))
        let connections = try (0..<clients).map { _ in try connection() }
        let collected = Mutex(Collected())
        let clock = ContinuousClock()
        let start = clock.now
        let end = start + .seconds(seconds)
        let group = DispatchGroup()
        for (number, connection) in connections.enumerated() {
            // A thread for each, because each call blocks its own.
            DispatchQueue(label: "client \(number)").async(group: group) {
                let own = Self.ask(connection, request, until: end)
                collected.withLock { collected in
                    collected.latency.append(contentsOf: own.latency)
                    collected.failures.merge(own.failures, uniquingKeysWith: +)
                }
            }
        }
        group.wait()
        let elapsed = (clock.now - start) / .seconds(1)
        let (latency, failures) = collected.withLock { ($0.latency.figures, $0.failures) }
        try Document.write(
            Result(
                clients: clients, seconds: elapsed, issued: latency.samples,
                perSecond: Double(latency.samples) / elapsed, latency: latency, failures: failures))
    }

    private func connection() throws -> AgentClient {
        guard
            let client = try AgentClient.connect(
                to: socket, vault: vault, claimedExecutables: Array(CommandLine.arguments.prefix(1)))
        else { throw ValidationError("no agent listens at \(socket)") }
        return client
    }

    private static func ask(
        _ client: AgentClient, _ request: TokenRequest, until end: ContinuousClock.Instant
    ) -> Collected {
        var collected = Collected()
        var now = ContinuousClock.now
        while now < end {
            do throws(VaultError) {
                guard try client.issueIfUnlocked(request) != nil else {
                    throw VaultError(.locked, "the vault was locked")
                }
                let done = ContinuousClock.now
                collected.latency.append(done - now)
                now = done
            } catch {
                collected.failures[error.message, default: 0] += 1
                now = .now
            }
        }
        return collected
    }
}
