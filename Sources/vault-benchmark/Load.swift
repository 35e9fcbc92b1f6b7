import ArgumentParser
import FoundationEssentials
import Glibc
import Vault
import VaultAgent

struct Load: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Ask an agent for tokens on many connections, one request after the other on each.")

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
    }

    /// One connection, and since when it waits for an answer.
    private struct Client {
        let issue: RepeatedIssue
        var asked: ContinuousClock.Instant
    }

    /// All connections on one thread: a thread for each would take the processors from the agent that is measured.
    func run() throws {
        let request = TokenRequest(profile: try ProfileName(profile))
        let issues = try (0..<clients).map { _ in try connect(request) }
        let start = ContinuousClock.now
        let end = start + .seconds(seconds)
        var latency = Durations()
        var waiting: [Int32: Client] = [:]
        for issue in issues {
            waiting[issue.descriptor] = Client(issue: issue, asked: .now)
            try issue.ask()
        }
        var now = start
        while !waiting.isEmpty {
            for descriptor in try readable(among: waiting.keys) {
                guard var client = waiting[descriptor] else { continue }
                _ = try client.issue.receive()
                now = .now
                latency.append(now - client.asked)
                client.asked = now
                waiting[descriptor] = now < end ? client : nil
                if now < end { try client.issue.ask() }
            }
        }
        let (elapsed, figures) = ((now - start) / .seconds(1), latency.figures)
        try Document.write(
            Result(
                clients: clients, seconds: elapsed, issued: figures.samples,
                perSecond: Double(figures.samples) / elapsed, latency: figures))
    }

    private func connect(_ request: TokenRequest) throws -> RepeatedIssue {
        guard
            let issue = try RepeatedIssue(
                of: request, from: socket, vault: vault, claimedExecutables: Array(CommandLine.arguments.prefix(1)))
        else { throw ValidationError("no agent listens at \(socket)") }
        return issue
    }

    /// Waits until an answer comes.
    private func readable(among descriptors: some Sequence<Int32>) throws -> [Int32] {
        var waiting = descriptors.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        while unsafe poll(&waiting, nfds_t(waiting.count), -1) < 0 {
            guard errno == EINTR else { throw ValidationError("poll failed: \(errno)") }
        }
        return waiting.filter { $0.revents != 0 }.map(\.fd)
    }
}
