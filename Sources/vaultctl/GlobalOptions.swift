import ArgumentParser
import FoundationEssentials
import Vault

/// The options that every verb takes.
struct GlobalOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The vault file. (VAULTCTL_VAULT)", valueName: "path"))
    var vault: String?

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("table, json, jsonl, tsv, or what the verb adds. (VAULTCTL_OUTPUT)", valueName: "format"),
        completion: .list(OutputFormat.allCases.map(\.rawValue)))
    var output: String?

    @Option(
        help: ArgumentHelp("Unlock with this key file instead of a passphrase. (VAULTCTL_KEY_FILE)", valueName: "path"))
    var keyFile: String?

    @Option(
        help: ArgumentHelp("Trust this PEM bundle as well as the system's. (VAULTCTL_CA_FILE)", valueName: "path"))
    var caFile: String?

    @Flag(help: "Open the file in this process, ask no agent. (VAULTCTL_NO_AGENT=1)")
    var noAgent = false

    @Flag(help: "Never ask; fail and say what was missing.")
    var noInput = false

    @Flag(name: .shortAndLong, help: "Only results, and errors.")
    var quiet = false

    @Flag(name: .shortAndLong, help: "More detail on standard error.")
    var verbose = false
}

extension GlobalOptions {
    var console: Console { Console(isQuiet: quiet, isVerbose: verbose) }

    /// Absolute.
    var vaultPath: String { Self.vaultPath(vault) }

    /// The vault's path, absolute.
    ///
    /// - Parameter typed: what `--vault` says.
    static func vaultPath(_ typed: String?) -> String {
        Surroundings.absolute(typed ?? Surroundings.value("VAULTCTL_VAULT") ?? Surroundings.defaultVaultPath)
    }

    /// The file of certificate authorities that was named.
    var caFilePath: String? { caFile ?? Surroundings.value("VAULTCTL_CA_FILE") }

    /// How lists are shown: for people on a terminal, tab-separated elsewhere.
    func listOutput() throws(VaultError) -> Output { try output(elsewhere: .tsv) }

    /// How one thing is shown: for people on a terminal, JSON elsewhere.
    func recordOutput() throws(VaultError) -> Output { try output(elsewhere: .json) }

    /// How a list without end is shown: for people on a terminal, a line of JSON each elsewhere.
    func streamOutput() throws(VaultError) -> Output { try output(elsewhere: .jsonl) }

    private func output(elsewhere: OutputFormat) throws(VaultError) -> Output {
        var format = StandardOutput.isTerminal ? OutputFormat.table : elsewhere
        if let name = output ?? Surroundings.value("VAULTCTL_OUTPUT") {
            guard let chosen = OutputFormat(rawValue: name) else {
                let known = OutputFormat.allCases.map(\.rawValue).joined(separator: ", ")
                throw VaultError(.usage, "that output format is not one of this command's", hint: "use one of \(known)")
            }
            format = chosen
        }
        return Output(format: format, colours: StandardOutput.takesColours, width: StandardOutput.width)
    }

    /// Opens the terminal to ask for `what`.
    /// - Throws: code `locked` with `--no-input`, or without a terminal.
    func terminal(toAskFor what: String, hint: String) throws(VaultError) -> Terminal {
        guard !noInput else {
            throw VaultError(.locked, "\(what) is missing, and --no-input forbids to ask", hint: hint)
        }
        return try Terminal(toAskFor: what, hint: hint)
    }

    /// Asks before something is destroyed, unless `yes`.
    /// - Throws: code `locked` when nobody can be asked, `usage` when the answer was no.
    func confirm(_ question: String, yes: Bool) throws(VaultError) {
        guard !yes else { return }
        let terminal = try terminal(toAskFor: "a confirmation", hint: "give --yes")
        guard try terminal.confirms(question) else { throw VaultError(.usage, "not confirmed; nothing was changed") }
    }
}
