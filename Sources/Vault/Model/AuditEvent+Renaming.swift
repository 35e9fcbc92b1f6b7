/// How the entry of a new name tells the one before.
extension AuditEvent {
    private static let wasCalled = "was "

    /// What the entry of another name tells.
    static func renamed(from name: ProfileName) -> String { wasCalled + name.description }

    /// The name that the profile had before this entry gave it another; nil where it did not.
    var formerName: String? {
        guard action == .rename, outcome == .ok, let detail, detail.hasPrefix(Self.wasCalled) else { return nil }
        return String(detail.dropFirst(Self.wasCalled.count))
    }
}
