import FoundationEssentials
import Vault

/// One command of az, answered.
struct AzAnswer {
    let vault: String?
    let options: AzOptions
    let writer: AzWriter

    func accessToken() async throws {
        let subscription = options.nonEmpty("--subscription")
        let tenant = options.nonEmpty("--tenant")
        guard subscription == nil || tenant == nil else {
            throw AzFailure.failed("Please specify only one of subscription and tenant, not both")
        }
        let session = try AzSession(vault: vault)
        let type = try resourceType()
        // Most calls are answered by one question to the agent.
        if subscription == nil, tenant == nil, type == nil,
            let token = try session.tokenFromAgent(request(for: session.profile, audience: try audience()))
        {
            return try write(token, tenant: nil)
        }
        try await session.withService { service in
            var audience = try audience()
            if subscription != nil || tenant != nil || type != nil {
                let profile = try await service.profile(named: session.profile)
                try check(subscription, against: AzAccount(profile))
                if let tenant { warn(ofOther: tenant, than: profile) }
                if let type {
                    guard let resource = type.resource(in: profile.destination.cloud) else {
                        throw AzFailure.failed("the cloud \(profile.destination.cloud.name) has no \(type.rawValue)")
                    }
                    audience = Self.audience(of: resource)
                }
            }
            try write(
                try await service.issue(request(for: session.profile, audience: audience, tenant: tenant)),
                tenant: tenant)
        }
    }

    func show() async throws {
        let session = try AzSession(vault: vault)
        let profile = try await session.withService { try await $0.profile(named: session.profile) }
        let account = try AzAccount(profile)
        try check(options.nonEmpty("--subscription"), against: account)
        try writer.write(account.document(listed: false))
    }

    func list() async throws {
        let account: AzAccount
        do {
            account = try await self.account()
        } catch {
            guard error.isNotLoggedIn else { throw error }
            writer.warn("WARNING: Please run \"az login\" to access your accounts.")
            for line in error.lines.dropFirst() { writer.warn(line) }
            return try writer.write(.list([]))
        }
        try writer.write(.list([account.document(listed: true)]), table: .list([account.row]))
    }

    func set() async throws {
        let wanted = options["--subscription"] ?? ""
        func refused(in cloud: String, _ why: [String] = []) -> AzFailure {
            AzFailure(
                status: 1,
                lines: ["ERROR: The subscription of '\(wanted)' doesn't exist in cloud '\(cloud)'."] + why)
        }
        let account: AzAccount
        do {
            account = try await self.account()
        } catch {
            guard error.isNotLoggedIn else { throw error }
            throw refused(in: Cloud.azureCloud.name, Array(error.lines.dropFirst()))
        }
        // Its own subscription is the only one there is.
        guard account.isNamed(wanted) else { throw refused(in: account.profile.destination.cloud.name) }
    }

    func version() throws {
        try writer.write(
            .object(
                AzObject([
                    ("azure-cli", .text(AzStandIn.version)), ("azure-cli-core", .text(AzStandIn.version)),
                    ("azure-cli-telemetry", .text("1.1.0")), ("extensions", .object(AzObject([]))),
                ])))
    }

    /// Says that it is not needed. The secret that may stand among the words is not looked at.
    func login() async throws {
        let account = try await self.account()
        // Who asks for one identity must not go on with another one and believe otherwise.
        if let user = options.nonEmpty("--username"), UUID(uuidString: user) != nil,
            user.lowercased() != account.profile.clientID.lowercased()
        {
            throw AzFailure.failed(
                "the profile \(account.profile.name) is another service principal than the one named",
                hint: "set VAULTCTL_PROFILE to the profile of that one, or use vaultctl exec NAME --az")
        }
        writer.warn(
            "vaultctl: nothing to log in to: tokens are of the profile \(account.profile.name), from the vault; "
                + "what was given with the command was not used")
        try writer.write(.list([account.document(listed: true)]), table: .list([account.row]))
    }

    // MARK: Parts

    private func account() async throws(AzFailure) -> AzAccount {
        let session = try AzSession(vault: vault)
        let profile: Profile
        do {
            profile = try await session.withService { try await $0.profile(named: session.profile) }
        } catch {
            throw AzFailure(any: error)
        }
        return try AzAccount(profile)
    }

    private func check(_ subscription: String?, against account: AzAccount) throws(AzFailure) {
        guard let subscription, !account.isNamed(subscription) else { return }
        throw .failed("Subscription '\(subscription)' not found. Check the spelling and casing and try again.")
    }

    /// az looks for a credential of the tenant that was asked for, and goes on with the one that it has.
    private func warn(ofOther tenant: String, than profile: Profile) {
        guard tenant != profile.tenant else { return }
        writer.warn(
            "WARNING: Could not retrieve credential from local cache for service principal \(profile.clientID) under "
                + "tenant \(tenant). Trying credential under tenant \(profile.tenant), assuming that is an app credential."
        )
    }

    /// The type, where it counts and the cloud must be known for it.
    private func resourceType() throws(AzFailure) -> AzResourceType? {
        guard options.values("--scope").isEmpty, !options.has("--resource") else { return nil }
        return options["--resource-type"].flatMap(AzResourceType.init(rawValue:)).flatMap { $0 == .arm ? nil : $0 }
    }

    /// Scope before resource before Azure Resource Manager, as az has it.
    private func audience() throws(AzFailure) -> AudienceChoice {
        let scopes = options.values("--scope")
        guard scopes.count <= 1 else {
            throw .failed(
                "a token is for one resource, and \(scopes.count) scopes were given", hint: "give one --scope")
        }
        if let scope = scopes.first { return .scope(scope) }
        if let resource = options.nonEmpty("--resource") { return Self.audience(of: resource) }
        return .resource("arm")
    }

    /// Literally: our short names are none of az's.
    private static func audience(of resource: String) -> AudienceChoice { .scope(resource + "/.default") }

    /// The Databricks libraries ask again and again for a token with less left (wire reference, 1.5).
    private func request(
        for profile: ProfileName, audience: AudienceChoice, tenant: String? = nil
    ) -> TokenRequest {
        TokenRequest(
            profile: profile, audience: audience, tenant: tenant, minimumLifetime: 20 * 60, halfLifeSuffices: true)
    }

    private func write(_ token: borrowing IssuedToken, tenant: String?) throws {
        let details = token.details
        if let warning = details.warning { writer.warn("vaultctl: warning: " + warning) }
        var members: [AzObject.Member] = [
            ("tokenType", .text(details.tokenType)), ("accessToken", .token),
            ("expires_on", .number(Int64(details.expiresAt.timeIntervalSince1970.rounded(.down)))),
            ("expiresOn", .text(LocalTime.text(of: details.expiresAt) + ".000000")),
            ("tenant", .text(details.tenant)),
        ]
        if tenant == nil { members.append(("subscription", .text(details.subscription ?? details.tenant))) }
        try writer.write(.object(AzObject(members)), splicing: token.value)
    }
}
