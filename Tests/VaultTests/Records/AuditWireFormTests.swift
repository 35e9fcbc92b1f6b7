import FoundationEssentials
import SwiftProtobuf
import Testing
import VaultProtos
@testable import Vault

struct AuditWireFormTests {
    private func recognises(_ bytes: [UInt8]) -> Bool { bytes.withRawSpan { AuditWireForm.told($0) } != nil }

    private func isUnderstood(_ bytes: [UInt8]) -> Bool {
        guard let sealed = try? SealedAuditEvent(serializedBytes: bytes) else { return false }
        return AuditEvent(sealed) != nil
    }

    private func encoded(_ change: (inout AuditEvent) -> Void = { _ in }) throws -> [UInt8] {
        var event = AuditEvent(
            time: Date(timeIntervalSince1970: 1_700_000_000), action: .issue, outcome: .refused,
            caller: Caller(
                uid: 1000, pid: 42, user: "me", host: "here", claimedExecutables: ["/bin/a", "/bin/b"],
                client: Caller.Client(pid: 7, executable: "/bin/c")),
            profile: "ci", tenant: "t", clientID: "c", tokenHash: [1, 2, 255],
            refusal: ProviderRefusal(error: "invalid_client", aadsts: 7_000_215), code: 76, reason: "because")
        change(&event)
        return try SealedAuditEvent(event).serializedBytes()
    }

    @Test func `entries as they are written are recognised`() throws {
        for action in AuditAction.allCases {
            for outcome in AuditOutcome.allCases {
                let bytes = try encoded { ($0.action, $0.outcome) = (action, outcome) }
                #expect(recognises(bytes))
            }
        }
    }

    @Test func `what the index tells is told`() throws {
        let bytes = try encoded()
        let told = try #require(bytes.withRawSpan { AuditWireForm.told($0) })
        #expect(told.time == 1_700_000_000_000)
        #expect(told.profile.map { Array(bytes[$0]) } == Array("ci".utf8))
        let nameless = try encoded { $0.profile = nil }
        #expect(try #require(nameless.withRawSpan { AuditWireForm.told($0) }).profile == nil)
    }

    @Test func `what is rare is left to the decoder`() throws {
        let accented = try encoded { $0.reason = "wörtlich" }
        #expect(!recognises(accented) && isUnderstood(accented))
        // A field of a later version.
        let longer = try encoded() + [0xa8, 0x01, 0x01]
        #expect(!recognises(longer) && isUnderstood(longer))
    }

    @Test func `what is recognised is understood, whatever bytes are changed`() throws {
        var generator = SystemRandomNumberGenerator()
        let original = try encoded()
        for position in original.indices {
            for bit in 0..<8 {
                var bytes = original
                bytes[position] ^= 1 << UInt8(bit)
                if recognises(bytes) { #expect(isUnderstood(bytes), "bit \(bit) of byte \(position)") }
            }
            let cut = Array(original[..<position])
            if recognises(cut) { #expect(isUnderstood(cut), "cut at \(position)") }
        }
        for _ in 0..<20_000 {
            var bytes = original
            for _ in 0..<4 {
                bytes[Int.random(in: bytes.indices, using: &generator)] = .random(in: 0...255, using: &generator)
            }
            if recognises(bytes) { #expect(isUnderstood(bytes), "\(bytes)") }
        }
    }
}
