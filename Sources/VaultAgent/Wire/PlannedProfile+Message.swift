internal import SwiftProtobuf
internal import FoundationEssentials
internal import Vault
internal import VaultProtos

extension PlannedProfile {
    var message: AgentAnswer.PlannedProfile {
        var message = AgentAnswer.PlannedProfile()
        message.profile = profile.description
        switch result {
        case .success(let plan):
            message.limit = UInt32(clamping: plan.limit ?? 0)
            message.credentials = plan.entries.map { entry in
                .with { credential in
                    credential.keyID = entry.credential.keyID
                    credential.name = entry.credential.name ?? ""
                    credential.hint = entry.credential.hint ?? ""
                    credential.starts = entry.credential.startsAt?.milliseconds ?? 0
                    credential.expires = entry.credential.expiresAt?.milliseconds ?? 0
                    credential.standing = entry.standing.rawValue
                }
            }
            message.ownKeyIds = plan.own.keyIDs
            if let rotation = plan.rotation { message.rotation = rotation.message }
        case .failure(let error): message.failure = error.failure
        }
        return message
    }

    /// - Returns: nil when it makes no sense.
    init?(_ message: AgentAnswer.PlannedProfile) {
        guard let profile = try? ProfileName(message.profile) else { return nil }
        if message.hasFailure {
            guard let error = VaultError(message.failure) else { return nil }
            self.init(profile: profile, result: .failure(error))
            return
        }
        var plan = RotationPlan(
            profile: profile, limit: message.limit == 0 ? nil : Int(message.limit), entries: [],
            own: CredentialMatch(keyIDs: message.ownKeyIds), rotation: nil)
        for credential in message.credentials {
            guard let standing = CredentialStanding(rawValue: credential.standing) else { return nil }
            let known = RegisteredCredential(
                keyID: credential.keyID, name: credential.name.nonEmpty,
                startsAt: Date(milliseconds: credential.starts), expiresAt: Date(milliseconds: credential.expires),
                hint: credential.hint.nonEmpty)
            plan.entries.append(.init(known, standing))
        }
        if message.hasRotation {
            guard let rotation = Rotation(message.rotation) else { return nil }
            plan.rotation = rotation
        }
        self.init(profile: profile, result: .success(plan))
    }
}

extension CredentialMatch {
    fileprivate var keyIDs: [String] {
        switch self {
        case .found(let keyID): [keyID]
        case .missing: []
        case .ambiguous(let keyIDs): keyIDs
        }
    }

    fileprivate init(keyIDs: [String]) {
        switch keyIDs.count {
        case 0: self = .missing
        case 1: self = .found(keyID: keyIDs[0])
        default: self = .ambiguous(keyIDs: keyIDs)
        }
    }
}
