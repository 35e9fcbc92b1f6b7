import ArgumentParser
import Vault

struct Lookup: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Time the opening of a vault and the look-up of profiles by name.",
        discussion: """
            Opening includes the check of the whole set of rows, which is all that grows with their number: the \
            difference between a large and a small vault is that check.
            """)

    @OptionGroup var options: VaultOptions

    @Option(help: ArgumentHelp("How many names are looked up, drawn at random.", valueName: "n"))
    var samples = 2000

    @Option(help: ArgumentHelp("How often the vault is opened.", valueName: "n"))
    var opens = 5

    /// Times in milliseconds.
    private struct Result: Encodable {
        let profiles: Int
        let open: Figures
        let lookup: Figures
    }

    func run() async throws {
        let clock = ContinuousClock()
        var opening = Durations()
        for _ in 1..<max(opens, 1) {
            opening.append(try clock.measure { _ = try options.open() })
        }
        let start = clock.now
        let vault = try options.open()
        opening.append(clock.now - start)
        let names = try await vault.profiles().map(\.name)
        var looking = Durations()
        for _ in 0..<samples {
            guard let name = names.randomElement() else { break }
            let start = clock.now
            let profile = try await vault.profile(named: name)
            looking.append(clock.now - start)
            guard profile.name == name else { throw ValidationError("\(name) led to \(profile.name)") }
        }
        try Document.write(Result(profiles: names.count, open: opening.figures, lookup: looking.figures))
    }
}
