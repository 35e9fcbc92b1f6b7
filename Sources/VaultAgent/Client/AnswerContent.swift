internal import Vault
internal import VaultProtos

typealias AnswerContent = AgentAnswer.OneOf_Content

/// A content as the kind that was asked for; nil where it is of another kind, or makes no sense.
extension AnswerContent {
    var done: AgentAnswer.Done? {
        if case .done(let done) = self { done } else { nil }
    }

    var agentStatus: AgentStatus? {
        if case .status(let message) = self { AgentStatus(message) } else { nil }
    }

    var profiles: [AgentAnswer.StoredProfile]? {
        if case .profiles(let part) = self { part.profiles } else { nil }
    }

    var soleProfile: Profile? {
        if let profiles, profiles.count == 1 { Profile(profiles[0]) } else { nil }
    }

    var rotations: [AgentAnswer.StoredRotation]? {
        if case .rotations(let part) = self { part.rotations } else { nil }
    }

    var soleRotation: Rotation? {
        if let rotations, rotations.count == 1 { Rotation(rotations[0]) } else { nil }
    }

    var token: AgentAnswer.TokenDetails? {
        if case .token(let message) = self { message } else { nil }
    }

    var cachedTokens: [AgentAnswer.CachedToken]? {
        if case .cachedTokens(let part) = self { part.tokens } else { nil }
    }

    var count: Int? {
        if case .count(let count) = self { Int(exactly: count) } else { nil }
    }

    var checkedProfile: CheckedProfile? {
        if case .checked(let message) = self { CheckedProfile(message) } else { nil }
    }

    var auditEntries: [AgentAnswer.AuditEntry]? {
        if case .auditEntries(let part) = self { part.entries } else { nil }
    }

    var settings: [SealedSetting]? {
        if case .settings(let part) = self { part.settings } else { nil }
    }

    var progress: (done: Int, total: Int)? {
        guard case .progress(let message) = self, let done = Int(exactly: message.done),
            let total = Int(exactly: message.total)
        else { return nil }
        return (done, total)
    }

    var rotationReport: RotationReport? {
        if case .rotationReport(let message) = self { RotationReport(message) } else { nil }
    }

    var plannedProfile: PlannedProfile? {
        if case .plannedProfile(let message) = self { PlannedProfile(message) } else { nil }
    }

    var profileUses: [AgentAnswer.ProfileUse]? {
        if case .profileUses(let part) = self { part.uses } else { nil }
    }

    var verification: Verification? {
        if case .verification(let message) = self { Verification(message) } else { nil }
    }

    var signedCheckpoint: SignedCheckpoint? {
        if case .signedCheckpoint(let message) = self { SignedCheckpoint(message) } else { nil }
    }

    var checkpointKey: String? {
        if case .checkpointKey(let key) = self { key } else { nil }
    }

    var inclusionProof: InclusionProof? {
        if case .inclusionProof(let message) = self { InclusionProof(message) } else { nil }
    }

    var consistencyProof: ConsistencyProof? {
        if case .consistencyProof(let message) = self { ConsistencyProof(message) } else { nil }
    }

    var auditExportHead: AuditExportHead? {
        if case .auditExportHead(let message) = self { AuditExportHead(message) } else { nil }
    }
}
