internal import FoundationEssentials
internal import SwiftProtobuf
internal import Vault
internal import VaultProtos

extension AuditVerificationRequest {
    /// All but the audit key, which follows in a frame of its own.
    var message: AgentRequest.VerifyAudit {
        var message = AgentRequest.VerifyAudit()
        message.sinceCheckpoint = sinceCheckpoint
        if let checkpoint { message.checkpoint = Data(checkpoint) }
        message.hasAuditKey_p = auditKey != nil
        return message
    }

    /// - Throws: code `usage` for a key of the wrong length.
    init(_ message: AgentRequest.VerifyAudit, auditKey: consuming SecretBytes?) throws(VaultError) {
        try self.init(
            checkedKey: auditKey, sinceCheckpoint: message.sinceCheckpoint,
            checkpoint: message.hasCheckpoint ? Array(message.checkpoint) : nil)
    }
}

/// A request for work that may run longer than its caller waits.
final class SharedVerificationRequest: Sendable {
    private let request: AuditVerificationRequest

    init(_ request: consuming AuditVerificationRequest) {
        self.request = request
    }

    func copy() -> AuditVerificationRequest { request.copy() }
}

extension AuditFinding {
    var wireForm: AgentAnswer.AuditFinding {
        var message = AgentAnswer.AuditFinding()
        message.kind = kind.rawValue
        message.message = self.message
        message.hint = hint ?? ""
        switch subject {
        case .entries(let numbers):
            message.entries = .with { ($0.first, $0.last) = (numbers.lowerBound, numbers.upperBound) }
        case .checkpoint(let size): message.checkpoint = size
        case .anchor: message.part = "anchor"
        case .state: message.part = "state"
        case .table(let name): message.table = name
        }
        return message
    }

    /// - Returns: nil when it makes no sense.
    init?(_ message: AgentAnswer.AuditFinding) {
        guard let kind = Kind(rawValue: message.kind) else { return nil }
        let subject: Subject
        switch message.subject {
        case .entries(let numbers) where numbers.first <= numbers.last: subject = .entries(numbers.first...numbers.last)
        case .checkpoint(let size): subject = .checkpoint(size)
        case .part("anchor"): subject = .anchor
        case .part("state"): subject = .state
        case .table(let name): subject = .table(name)
        case .entries, .part, nil: return nil
        }
        self.init(kind, subject, message.message, hint: message.hint.nonEmpty)
    }
}

extension AuditVerification {
    /// All but the findings, which come before it.
    var message: AgentAnswer.AuditVerification {
        var message = AgentAnswer.AuditVerification()
        message.entries = entries
        message.firstHashed = firstHashed
        message.firstOpened = firstOpened
        message.root = Data(root ?? [])
        message.checkedSeals = checkedSeals
        message.checkpoints = UInt64(clamping: checkpoints)
        message.anchorAgrees = anchorAgrees
        message.agreedPlaces = agreedPlaces.map(\.rawValue)
        message.omitted = omitted.map { kind, count in
            .with { ($0.kind, $0.count) = (kind.rawValue, UInt64(clamping: count)) }
        }
        return message
    }

    /// - Returns: nil when it makes no sense.
    init?(_ message: AgentAnswer.AuditVerification, _ findings: [AuditFinding]) {
        guard let checkpoints = Int(exactly: message.checkpoints) else { return nil }
        var omitted: [AuditFinding.Kind: Int] = [:]
        for some in message.omitted {
            guard let kind = AuditFinding.Kind(rawValue: some.kind), let count = Int(exactly: some.count) else {
                return nil
            }
            omitted[kind] = count
        }
        let places = message.agreedPlaces.compactMap(SettingKey.init)
        guard places.count == message.agreedPlaces.count else { return nil }
        self.init(
            entries: message.entries, firstHashed: message.firstHashed, firstOpened: message.firstOpened,
            root: message.root.isEmpty ? nil : Array(message.root), checkedSeals: message.checkedSeals,
            checkpoints: checkpoints, anchorAgrees: message.anchorAgrees, agreedPlaces: places, findings: findings,
            omitted: omitted)
    }
}
