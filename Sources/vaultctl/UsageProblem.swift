import ArgumentParser
import Vault

/// What the argument parser objected to, in our own form and without repeating what was typed: the argument that was
/// unexpected may be the secret that followed an option we do not have.
struct UsageProblem {
    let error: VaultError

    init(message: String, arguments: [String]) {
        let parts = message.split(separator: "\nhint: ", maxSplits: 1, omittingEmptySubsequences: false)
        var text = parts.first.map(String.init) ?? message
        for value in Self.values(in: arguments) {
            text = text.replacing("'\(value)'", with: "…")
        }
        text = text.replacing("The value … is invalid for", with: "the value is not valid for")
        text = text.replacing(#/^\d+ unexpected arguments: .*/#, with: "unexpected arguments")
        text = text.replacing("Unexpected argument …", with: "unexpected argument")
        text = text.replacing(", but … was specified", with: "")
        if text.hasSuffix(".") { text.removeLast() }
        let lines = text.split(separator: "\n").map { $0.trimmingPrefix { $0 == " " } }.joined(separator: "; ")
        let verb = Self.verb(in: arguments)
        var hint = parts.count == 2 ? String(parts[1]) : "run 'vaultctl \(verb)--help'"
        if verb == "exec ", lines.hasPrefix("unexpected"), !arguments.contains("--") {
            hint = "put -- before the command: vaultctl exec NAME -- COMMAND"
        }
        error = VaultError(.usage, lines.prefix(1).lowercased() + lines.dropFirst(), hint: hint)
    }

    /// All that was typed but options and words of ours: values, and what hides behind `--option=`.
    private static func values(in arguments: [String]) -> [String] {
        var values: [String] = []
        for argument in arguments {
            guard argument.hasPrefix("-") else {
                values.append(argument)
                continue
            }
            if let equals = argument.firstIndex(of: "=") {
                values.append(String(argument[argument.index(after: equals)...]))
            }
            // `-xSECRET`: a short option and what sticks to it.
            if !argument.hasPrefix("--"), argument.count > 2 { values.append(argument) }
        }
        // Longer ones first, so that no part of one is left standing.
        return values.sorted { $0.count > $1.count }
    }

    /// The verb that was typed, with a space behind it, where it is one of ours.
    private static func verb(in arguments: [String]) -> String {
        let known = Vaultctl.configuration.groupedSubcommands.flatMap(\.subcommands).map { $0._commandName }
        guard let verb = arguments.first(where: known.contains) else { return "" }
        return verb + " "
    }
}
