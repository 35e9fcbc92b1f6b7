import FoundationEssentials
import Testing
@testable import Vault

/// Which of the listed credentials is the profile's, rule by rule; `Tests/Transcripts/test_expiring_live.py` has them through
/// the program.
struct CredentialMatchTests {
    private func entry(
        _ keyID: String, _ standing: CredentialStanding = .foreign, hint: String? = nil
    ) -> RotationPlan.Entry {
        .init(RegisteredCredential(keyID: keyID, hint: hint), standing)
    }

    private func match(
        keyID: String? = nil, start: String? = nil, isNew: Bool = false, _ entries: [RotationPlan.Entry]
    ) -> CredentialMatch {
        CredentialMatch(
            Credential(kind: .clientSecret, keyID: keyID, storedAt: Date(timeIntervalSince1970: 0)), start: start,
            isNew: isNew, in: entries)
    }

    @Test func `an id that is known decides, however it is written`() {
        #expect(match(keyID: "AB", [entry("ab"), entry("cd")]) == .found(keyID: "AB"))
        #expect(match(keyID: "ab", start: "Xq3", [entry("cd", hint: "Xq3")]) == .missing)
    }

    @Test func `what was made a moment ago need not be listed yet`() {
        #expect(match(keyID: "ab", isNew: true, []) == .found(keyID: "ab"))
    }

    @Test func `else the beginning of the secret does`() {
        let listed = [entry("ab", hint: "Xq3"), entry("cd", hint: "Fo8")]
        #expect(match(start: "Xq3", listed) == .found(keyID: "ab"))
        #expect(match(start: "Zz9", listed) == .missing)
        #expect(match(start: "Xq3", listed + [entry("ef", hint: "Xq3")]) == .ambiguous(keyIDs: ["ab", "ef"]))
    }

    @Test func `else the only one that may be it`() {
        #expect(match([entry("ab")]) == .found(keyID: "ab"))
        #expect(match([entry("ab"), entry("cd", .orphan), entry("ef", .rotating)]) == .found(keyID: "ab"))
        #expect(match([entry("ab"), entry("cd", .current)]) == .ambiguous(keyIDs: ["ab", "cd"]))
        #expect(match([]) == .missing)
    }
}
