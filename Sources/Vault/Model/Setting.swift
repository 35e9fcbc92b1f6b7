public import FoundationEssentials

/// Something that is chosen for a vault. It lies sealed in the vault, not in the environment: who wants to switch off what
/// tells on them must not find the switch there.
public struct Setting: Sendable, Equatable {
    public let key: SettingKey
    /// As it was set, and checked then, maybe by a newer program.
    public let value: String
    public let changedAt: Date

    package init(key: SettingKey, value: String, changedAt: Date) {
        self.key = key
        self.value = value
        self.changedAt = changedAt
    }

    /// What the record tells of its being set.
    var assignment: String { "\(key.rawValue) = \(value)" }

    /// Whether this program knows such a value; it does nothing with another.
    public var isUnderstood: Bool {
        do throws(VaultError) {
            try key.check(value)
            return true
        } catch {
            return false
        }
    }

    /// - Throws: code `notUnderstood` for a value that this program does not know.
    public func checkUnderstood() throws(VaultError) {
        guard !isUnderstood else { return }
        throw VaultError(
            .notUnderstood, "the setting \(key.rawValue) has a value that this version does not know",
            hint: remedy)
    }

    private var remedy: String {
        if case .selection(let name) = key { return "vaultctl selection save \(name), or remove" }
        return "vaultctl config set \(key.rawValue), or unset"
    }
}

/// What can be set.
public enum SettingKey: Hashable, Sendable {
    /// Whether anchors go to the journal.
    case anchorJournal
    /// A command for a shell, which anchors are given to.
    case anchorCommand
    /// Whether entries go to the journal.
    case sinkJournal
    /// The file that entries go to.
    case sinkFile
    /// How long a provider may take until all of it knows a change.
    case rotationWindow
    /// Over how long a new credential is verified before it is used.
    case rotationSpread
    /// Profiles that are named together.
    case selection(SelectionName)
    /// What must hold for tokens to be given.
    case policy(PolicyName)

    /// What `config` sets; the others have verbs of their own.
    public static let options: [SettingKey] = [
        .anchorJournal, .anchorCommand, .sinkJournal, .sinkFile, .rotationWindow, .rotationSpread,
    ]
}

extension SettingKey: RawRepresentable {
    public var rawValue: String {
        switch self {
        case .anchorJournal: "anchor.journald"
        case .anchorCommand: "anchor.command"
        case .sinkJournal: "sink.journald"
        case .sinkFile: "sink.file"
        case .rotationWindow: "rotation.window"
        case .rotationSpread: "rotation.spread"
        case .selection(let name): Self.selectionPrefix + name.description
        case .policy(let name): Self.policyPrefix + name.description
        }
    }

    /// - Returns: nil for a key that this program does not know.
    public init?(rawValue: String) {
        if let option = Self.options.first(where: { $0.rawValue == rawValue }) {
            self = option
        } else if rawValue.hasPrefix(Self.selectionPrefix),
            let name = SelectionName(known: String(rawValue.dropFirst(Self.selectionPrefix.count)))
        {
            self = .selection(name)
        } else if rawValue.hasPrefix(Self.policyPrefix) {
            self = .policy(PolicyName(stored: String(rawValue.dropFirst(Self.policyPrefix.count))))
        } else {
            return nil
        }
    }

    private static let selectionPrefix = "selection."
    private static let policyPrefix = "policy."
}

extension SettingKey {
    /// - Throws: code `usage` that names all keys.
    public init(typed text: String) throws(VaultError) {
        guard let key = Self.options.first(where: { $0.rawValue == text }) else {
            throw VaultError(
                .usage, "there is no such setting",
                hint: "the settings are \(Self.options.map(\.rawValue).joined(separator: ", "))")
        }
        self = key
    }

    /// Bytes of a value. The record keeps every one for ever.
    static let longestValue = 2048

    /// - Throws: code `usage` for a value that this setting cannot have, whatever the machine is like.
    func check(_ value: String) throws(VaultError) {
        guard !value.isEmpty else {
            throw VaultError(
                .usage, "the value of \(rawValue) is empty", hint: "to have none: vaultctl config unset \(rawValue)")
        }
        guard value.utf8.count <= Self.longestValue, !value.utf8.contains(0) else {
            throw VaultError(
                .usage, "the value of \(rawValue) is longer than \(Self.longestValue) bytes, or has a zero in it")
        }
        switch self {
        case .anchorCommand: break
        case .selection: _ = try Selection(text: value)
        case .policy(let name):
            guard Policy(name: name, text: value).isUnderstood else {
                throw VaultError(.usage, "\(rawValue) is a policy that this version does not know")
            }
        case .sinkFile:
            guard value.hasPrefix("/") else {
                throw VaultError(
                    .usage, "\(rawValue) takes an absolute path", hint: "every process must find the same file")
            }
        case .rotationWindow: try Self.check(value, of: rawValue, in: RotationRules.windows)
        case .rotationSpread: try Self.check(value, of: rawValue, in: RotationRules.spreads)
        case .anchorJournal, .sinkJournal:
            guard JournalChoice(value) != nil else {
                throw VaultError(.usage, "\(rawValue) is on, off, or the absolute path of a journal's socket")
            }
        }
    }
}

extension SettingKey {
    private static func check(
        _ value: String, of key: String, in range: ClosedRange<Double>
    ) throws(VaultError) {
        guard let period = Period(value), range.contains(period.seconds) else {
            throw VaultError(
                .usage,
                "\(key) is a time from \(Period(seconds: range.lowerBound)) to \(Period(seconds: range.upperBound))")
        }
    }
}

/// Whether something goes to the journal, and to which.
package enum JournalChoice: Equatable {
    case off
    /// The socket of the machine's journal, or of one of its name spaces.
    case socket(String)

    /// Where the machine's journal listens (systemd-journald(8)).
    package static let standardSocket = "/run/systemd/journal/socket"

    /// - Returns: nil for what is neither `on`, `off` nor a path that a socket can have.
    package init?(_ value: String) {
        switch value {
        case "on": self = .socket(Self.standardSocket)
        case "off": self = .off
        case _ where value.hasPrefix("/") && value.utf8.count <= 107: self = .socket(value)
        default: return nil
        }
    }
}
