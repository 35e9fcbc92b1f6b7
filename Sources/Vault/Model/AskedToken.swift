internal import FoundationEssentials

/// A token that somebody asks for, with all that a policy may ask of it.
struct AskedToken: Sendable {
    var profile: Profile
    var audience: Audience
    var caller: Caller
    /// What the caller gave.
    var reason: String?
    var purpose: TokenPurpose
    var time: Date
}

/// What becomes of a token.
enum TokenPurpose: Sendable {
    /// It leaves to whoever asked.
    case use
    /// It replaces one of the cache before anybody has to wait for it.
    case renewal
    /// The vault itself calls the provider with it, to manage credentials; it leaves to nobody else.
    case management

    /// What the entry of such a token tells beside `note`.
    func detail(_ note: String?) -> String? {
        self == .use ? note : [AuditEvent.givenToNobody, note].compactMap(\.self).joined(separator: "; ")
    }
}

/// One of the issuances that are counted where a policy says how many there may be.
struct TokenUse: Sendable {
    let profile: RowID
    let time: Date
}

extension AuditEvent {
    /// What the entry of a token tells that left to nobody. The reason would not do: callers choose theirs.
    static let givenToNobody = "given to nobody"

    /// The use that this entry records; nil for any other entry.
    var use: TokenUse? {
        guard action == .issue, outcome == .ok, let profileID, detail?.hasPrefix(Self.givenToNobody) != true else {
            return nil
        }
        return TokenUse(profile: profileID, time: time)
    }
}
