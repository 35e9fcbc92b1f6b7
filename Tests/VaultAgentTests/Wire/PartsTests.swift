import Testing
import VaultProtos
@testable import Vault
@testable import VaultAgent

struct PartsTests {
    private func length(_ answer: AgentAnswer) throws -> Int {
        try Frame.bytes(.part, answer).count
    }

    @Test func `an empty list is one empty part`() throws {
        #expect(try [Profile]().answerParts() == [AgentAnswer(.profiles(AgentAnswer.Profiles()))])
        #expect(try [Rotation]().answerParts() == [AgentAnswer(.rotations(AgentAnswer.Rotations()))])
        #expect(try [CachedToken]().answerParts() == [AgentAnswer(.cachedTokens(AgentAnswer.CachedTokens()))])
        #expect(try [AuditEntry]().answerParts() == [AgentAnswer(.auditEntries(AgentAnswer.AuditEntries()))])
    }

    @Test func `a short list is one part`() throws {
        let profiles = [try Sample.profile(), try Sample.bareProfile()]
        let parts = try profiles.answerParts()
        #expect(parts.count == 1)
        #expect(parts[0].profiles.profiles.map(Profile.init) == profiles)
        #expect(try [Sample.rotation()].answerParts().map(\.rotations.rotations.count) == [1])
        #expect(try [Sample.cachedToken()].answerParts().map(\.cachedTokens.tokens.count) == [1])
    }

    @Test func `a long list is cut into parts that fit, in order`() throws {
        let entries = try (0..<3000).map { number in
            try Sample.entry(UInt64(number), detail: String(repeating: "x", count: 1 + number * 37 % 1500))
        }
        let parts = try entries.answerParts()
        for part in parts { #expect(try length(part) <= Frame.longest) }
        #expect(try parts.map(length).reduce(0, +) > (parts.count - 1) * (Frame.longest - 4096))
        let isWhole = parts.flatMap(\.auditEntries.entries).map(AuditEntry.init) == entries
        #expect(isWhole)
    }

    @Test func `one item may fill a frame, and not more`() throws {
        func entry(_ count: Int) throws -> AuditEntry {
            var entry = try Sample.bareEntry()
            entry.event.detail = String(repeating: "x", count: count)
            return entry
        }
        let parts = try [Sample.entry(1), entry(65_400), Sample.entry(2)].answerParts()
        #expect(parts.map(\.auditEntries.entries.count) == [1, 1, 1])
        for part in parts { #expect(try length(part) <= Frame.longest) }
        let error = #expect(throws: VaultError.self) { try [entry(65_530)].answerParts() }
        #expect(error?.code == .internalError)
    }

    @Test func `names to check are cut into requests that fit`() throws {
        var request = AgentRequest()
        request.vault = "/" + String(repeating: "v", count: 4000)
        request.claimedExecutables = [String](repeating: String(repeating: "e", count: 4000), count: 5)
        #expect(try request.cut(toCheck: []).map(\.check.names) == [[]])
        let names = try (0..<2000).map { try ProfileName(String(repeating: "n", count: 100) + "\($0)") }
        let requests = try request.cut(toCheck: names)
        #expect(requests.flatMap(\.check.names) == names.map(\.description))
        #expect((5...7).contains(requests.count))
        for part in requests {
            #expect(part.vault == request.vault && part.claimedExecutables == request.claimedExecutables)
            #expect(try Frame.bytes(.request, part).count <= Frame.longest)
        }
        request.vault = String(repeating: "v", count: 65_500)
        #expect(throws: VaultError.self) { try request.cut(toCheck: names) }
    }
}
