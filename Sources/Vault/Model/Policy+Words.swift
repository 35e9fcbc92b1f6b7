internal import FoundationEssentials

extension PolicyCoverage {
    /// Which profiles, as people read it.
    ///
    /// - Parameter names: of the profiles that are named.
    public func words(naming names: [ProfileName]) -> String {
        guard !isEverything else { return "all profiles" }
        let labels = tags.map(\.description).joined(separator: " and ")
        let parts = [labels, names.map(\.description).joined(separator: ", ")].filter { !$0.isEmpty }
        return parts.isEmpty ? "profiles that were removed" : parts.joined(separator: ", or ")
    }
}

extension PolicyRules {
    /// What is asked, as people read it.
    public var words: String {
        var words: [String] = []
        if !audiences.isEmpty { words.append("for \(audiences.joined(separator: ", "))") }
        if !users.isEmpty { words.append("uid \(users.map(String.init).joined(separator: ", "))") }
        if !executables.isEmpty { words.append("by \(executables.map(\.description).joined(separator: ", "))") }
        if let usesPerHour { words.append("\(usesPerHour) an hour") }
        if requiresReason { words.append("with a reason") }
        if let maximumSecretAge { words.append("secret at most \(Period(seconds: maximumSecretAge)) old") }
        return words.joined(separator: "; ")
    }
}

extension Policy {
    /// Whom it covers and what it asks.
    func words(naming names: [ProfileName]) -> String { "\(coverage.words(naming: names)): \(rules.words)" }
}
