import FoundationEssentials
import Vault

/// What `edit --live` learned of one profile's credential.
struct LearnedDate {
    var profile: ProfileName
    var result: Result
    var keyID: String?
    var expiresAt: Date?
    var detail: String?
    /// Why it could not be learned, or stored.
    var error: VaultError?

    enum Result: String {
        case changed, unchanged
        /// Nothing was changed: the provider has it no more; it has several that may be it.
        case missing, ambiguous
        case failed
    }

    /// Learns and stores it, each with an entry; by name.
    ///
    /// - Throws: what keeps all from being asked; what becomes of one profile is in its result.
    static func learn(
        of profiles: [Profile], using manager: ProfileName?, jobs: Int, _ service: any VaultService, console: Console
    ) async throws(VaultError) -> [LearnedDate] {
        let live = try await LiveCredentials.ask(service, of: profiles, using: manager, jobs: jobs, console: console)
        let progress = Progress("storing", console: console)
        defer { progress.finish() }
        var learned: [LearnedDate] = []
        for profile in profiles.sorted(by: { $0.name < $1.name }) {
            switch live[profile.name] {
            case nil:
                learned.append(
                    LearnedDate(profile: profile.name, result: .unchanged, detail: "it has no secret of its own"))
            case .failure(let error)?:
                learned.append(
                    LearnedDate(profile: profile.name, result: .failed, detail: error.message, error: error))
            case .success(let plan)?: learned.append(await store(plan, of: profile, service))
            }
            progress.show(learned.count, of: profiles.count)
        }
        return learned
    }

    private static func store(
        _ plan: RotationPlan, of profile: Profile, _ service: any VaultService
    ) async -> LearnedDate {
        switch plan.own {
        case .missing:
            return LearnedDate(
                profile: profile.name, result: .missing, keyID: profile.credential.keyID,
                detail: "not at the provider any more")
        case .ambiguous(let keyIDs):
            return LearnedDate(
                profile: profile.name, result: .ambiguous, detail: "may be any of \(keyIDs.joined(separator: ", "))")
        case .found(let keyID):
            var learned = LearnedDate(
                profile: profile.name, result: .unchanged, keyID: profile.credential.keyID ?? keyID,
                expiresAt: plan.current?.expiresAt ?? profile.credential.expiresAt)
            let isKnown = profile.credential.keyID != nil
            guard !isKnown || learned.expiresAt != profile.credential.expiresAt else { return learned }
            do throws(VaultError) {
                _ = try await service.edit(
                    profile.name, ProfileChange(secretExpiresAt: learned.expiresAt, keyID: keyID))
                learned.result = .changed
            } catch {
                (learned.result, learned.detail, learned.error) = (.failed, error.message, error)
            }
            return learned
        }
    }

    /// What failed, a refusal before everything else; then what was not found, or not told apart.
    static func exitCode(of learned: [LearnedDate]) -> VaultError.Code? {
        let codes = learned.compactMap { $0.error?.code }
        if let failure = codes.contains(.refused) ? .refused : codes.first { return failure }
        return learned.contains { $0.result == .missing || $0.result == .ambiguous } ? .finding : nil
    }
}
