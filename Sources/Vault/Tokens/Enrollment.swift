internal import FoundationEssentials

/// How a credential comes into the vault, or goes to another place: found out about, tried, then stored.
struct Enrollment: Sendable {
    let records: Records
    let commits: GroupCommit
    let provider: any CredentialProvider
    let environment: VaultEnvironment

    func add(_ new: consuming NewProfile) async throws(VaultError) -> Profile {
        var event = AuditEvent(environment, .add, .ok)
        event.profile = new.name.description
        event.tenant = new.tenant
        event.clientID = new.clientID
        do throws(VaultError) {
            return try await store(new)
        } catch {
            throw await commits.recorded(error, event)
        }
    }

    private func store(_ new: consuming NewProfile) async throws(VaultError) -> Profile {
        try new.destination.check()
        let name = new.name
        let taken = try records.read { (snapshot) throws(VaultError) in try snapshot.profileIfAny(named: name) != nil }
        guard !taken else { throw .nameTaken(name) }
        let now = environment.now()
        let offered = try OfferedCredential(
            new.secret, kind: new.kind, form: new.assertionForm, expiresAt: new.secretExpiresAt, for: new.destination,
            now: now)
        var profile = Profile(
            id: .random(), name: name, destination: new.destination,
            tenant: try await tenant(new.tenant, new.destination), clientID: new.clientID,
            credential: offered.description, audience: new.audience, subscription: new.subscription, tags: new.tags,
            about: new.about,
            createdAt: now, updatedAt: now)
        if new.checks { try await check(profile, offered.secret) }
        if new.discoversSubscription {
            profile.subscription = try await subscription(of: profile, offered.secret)
        }
        let secret = SharedSecret(offered.takeSecret())
        let final = profile
        try await commits.write { [environment] (transaction) throws(VaultError) in
            try transaction.insert(final, secret: secret.bytes)
            var event = AuditEvent(environment, .add, .ok, final)
            event.audience = final.audience?.description
            try transaction.append(event)
        }
        return profile
    }

    /// Sends a profile's credential to another place from now on; the credential is given again.
    func redirect(
        _ name: ProfileName, to destination: Destination, with change: ProfileChange, secret: consuming SecretBytes,
        checks: Bool
    ) async throws(VaultError) -> Profile {
        let secret = secret
        var event = AuditEvent(environment, .edit, .ok)
        event.profile = name.description
        do throws(VaultError) {
            return try await rebind(name, to: destination, with: change, secret: secret, checks: checks)
        } catch {
            throw await commits.recorded(error, event)
        }
    }

    private func rebind(
        _ name: ProfileName, to destination: Destination, with change: ProfileChange, secret: borrowing SecretBytes,
        checks: Bool
    ) async throws(VaultError) -> Profile {
        try destination.check()
        let found = try records.read { (snapshot) throws(VaultError) in try snapshot.profile(named: name).profile }
        let old = found.credential
        let offered = try OfferedCredential(
            secret, kind: old.kind, form: old.assertionForm, expiresAt: change.secretExpiresAt, for: destination,
            now: environment.now())
        var profile = found
        profile.destination = destination
        _ = try profile.apply(change)
        if checks { try await check(profile, offered.secret) }
        let (wanted, description) = (profile, offered.description)
        let shared = SharedSecret(offered.takeSecret())
        return try await commits.write { [environment] (transaction) throws(VaultError) in
            let record = try transaction.snapshot.profile(named: name)
            guard record.profile == found else {
                throw VaultError(.tryAgain, "profile \(name) was changed meanwhile")
            }
            let now = environment.now()
            var profile = wanted
            profile.updatedAt = now
            // Giving a credential again does not make it a new one, unless it is.
            if !shared.bytes.equals(try transaction.snapshot.secret(of: record)) {
                profile.credential = description
            }
            try transaction.update(record, to: profile, secret: shared.bytes)
            // What was kept for the old place must never go to the new one.
            try transaction.forgetEverything(about: profile.id)
            var event = AuditEvent(environment, .edit, .ok, profile)
            event.detail = "destination: \(destination.tokenAuthority)"
            try transaction.append(event)
            return profile
        }
    }

    private func tenant(_ given: String?, _ destination: Destination) async throws(VaultError) -> String {
        if let given { return given }
        // Databricks' own have none.
        if destination.provider == .databricks { return "" }
        guard let workspace = destination.workspace else {
            throw VaultError(
                .usage, "the tenant is missing", hint: "--tenant ID, or --workspace URL, from which it can be found")
        }
        return try await WorkspaceDiscovery(transport: environment.transport, clock: .system(now: environment.now))
            .tenant(of: workspace, in: destination.cloud)
    }

    private func check(_ profile: Profile, _ secret: borrowing SecretBytes) async throws(VaultError) {
        do throws(VaultError) {
            _ = try await token(for: profile, try profile.effectiveAudience, secret)
        } catch {
            let own = await tenantHint(for: profile, refused: error) ?? error.hint
            let hint = ["nothing was stored", own, "--no-check stores it untried"].compactMap(\.self)
            throw VaultError(error.code, error.message, hint: hint.joined(separator: "; "), refusal: error.refusal)
        }
    }

    /// An unknown application or tenant, and a token of the wrong one, in which the workspace would find another issuer than
    /// it expects.
    private static let wrongTenant: Set<Int> = [700_016, 90002, 900_023, 500_011]

    /// Which tenant a workspace belongs to, when another one refused the credential.
    ///
    /// - Returns: nil when that is the very tenant, or cannot be found out: then the refusal alone is told.
    private func tenantHint(for profile: Profile, refused error: VaultError) async -> String? {
        guard let code = error.refusal?.aadsts, Self.wrongTenant.contains(code),
            let workspace = profile.destination.workspace
        else { return nil }
        let discovery = WorkspaceDiscovery(transport: environment.transport, clock: .system(now: environment.now))
        guard let tenant = try? await discovery.tenant(of: workspace, in: profile.destination.cloud),
            tenant.lowercased() != profile.tenant.lowercased()
        else { return nil }
        return "the workspace belongs to tenant \(tenant), not \(profile.tenant): give --tenant \(tenant)"
    }

    /// The subscription, asked for with a token of the profile's own, which is put on the record before it leaves.
    private func subscription(
        of profile: Profile, _ secret: borrowing SecretBytes
    ) async throws(VaultError) -> String {
        let audience = try profile.audience(.resource("arm"))
        let token = try await token(for: profile, audience, secret)
        var event = AuditEvent(environment, .add, .started, profile)
        event.audience = audience.description
        event.detail = "looks for the subscription"
        event.tokenExpiresAt = token.expiresAt
        event.tokenID = token.tokenID
        event.tokenHash = records.keyring.hash(ofToken: token.value)
        let started = event
        _ = try await commits.write { (transaction) throws(VaultError) in try transaction.append(started) }
        return try await SubscriptionDiscovery(
            transport: environment.transport, clock: .system(now: environment.now)
        )
        .subscription(
            arm: profile.destination.cloud.arm, token: token.value, workspace: profile.destination.workspace)
    }

    private func token(
        for profile: Profile, _ audience: Audience, _ secret: borrowing SecretBytes
    ) async throws(VaultError) -> AccessToken {
        try await provider.accessToken(
            for: GrantRequest(profile, audience: audience), secret: secret)
    }
}
