import Vault

/// How the stand-in ends when it has no answer: what az would say on standard error, and its exit status.
///
/// Client libraries decide by this text whether to try their next credential or to stop (wire reference, 4.2), so it is az's
/// own where az has one. What vaultctl has to add follows in lines of its own, marked as such.
struct AzFailure: Error, Equatable {
    /// 1: it failed; 2: what was typed is wrong; 127: there is no program that could do it.
    var status: Int32
    /// Lines for standard error.
    var lines: [String]

    /// - Parameter text: without `ERROR: `.
    static func failed(_ text: String, hint: String? = nil, status: Int32 = 1) -> AzFailure {
        AzFailure(status: status, lines: ["ERROR: " + text] + (hint.map { ["vaultctl: hint: " + $0] } ?? []))
    }

    static func usage(_ text: String, hint: String? = nil) -> AzFailure { failed(text, hint: hint, status: 2) }

    /// The text that lets a chain of credentials go on to the next one.
    static func notLoggedIn(_ why: String, hint: String?) -> AzFailure {
        AzFailure(
            status: 1,
            lines: ["ERROR: Please run 'az login' to setup account.", "vaultctl: " + why]
                + (hint.map { ["vaultctl: hint: " + $0] } ?? []))
    }

    /// Whether it says that nobody is logged in.
    var isNotLoggedIn: Bool { lines.first?.contains("'az login' to setup") == true }
}

extension AzFailure {
    /// The one place that decides which failures let a chain of credentials go on.
    ///
    /// - No vault, no such profile, a vault that is locked or not this user's: nobody is logged in, and another
    ///   credential may do.
    /// - A refusal of the provider, with its code: az's words. They contain `AADSTS`, so that a chain stops.
    /// - All the rest (damaged, unreachable, throttled, a policy of the vault, a defect): an error without the words that
    ///   chains look for, so that they stop and show it. To go on with another identity would hide it.
    init(_ error: VaultError) {
        switch error.code {
        case .notFound, .locked:
            self = .notLoggedIn(error.message, hint: error.hint)
        default:
            guard let refusal = error.refusal, let code = refusal.aadsts else {
                self = .failed(error.message, hint: error.hint)
                return
            }
            let advice =
                code == Self.wrongSecret
                ? [
                    "The error may be caused by passing a service principal certificate with --password. Please note "
                        + "that --password no longer accepts a service principal certificate. To pass a service "
                        + "principal certificate, use --certificate instead."
                ]
                : [
                    "Run the command below to authenticate interactively; additional arguments may be added as needed:",
                    "az logout", "az login",
                ]
            // Our own message has the code in any case.
            let text = refusal.text.flatMap { $0.contains("AADSTS") ? $0 : nil } ?? error.message
            self.init(status: 1, lines: ["ERROR: " + text] + advice)
        }
    }

    private static let wrongSecret = 7_000_215

    init(_ problem: QueryProblem, in query: String) {
        switch problem {
        case .invalid:
            self = .usage("argument --query: invalid jmespath_type value: \(query.pythonLiteral)")
        case .unsupported(let what):
            self = .usage(
                "argument --query: \(what) is not among what vaultctl understands of JMESPath",
                hint: "fields, indexes, slices, projections, [a,b], {k:a}, [?a=='b'], &&, ||, ! and | are; jq does more"
            )
        }
    }
}

extension String {
    /// As Python's `repr` shows a text.
    fileprivate var pythonLiteral: String {
        let quote: Unicode.Scalar = unicodeScalars.contains("'") && !unicodeScalars.contains("\"") ? "\"" : "'"
        var literal = String(quote)
        for scalar in unicodeScalars {
            switch scalar {
            case quote, "\\": literal += "\\" + String(scalar)
            case "\n": literal += "\\n"
            case "\r": literal += "\\r"
            case "\t": literal += "\\t"
            case _ where !scalar.isPrintableInPython: literal += scalar.pythonEscape
            default: literal.unicodeScalars.append(scalar)
            }
        }
        return literal + String(quote)
    }
}

extension Unicode.Scalar {
    /// Whether Python takes it for printable: no control or format character, no space but the plain one.
    fileprivate var isPrintableInPython: Bool {
        switch properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: false
        case .spaceSeparator: self == " "
        default: true
        }
    }

    fileprivate var pythonEscape: String {
        let digits = String(value, radix: 16)
        let (letter, width) = value < 0x100 ? ("x", 2) : value < 0x10000 ? ("u", 4) : ("U", 8)
        return "\\\(letter)" + String(repeating: "0", count: width - digits.utf8.count) + digits
    }
}
