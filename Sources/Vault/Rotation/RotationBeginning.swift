internal import FoundationEssentials

/// Begins a rotation: looks at what the provider has, makes sure that there is room for one more, plans, and has the new
/// credential made.
struct RotationBeginning: Sendable {
    let rotator: Rotator
    let order: RotationOrder

    /// How often a lost answer is borne.
    private static let attempts = 3
    /// A clock that is further off, in seconds, would make dates that mean something else at the provider.
    private static let clockTolerance: TimeInterval = 300

    /// Replaces a profile's credential; an unfinished rotation of it goes on instead.
    ///
    /// - Returns: the rotation in its grace; nil when it is over.
    func rotate(_ profile: Profile) async throws(VaultError) -> Rotation? {
        let open = try rotator.journal.rotations(of: profile.id)
        for rotation in open where rotation.state != .promoted {
            // One that was made elsewhere and never got into use is begun anew by whoever has the secret.
            guard rotation.isMadeHere || rotation.state != .obtained else { continue }
            switch try await rotator.drive(rotation, waits: order.waits) {
            case .kept(let rotation): return rotation
            // Its new credential is in use, unless it was in use before and only the old one was to be removed.
            case .finished where rotation.state != .retired: return nil
            case .finished, .undone: continue
            }
        }
        // What is in its grace ends first, so that there are never more than two of ours.
        for rotation in open where rotation.state == .promoted && (rotation.isMadeHere || !rotation.removing.isEmpty) {
            _ = try await rotator.finish(rotation)
        }
        for _ in 0..<Self.attempts {
            guard let rotation = try await begin(profile.id) else { continue }
            switch try await rotator.drive(rotation, waits: order.waits || rotation.grace == 0) {
            case .kept(let rotation): return rotation
            case .finished: return nil
            case .undone(let error): if let error { throw error }
            }
        }
        throw VaultError(
            .unavailable, "the answers of the provider were lost \(Self.attempts) times", hint: "try again later")
    }

    /// - Returns: the rotation with its credential made, or one of which nobody knows whether it was.
    private func begin(_ id: RowID) async throws(VaultError) -> Rotation? {
        let (record, current) = try rotator.journal.profile(id)
        let profile = record.profile
        let registry = try rotator.registries.registry(of: profile, current: current, manager: rotator.manager)
        let listed: RegisteredCredentials
        do throws(VaultError) {
            listed = try await rotator.patiently(with: profile) { () async throws(VaultError) in
                try await registry.list()
            }
        } catch { throw try explained(error, profile) }
        try checkClock(listed)
        try checkRetiring(listed)
        try await makeRoom(listed, registry, profile, current)
        var rotation = Rotation(
            id: .random(), profile: id, state: .planned, startedAt: rotator.environment.now(), grace: order.grace,
            oldKeyID: profile.credential.keyID, isMadeHere: true, manager: rotator.manager?.id,
            knownKeyIDs: profile.destination.provider == .databricks ? listed.credentials.map(\.keyID) : [])
        rotation.removing = removing(profile)
        let certificate = try certificate(for: rotation, profile)
        let new = NewCredential(
            marker: rotation.marker, expiresAt: rotator.environment.now().addingTimeInterval(order.lifetime),
            certificate: certificate)
        try rotator.reserve.make()
        // The intent is written when it is its turn: who is killed while many wait would leave as many credentials to look
        // for, none of which was asked for.
        try await rotator.pace.begin(Rotator.tenant(profile))
        do throws(VaultError) {
            try await rotator.journal.begin(
                rotation, new: certificate.map { SharedSecret($0.sealed) }, expiresAt: certificate?.expiresAt)
        } catch {
            await rotator.pace.end()
            throw error
        }
        rotator.report(.went(rotation))
        return try await rotator.make(new, of: rotation, at: registry, tenant: Rotator.tenant(profile))
    }

