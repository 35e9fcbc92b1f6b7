import FoundationEssentials
import Vault

/// Whether a change of a credential waits for somebody.
struct RotationsExamination: SealedExamination {
    static let name = "rotations"

    func examine(_ patient: Patient, _ service: any VaultService) async throws(VaultError) -> [Diagnosis] {
        let now = Date()
        let all = try await service.rotations(of: nil)
        let unfinished = all.filter { $0.isUnfinished(at: now) }
        guard !unfinished.isEmpty else {
            return [.ok(all.isEmpty ? "none" : "old credentials that are kept for their grace: \(all.count)")]
        }
        guard unfinished.count <= Self.mostTold else {
            return [
                .warning("\(unfinished.count) are unfinished, or past their grace", "vaultctl rotation resume --all")
            ]
        }
        let profiles = try await service.profiles(tags: [])
        let names = Dictionary(profiles.map { ($0.id, $0.name.description) }, uniquingKeysWith: { first, _ in first })
        return unfinished.map { rotation in
            let name = names[rotation.profile] ?? "a profile that is gone"
            let what = rotation.state == .promoted ? "past its grace" : "unfinished (\(rotation.state.rawValue))"
            return .warning("that of \(name) is \(what): \(rotation.next)", "vaultctl rotation resume \(name)")
        }
    }

    private static let mostTold = 3
}

/// Whether credentials have expired, or are about to.
struct CredentialsExamination: SealedExamination {
    static let name = "credentials"

    func examine(_ patient: Patient, _ service: any VaultService) async throws(VaultError) -> [Diagnosis] {
        let profiles = try await service.profiles(tags: [])
        let ending = ExpiringCredential.among(profiles, within: Self.days, now: Date())
        let expired = ending.count { $0.days < 0 }
        let remedy = "vaultctl expiring"
        var found: [Diagnosis] = []
        if expired > 0 { found.append(.problem("expired: \(expired), the first of them \(ending[0].name)", remedy)) }
        if let next = ending.first(where: { $0.days >= 0 }) {
            let count = ending.count - expired
            found.append(
                .warning(
                    "to expire within \(Self.days) days: \(count), the first of them \(next.name) \(next.text)", remedy)
            )
        }
        let undated = profiles.count { $0.credential.kind != .federated && $0.credential.expiresAt == nil }
        let known = undated == 0 ? "" : "; of \(undated) no date is known"
        return found.isEmpty ? [.ok("none of \(profiles.count) expires within \(Self.days) days\(known)")] : found
    }

    private static let days = 30
}
