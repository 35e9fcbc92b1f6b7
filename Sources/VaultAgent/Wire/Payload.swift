internal import SwiftProtobuf
internal import Vault
internal import VaultProtos

/// The message that a frame holds; nil when its payload is none.
extension AgentRequest {
    init?(payload: RawSpan) {
        guard let request = try? AgentRequest(serializedBytes: payload.array) else { return nil }
        self = request
    }
}

extension AgentAnswer {
    init?(payload: RawSpan) {
        guard let answer = try? AgentAnswer(serializedBytes: payload.array) else { return nil }
        self = answer
    }
}
