import ArgumentParser
import FoundationEssentials
import Vault

/// Which entries of the record are meant, by what they say.
struct AuditFilterOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Only of this profile, by the name it had, or of a @selection's. Repeatable.", valueName: "name"),
        completion: .choices)
    var profile: [String] = []

    @Option(help: ArgumentHelp("Only of profiles with this label. Repeatable.", valueName: "tag"), transform: Tag.typed)
    var tag: [Tag] = []

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

    func validate() throws {
        guard tag.isEmpty || profile.allSatisfy({ $0.hasPrefix("@") }) else {
            throw ValidationError("give profile names or --tag; a label narrows selections alone")
        }
    }

    /// Whether something is left out but by machine and user.
    var leavesOutMore: Bool {
        !profile.isEmpty || !tag.isEmpty || !action.isEmpty || !outcome.isEmpty || audience != nil
    }

    /// - Throws: code `notFound` for a selection that does not exist, and where no profile is left that could be meant.
    func query(_ service: any VaultService) async throws(VaultError) -> AuditQuery {
        AuditQuery(
            profiles: try await names(service), actions: action, outcomes: outcome, audience: audience, actor: actor,
            host: host)
    }

    /// Names as they were typed, and those of the profiles that belong to selections and have the labels now.
    private func names(_ service: any VaultService) async throws(VaultError) -> [String] {
        let selections = profile.filter { $0.hasPrefix("@") }
        guard !selections.isEmpty || !tag.isEmpty else { return profile }
        var wanted: [Selection] = []
        for name in selections { wanted.append(try await service.selection(named: try SelectionName(name))) }
        let members = try await service.profiles(tags: tag).filter { profile in
            wanted.isEmpty || wanted.contains { $0.contains(profile) }
        }
        let names = profile.filter { !$0.hasPrefix("@") } + members.map(\.name.description)
        guard !names.isEmpty else { throw .nobodyIsMeant(by: profile, tags: tag) }
        return names
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
