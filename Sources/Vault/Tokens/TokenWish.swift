internal import FoundationEssentials

/// A token request as it reads with the profile at hand: which identity, which audience, which row of the cache.
struct TokenWish: Sendable {
    let record: ProfileRecord
    let audience: Audience
    let tenant: String
    let tag: RowTag

    init(_ request: TokenRequest, in snapshot: Snapshot) throws(VaultError) {
        let record = try snapshot.profile(named: request.profile)
        let audience = try request.audience.map { (choice) throws(VaultError) in
            try record.profile.audience(choice)
        }
        try self.init(record, audience: audience, tenant: request.tenant, keyring: snapshot.keyring)
    }

    init(
        _ record: ProfileRecord, audience: Audience?, tenant: String?, keyring: Keyring
    ) throws(VaultError) {
        let profile = record.profile
        self.record = record
        if let audience { self.audience = audience } else { self.audience = try profile.effectiveAudience }
        self.tenant = tenant ?? profile.tenant
        tag = .token(
            profile: profile.id, destination: profile.destination, tenant: self.tenant, clientID: profile.clientID,
            credential: profile.credential.kind, audience: self.audience, keyring)
    }

    /// Whether `token` is the one that is wished for: the tag says so, and so must the content.
    func fits(_ token: TokenRecord) -> Bool {
        token.profile == record.profile.id && token.tenant == tenant && token.audience == audience
    }

    /// Whether `event` tells how a request to the provider for this very token ended. A failure of the vault's own, as of
    /// its disk, is nothing that the next one must share.
    func isAsked(by event: AuditEvent) -> Bool {
        let byProvider: Bool =
            switch event.failure?.code {
            case nil: event.source == .provider
            case .unavailable?, .tryAgain?, .refused?: true
            default: false
            }
        return byProvider && event.action == .issue && event.profileID == record.profile.id && event.tenant == tenant
            && event.audience == audience.description
    }

    var grant: GrantRequest {
        GrantRequest(record.profile, tenant: tenant, audience: audience)
    }

    /// The entry that this wish leads to.
    func event(
        _ action: AuditAction, _ outcome: AuditOutcome, in environment: VaultEnvironment, reason: String? = nil
    ) -> AuditEvent {
        var event = AuditEvent(environment, action, outcome, record.profile)
        event.audience = audience.description
        event.tenant = tenant
        event.keyID = record.profile.credential.keyID
        event.reason = reason
        return event
    }

    /// The entry of a policy's refusal.
    func refusal(
        _ refusal: VaultError, of request: TokenRequest, in environment: VaultEnvironment
    ) -> AuditEvent {
        var event = event(.issue, .refused, in: environment, reason: request.reason)
        event.code = refusal.code.rawValue
        event.detail = refusal.message
        return event
    }

    /// What policies are asked about.
    func asked(_ request: TokenRequest, _ purpose: TokenPurpose, _ environment: VaultEnvironment) -> AskedToken {
        AskedToken(
            profile: record.profile, audience: audience, caller: environment.caller, reason: request.reason,
            purpose: purpose, time: environment.now())
    }

    func details(
        _ token: TokenRecord, source: TokenSource, sequence: UInt64, warning: String? = nil
    ) -> TokenDetails {
        let profile = record.profile
        return TokenDetails(
            profile: profile.name, tenant: tenant, clientID: profile.clientID, subscription: profile.subscription,
            workspace: profile.destination.workspace, audience: audience, tokenType: token.tokenType,
            issuedAt: token.issuedAt, expiresAt: token.expiresAt, source: source, auditSequence: sequence,
            warning: warning)
    }
}

extension Profile {
    /// The audience that a caller names.
    ///
    /// - Throws: code `usage` for one that tokens of this profile cannot be for.
    func audience(_ choice: AudienceChoice) throws(VaultError) -> Audience {
        let audience = try choice.resolved(in: destination.cloud)
        guard destination.provider == .databricks else { return audience }
        guard audience == .allAPIs || audience.resource == Audience.databricksResource else {
            throw VaultError(
                .usage, "profile \(name) is of Databricks' own, and its tokens are for Databricks alone",
                hint: "leave --resource and --scope out")
        }
        return .allAPIs
    }

    /// The audience when a caller names none: the profile's own; Databricks where there is a workspace; else Azure
    /// Resource Manager, as az has it.
    var effectiveAudience: Audience {
        get throws(VaultError) {
            if destination.provider == .databricks { return .allAPIs }
            if let audience { return audience }
            let resource = destination.workspace == nil ? "arm" : "databricks"
            return try Audience(resource: resource, in: destination.cloud)
        }
    }
}
