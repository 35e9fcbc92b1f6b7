public import FoundationEssentials

/// The verbs of a vault that is unlocked.
///
/// ``Vault`` answers them in this process; an agent can answer them for a process that has no passphrase. What reveals a
/// stored secret, or changes what guards one, is not here: it is on ``Vault`` alone, so that the compiler keeps it from
/// ever being asked of an agent.
///
/// Every verb throws ``VaultError``. Every verb that changes something, and every token, is on the record before it
/// returns.
public protocol VaultService: Sendable {
    /// All profiles whose tags match every one of `tags`, by name.
    func profiles(tags: [Tag]) async throws(VaultError) -> [Profile]

    func profile(named name: ProfileName) async throws(VaultError) -> Profile

    /// What is unfinished about a profile's credential, or kept for a grace; of all profiles where none is named.
    func rotations(of name: ProfileName?) async throws(VaultError) -> [Rotation]

    /// Stores a profile and its credential; tries the credential first unless told not to.
    func add(_ new: consuming NewProfile) async throws(VaultError) -> Profile

    /// Changes what may be changed without the credential.
    func edit(_ name: ProfileName, _ change: ProfileChange) async throws(VaultError) -> Profile

    func rename(_ name: ProfileName, to newName: ProfileName) async throws(VaultError)

    /// Removes the profile, its cached tokens and what rotations keep of it.
    func remove(_ name: ProfileName) async throws(VaultError)

    /// Gives a token: from the sealed cache while it lives long enough, else from the provider.
    func issue(_ request: TokenRequest) async throws(VaultError) -> IssuedToken

    /// The tokens in the cache that still live, by profile.
    func cachedTokens() async throws(VaultError) -> [CachedToken]

    /// Takes the tokens of a profile out of the cache. They stay valid at the provider until they expire.
    /// - Returns: how many there were.
    func forgetTokens(of name: ProfileName) async throws(VaultError) -> Int

    /// Asks the provider for a token of each profile, past every cache, to learn whether its credential is accepted; many
    /// at once.
    ///
    /// - Parameter report: called once for each profile as soon as it is known, in no order, never twice at a time.
    /// - Throws: what kept them from being asked at all; what became of one profile is reported.
    func check(
        _ names: [ProfileName], report: @Sendable (CheckedProfile) -> Void
    ) async throws(VaultError)

    /// Replaces the credential by one made elsewhere: it is verified first, and the old one is kept for `grace` seconds.
    ///
    /// - Parameter retiring: the provider's ids of credentials that are to be removed with the old one.
    func replaceSecret(
        of name: ProfileName, with secret: consuming SecretBytes, expiresAt: Date?, grace: TimeInterval,
        retiring: [String]
    ) async throws(VaultError) -> Rotation

    /// Carries out an order about credentials; what becomes of each profile is reported.
    ///
    /// - Parameter report: called as it happens, from any thread.
    /// - Throws: what keeps the whole order from being carried out.
    func rotate(
        _ order: RotationOrder, report: @escaping @Sendable (RotationReport) -> Void
    ) async throws(VaultError)

    /// Asks providers what credentials there are, and tells what each is to this vault; nothing is changed.
    ///
    /// - Parameters:
    ///   - manager: whose token is used; nil: each profile's own.
    ///   - jobs: how many ask at a time.
    ///   - report: called once for each profile as soon as it is known, in no order, never twice at a time.
    func planRotations(
        of names: [ProfileName], manager: ProfileName?, jobs: Int, report: @Sendable (PlannedProfile) -> Void
    ) async throws(VaultError)

    /// What the record tells of the tokens that were given out: of each profile the last one, and who was given some since a
    /// day. Tokens that this program took for itself, to ask about credentials, are none.
    ///
    /// - Parameter profiles: nil: all there are.
    func uses(of profiles: [RowID]?, since: Date) async throws(VaultError) -> [ProfileUse]

    /// Entries of the record, oldest first unless the query says otherwise.
    func auditEntries(_ query: AuditQuery) async throws(VaultError) -> [AuditEntry]

    /// What is set, by key.
    func settings() async throws(VaultError) -> [Setting]

    /// Checks everything that can be checked with the key at hand.
    /// - Throws: code `damaged` that names the first thing that is wrong.
    func verify(progress: @Sendable (_ done: Int, _ of: Int) -> Void) async throws(VaultError) -> Verification

    /// Signs the record as it is, with an entry; nothing is done where that was done already and nothing came since.
    /// - Parameter reason: goes onto the record.
    func checkpoint(reason: String?) async throws(VaultError) -> SignedCheckpoint

    /// The key that verifies checkpoints, in C2SP's form.
    func checkpointKey() async throws(VaultError) -> String

    /// Proves that one entry is in the record.
    /// - Throws: code `notFound` when there is none of that number.
    func proveEntry(_ sequence: UInt64) async throws(VaultError) -> InclusionProof

    /// Proves that the record of `size` entries, or the whole one, began with those of an older checkpoint.
    func proveConsistency(from old: UInt64, to size: UInt64?) async throws(VaultError) -> ConsistencyProof

    /// Puts an export of the sealed record onto it, and signs what is to be exported; the rows lie in the file.
    func beginAuditExport() async throws(VaultError) -> AuditExportHead

    /// Checks the record, and gathers all that is wrong with it.
    ///
    /// - Throws: what kept it from being looked at; what is wrong is among the findings.
    func verifyAudit(
        _ request: consuming AuditVerificationRequest, progress: @Sendable (_ done: Int, _ of: Int) -> Void
    ) async throws(VaultError) -> AuditVerification
}
