internal import SwiftProtobuf
public import FoundationEssentials
public import Vault
internal import VaultProtos

/// The verbs about rotation.
extension AgentClient {
    public func rotations(of name: ProfileName?) async throws(VaultError) -> [Rotation] {
        let verb = AgentRequest.OneOf_Verb.rotations(.with { $0.name = name?.description ?? "" })
        return try list(verb, \.rotations, Rotation.init(_:))
    }

    public func replaceSecret(
        of name: ProfileName, with secret: consuming SecretBytes, expiresAt: Date?, grace: TimeInterval,
        retiring: [String]
    ) async throws(VaultError) -> Rotation {
        var verb = AgentRequest.ReplaceSecret(name: name, expiresAt: expiresAt, grace: grace)
        verb.retiring = retiring
        return try one(.replaceSecret(verb), secret: secret, \.soleRotation)
    }

    /// - Parameter report: must not ask this client for anything: it is called while the answer is being read.
    public func rotate(
        _ order: RotationOrder, report: @escaping @Sendable (RotationReport) -> Void
    ) async throws(VaultError) {
        try ask(request(.rotate(order.message))) { (connection) throws(VaultError) in
            try connection.parts { (content) throws(VaultError) in
                guard let told = content.rotationReport else { throw .answerNotUnderstood }
                report(told)
            }
        }
    }

    /// - Parameter report: must not ask this client for anything: it is called while the answer is being read.
    public func planRotations(
        of names: [ProfileName], manager: ProfileName?, jobs: Int, report: @Sendable (PlannedProfile) -> Void
    ) async throws(VaultError) {
        let verb = AgentRequest.PlanRotations.with {
            $0.manager = manager?.description ?? ""
            $0.jobs = UInt32(clamping: jobs)
        }
        for request in try request(.planRotations(verb)).cut(toPlan: names) {
            try ask(request) { (connection) throws(VaultError) in
                try connection.parts { (content) throws(VaultError) in
                    guard let planned = content.plannedProfile else { throw .answerNotUnderstood }
                    report(planned)
                }
            }
        }
    }
}
