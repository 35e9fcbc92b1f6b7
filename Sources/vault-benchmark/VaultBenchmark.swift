import ArgumentParser

/// `vault-benchmark`: what `scripts/benchmark.sh` measures from inside a process. Every result is one JSON document.
@main
struct VaultBenchmark: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "vault-benchmark",
        abstract: "Make vaults of a size, and measure what happens inside one process.",
        discussion: "Works on vaults that may be thrown away; scripts/benchmark.sh makes them.",
        subcommands: [Fill.self, FillAudit.self, VerifyAudit.self, Lookup.self, Commit.self, Load.self])
}
