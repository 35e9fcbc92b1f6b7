internal import SwiftProtobuf
internal import Vault
internal import VaultProtos

extension RotationReport {
    var message: AgentAnswer.RotationReport {
        var message = AgentAnswer.RotationReport()
        message.profile = profile?.description ?? ""
        switch content {
        case .total(let count): message.total = UInt64(count)
        case .went(let rotation): message.went = rotation.message
        case .note(let text): message.note = text
        case .armour(let text): message.armour = text
        case .done(let rotation):
            message.ended = .with { ended in if let rotation { ended.rotation = rotation.message } }
        case .failed(let error): message.failure = error.failure
        }
        return message
    }

    /// - Returns: nil when it makes no sense.
    init?(_ message: AgentAnswer.RotationReport) {
        guard let content = Content(message) else { return nil }
        do {
            self.init(try ProfileName(orNil: message.profile), content)
        } catch {
            // No name: then the report is about nothing that there is.
            return nil
        }
    }
}

extension RotationReport.Content {
    fileprivate init?(_ message: AgentAnswer.RotationReport) {
        switch message.content {
        case .total(let count):
            guard let count = Int(exactly: count) else { return nil }
            self = .total(count)
        case .went(let stored):
            guard let rotation = Rotation(stored) else { return nil }
            self = .went(rotation)
        case .note(let text): self = .note(text)
        case .armour(let text): self = .armour(text)
        case .ended(let ended):
            guard ended.hasRotation else {
                self = .done(nil)
                return
            }
            guard let rotation = Rotation(ended.rotation) else { return nil }
            self = .done(rotation)
        case .failure(let failure):
            guard let error = VaultError(failure) else { return nil }
            self = .failed(error)
        case nil: return nil
        }
    }
}