    /// A profile whose credential is refused cannot ask for a new one.
    private func explained(_ error: VaultError, _ profile: Profile) throws(VaultError) -> VaultError {
        let grant = GrantRequest(profile, audience: try profile.effectiveAudience)
        guard rotator.manager == nil, let refusal = error.refusal,
            refusal.isUnknownCredential(grant) || refusal.aadsts == 7_000_222
        else { return error }
        return VaultError(
            error.code, error.message,
            hint: "a profile that manages it can have a new one made: vaultctl rotate \(profile.name) --using NAME; "
                + "or make one at the provider, then: vaultctl rotate \(profile.name) --secret-stdin",
            refusal: refusal)
    }

    /// The old credential, where this vault had it made, and what the user named.
    private func removing(_ profile: Profile) -> [String] {
        var keyIDs = order.retiring
        if profile.credential.rotation != nil, let old = profile.credential.keyID, !keyIDs.contains(old) {
            keyIDs.append(old)
        }
        return keyIDs
    }

    private func certificate(for rotation: Rotation, _ profile: Profile) throws(VaultError) -> ClientCertificate? {
        guard profile.credential.kind == .certificate else { return nil }
        let now = rotator.environment.now()
        return try .selfSigned(
            name: rotation.marker, validFrom: now.addingTimeInterval(-Self.clockTolerance),
            expiresAt: now.addingTimeInterval(order.lifetime))
    }

    /// What is named to be removed must be there: a slip of the pen is to be found now, and not when the grace is over.
    private func checkRetiring(_ listed: RegisteredCredentials) throws(VaultError) {
        for keyID in order.retiring {
            let isThere = listed.credentials.contains { credential in
                [credential.keyID, credential.hint ?? ""].contains { $0.lowercased() == keyID.lowercased() }
            }
            guard isThere else {
                throw VaultError(
                    .notFound, "the provider has no credential with the id that --retire names",
                    hint: "--dry-run lists those there are")
            }
        }
    }

    private func checkClock(_ listed: RegisteredCredentials) throws(VaultError) {
        guard let lead = listed.clockLead, abs(lead) > Self.clockTolerance else { return }
        let minutes = Int((abs(lead) / 60).rounded())
        throw VaultError(
            .unavailable,
            "this machine's clock is \(minutes) minutes \(lead > 0 ? "behind" : "ahead of") the provider's; "
                + "nothing was changed",
            hint: "set the clock: dates of credentials are reckoned with it")
    }

    /// Counts before anything is added. Where there is no room, what the user named is removed first, unless it may be the
    /// credential that is in use.
    private func makeRoom(
        _ listed: RegisteredCredentials, _ registry: any CredentialRegistry, _ profile: Profile, _ current: SharedSecret
    ) async throws(VaultError) {
        guard let limit = listed.limit, listed.credentials.count >= limit else { return }
        let removable = listed.credentials.first { credential in
            order.retiring.contains { $0.lowercased() == credential.keyID.lowercased() }
                && !Self.mayBe(credential, profile, current)
        }
        guard let removable else {
            let ids = listed.credentials.map { credential in
                Self.mayBe(credential, profile, current) ? "\(credential.keyID) (maybe in use)" : credential.keyID
            }
            throw VaultError(
                .refused,
                "there are \(listed.credentials.count) secrets at the provider, as many as there may be: "
                    + ids.joined(separator: ", "),
                hint: "name one that nobody needs: vaultctl rotate \(profile.name) --retire KEYID")
        }
        try await rotator.removeNow(removable.keyID, of: profile, registry, why: "to make room, as was asked for")
    }

    private static func mayBe(_ credential: RegisteredCredential, _ profile: Profile, _ current: SharedSecret) -> Bool {
        if let keyID = profile.credential.keyID { return keyID.lowercased() == credential.keyID.lowercased() }
        guard let hint = credential.hint, !hint.isEmpty else { return true }
        return current.bytes.withBytes { bytes in
            let text = Array(hint.utf8)
            return bytes.byteCount >= text.count && text.indices.allSatisfy { bytes.octet(at: $0) == text[$0] }
        }
    }
}
