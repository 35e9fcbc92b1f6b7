internal import FoundationEssentials

/// The stored form: a word and its value on each line (FORMAT.md, policies).
extension Policy {
    var text: String {
        var lines = coverage.isEverything ? ["for all"] : []
        lines += coverage.profiles.map { "for profile \($0)" }
        lines += coverage.tags.map { "for tag \($0)" }
        lines += rules.audiences.map { "audience \($0)" }
        lines += rules.users.map { "uid \($0)" }
        lines += rules.executables.map { "executable \($0)" }
        if let uses = rules.usesPerHour { lines.append("uses-per-hour \(uses)") }
        if rules.requiresReason { lines.append("reason required") }
        if let age = rules.maximumSecretAge { lines.append("max-secret-age \(Int64(age))") }
        return lines.joined(separator: "\n")
    }

    /// Never fails: what is not understood refuses, and where it is not understood which profiles are covered, all are.
    init(name: PolicyName, text: String) {
        self.init(name: name, coverage: PolicyCoverage(), rules: PolicyRules())
        var coverageIsKnown = true
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            let parts = line.split(separator: " ", maxSplits: 1).map(String.init)
            guard parts.count == 2 else {
                (isUnderstood, coverageIsKnown) = (false, coverageIsKnown && parts.first != "for")
                continue
            }
            if parts[0] == "for" {
                if !cover(parts[1]) { (isUnderstood, coverageIsKnown) = (false, false) }
            } else if !demand(parts[0], parts[1]) {
                isUnderstood = false
            }
        }
        if coverage == PolicyCoverage() || rules.isEmpty { isUnderstood = false }
        if coverage == PolicyCoverage() || !coverageIsKnown { coverage.isEverything = true }
    }

    /// - Returns: false for what is not understood.
    private mutating func cover(_ value: String) -> Bool {
        if value == "all" {
            coverage.isEverything = true
            return true
        }
        let parts = value.split(separator: " ", maxSplits: 1).map(String.init)
        guard parts.count == 2 else { return false }
        switch parts[0] {
        case "profile":
            guard let id = RowID(hexadecimal: parts[1]) else { return false }
            coverage.profiles.append(id)
        case "tag":
            guard let tag = try? Tag(parts[1]) else { return false }
            coverage.tags.append(tag)
        default: return false
        }
        return true
    }

    /// - Returns: false for what is not understood.
    private mutating func demand(_ word: String, _ value: String) -> Bool {
        switch word {
        case "audience":
            guard (try? Audience(scope: value)) != nil else { return false }
            rules.audiences.append(value)
        case "uid":
            guard let user = UInt32(value) else { return false }
            rules.users.append(user)
        case "executable":
            guard let pattern = try? ExecutablePattern(value) else { return false }
            rules.executables.append(pattern)
        case "uses-per-hour":
            guard rules.usesPerHour == nil, let uses = Int(value), PolicyRules.usesAnHour.contains(uses) else {
                return false
            }
            rules.usesPerHour = uses
        case "reason":
            guard value == "required" else { return false }
            rules.requiresReason = true
        case "max-secret-age":
            guard rules.maximumSecretAge == nil, let seconds = Int64(value),
                PolicyRules.secretAges.contains(TimeInterval(seconds))
            else { return false }
            rules.maximumSecretAge = TimeInterval(seconds)
        default: return false
        }
        return true
    }
}

extension RowID {
    /// - Returns: nil unless there are 32 hexadecimal digits in lower case.
    fileprivate init?(hexadecimal text: String) {
        let digits = text.utf8.compactMap { byte -> UInt8? in
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
            default: nil
            }
        }
        guard digits.count == text.utf8.count, digits.count == 32 else { return nil }
        self.init(stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] })
    }
}

extension Setting {
    /// The policy that is stored here; nil for any other setting.
    public var policy: Policy? {
        guard case .policy(let name) = key else { return nil }
        return Policy(name: name, text: value)
    }
}
