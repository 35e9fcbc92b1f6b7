import ArgumentParser
import FoundationEssentials
import Vault

/// Which entries of the record are meant, by what they say.
struct AuditFilterOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Only of this profile, by the name it had.", valueName: "name"))
    var profile: String?

    @Option(
        help: ArgumentHelp(
            "\(AuditAction.allCases.map(\.rawValue).joined(separator: ", ")); several with commas.",
            valueName: "actions"),
        transform: AuditAction.typed)
    var action: [AuditAction] = []

    @Option(
        help: ArgumentHelp(
            "\(AuditOutcome.allCases.map(\.rawValue).joined(separator: ", ")); several with commas.",
            valueName: "outcomes"),
        transform: AuditOutcome.typed)
    var outcome: [AuditOutcome] = []

    @Option(help: ArgumentHelp("Only tokens for this resource or scope.", valueName: "resource"))
    var audience: String?

    @Option(help: ArgumentHelp("Only what this user did, by name or number.", valueName: "user"))
    var actor: String?

    @Option(help: ArgumentHelp("Only what was done on this machine, by its name.", valueName: "host"))
    var host: String?

    var query: AuditQuery {
        AuditQuery(
            profile: profile, actions: action, outcomes: outcome, audience: audience, actor: actor, host: host)
    }
}

/// The same by their time.
struct AuditPeriodOptions: ParsableArguments {
    @Option(help: ArgumentHelp("From then on: 24h, 7d, YYYY-MM-DD or RFC 3339.", valueName: "time"))
    var since: Since?

    @Option(help: ArgumentHelp("Up to then.", valueName: "time"))
    var until: Since?

    var isGiven: Bool { since != nil || until != nil }

    /// `query`, of that time alone.
    func limiting(_ query: AuditQuery, now: Date) -> AuditQuery {
        var query = query
        query.since = since?.date(now: now)
        query.until = until?.date(now: now)
        return query
    }
}
