import ArgumentParser
import Glibc
import Vault
import VaultAgent

/// Lists names for a shell that completes a line: a verb that nobody types.
///
/// The agent is asked and nobody else. Without one, while the vault is locked, or when anything fails, there are no names: what
/// asked is in the middle of a line, where neither a question nor an error has a place.
struct KnownNames: Verb {
    static let configuration = CommandConfiguration(
        commandName: "known-names", abstract: "List names for a shell that completes a line.", shouldDisplay: false)

    enum Kind: String, ExpressibleByArgument {
        case profiles
        case selections
        /// Both, selections with their @.
        case choices
    }

    @Argument var kind: Kind

    @OptionGroup var global: GlobalOptions

    /// Seconds after which a person who waits for the shell gets no names instead.
    private static let patience: UInt32 = 2

    func run() async throws {
        signal(SIGALRM) { _ in _exit(EXIT_SUCCESS) }
        alarm(Self.patience)
        // Nothing to complete with is all that a failure means here.
        guard let names = try? await names() else { return }
        try StandardOutput.write(names.map { $0 + "\n" }.joined())
    }

    private func names() async throws(VaultError) -> [String] {
        guard let agent = try await global.unlockedAgent(timeout: nil) else { return [] }
        var names: [String] = []
        if kind != .selections { names += try await agent.profiles(tags: []).map(\.name.description) }
        if kind != .profiles {
            for setting in try await agent.settings() {
                if case .selection(let name) = setting.key { names.append(kind == .choices ? "@\(name)" : "\(name)") }
            }
        }
        return names.sorted()
    }
}
