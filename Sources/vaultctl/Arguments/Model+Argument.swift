public import Vault

/// What ArgumentParser shows when a value does not parse; the hint is taken apart again by ``UsageProblem``.
extension VaultError: CustomStringConvertible {
    public var description: String { hint.map { "\(message)\nhint: \($0)" } ?? message }
}

extension ProfileName {
    /// For `@Argument(transform:)`.
    static func typed(_ text: String) throws -> ProfileName {
        guard !text.hasPrefix("@") else {
            throw VaultError(
                .usage, "one profile is needed here, and a selection was given",
                hint: "'vaultctl list @SELECTION' names its profiles")
        }
        return try ProfileName(text)
    }
}

extension SelectionName {
    /// For `@Argument(transform:)`.
    static func typed(_ text: String) throws -> SelectionName { try SelectionName(text) }
}

extension Tag {
    /// For `@Option(transform:)`.
    static func typed(_ text: String) throws -> Tag { try Tag(text) }
}

extension SettingKey {
    /// For `@Argument(transform:)`.
    static func typed(_ text: String) throws -> SettingKey { try SettingKey(typed: text) }
}

extension AuditAction {
    /// Actions separated by commas, for `@Option(transform:)`.
    static func typed(_ text: String) throws -> [AuditAction] {
        try words(text, all: allCases.map(\.rawValue), AuditAction.init(rawValue:))
    }
}

extension AuditOutcome {
    /// Outcomes separated by commas, for `@Option(transform:)`.
    static func typed(_ text: String) throws -> [AuditOutcome] {
        try words(text, all: allCases.map(\.rawValue), AuditOutcome.init(rawValue:))
    }
}

extension AssertionForm.Algorithm {
    /// For `@Option(transform:)`.
    static func typed(_ text: String) throws -> AssertionForm.Algorithm {
        guard let algorithm = AssertionForm.Algorithm(rawValue: text.uppercased()) else {
            throw VaultError(.usage, "that algorithm is not one for assertions", hint: "use one of PS256, RS256")
        }
        return algorithm
    }
}

extension Provider {
    /// For `@Option(transform:)`.
    static func typed(_ text: String) throws -> Provider {
        guard let provider = Provider(rawValue: text) else {
            throw VaultError(.usage, "that provider is not known", hint: "use one of entra, databricks")
        }
        return provider
    }
}

extension MergePreference {
    /// For `@Option(transform:)`.
    static func typed(_ text: String) throws -> MergePreference {
        guard let preference = MergePreference(rawValue: text) else {
            throw VaultError(.usage, "there is no such preference", hint: "use one of ours, theirs")
        }
        return preference
    }
}

private func words<Word>(_ text: String, all: [String], _ word: (String) -> Word?) throws(VaultError) -> [Word] {
    var found: [Word] = []
    for part in text.split(separator: ",") {
        guard let known = word(String(part)) else {
            throw VaultError(.usage, "one of the words is not known", hint: "known are \(all.joined(separator: ", "))")
        }
        found.append(known)
    }
    return found
}
