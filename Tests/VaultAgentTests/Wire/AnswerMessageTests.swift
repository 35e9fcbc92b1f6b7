import FoundationEssentials
import Testing
import VaultProtos
@testable import Vault
@testable import VaultAgent

struct AnswerMessageTests {
    @Test(arguments: VaultError.Code.allCases)
    func `every error survives the trip`(_ code: VaultError.Code) throws {
        for error in [
            VaultError(code, "message", hint: "hint", refusal: Sample.refusal),
            VaultError(code, "message", refusal: ProviderRefusal(error: "e", text: "e: all of it")),
            VaultError(code, "message", hint: "hint"),
            VaultError(code, "message"),
        ] {
            #expect(try VaultError(sent(.failure(error.failure)).failure) == error)
        }
    }

    @Test func `a failure without a known code is none`() {
        var failure = Sample.error.failure
        failure.code = 2
        #expect(VaultError(failure) == nil)
        #expect(VaultError(AgentAnswer.Failure()) == nil)
    }

    @Test func `profiles come as they were sent`() throws {
        for profile in [try Sample.profile(), try Sample.bareProfile()] {
            var list = AgentAnswer.Profiles()
            list.profiles = [profile.message]
            #expect(try sent(.profiles(list)).profiles.profiles.map(Profile.init) == [profile])
        }
    }

    @Test func `a profile without sense is none`() throws {
        let good = try Sample.profile().message
        func isNone(_ change: (inout AgentAnswer.StoredProfile) -> Void) -> Bool {
            var message = good
            change(&message)
            return Profile(message) == nil
        }
        #expect(!isNone { _ in })
        #expect(isNone { $0.clearProfile() })
        #expect(isNone { $0.id = Data([1, 2, 3]) })
        #expect(isNone { $0.profile.name = "//" })
        #expect(isNone { $0.profile.provider = "" })
        #expect(isNone { $0.profile.tags = [""] })
        #expect(isNone { $0.profile.created = 0 })
    }

    @Test func `rotations come as they were sent`() throws {
        for state in Rotation.State.allCases {
            var list = AgentAnswer.Rotations()
            let bare = Rotation(id: try Sample.id(), profile: try Sample.id(), state: state, startedAt: Sample.time)
            list.rotations = [try Sample.rotation(state).message, bare.message]
            #expect(
                try sent(.rotations(list)).rotations.rotations.map(Rotation.init) == [Sample.rotation(state), bare])
        }
        var message = try Sample.rotation().message
        message.rotation.state = "lost"
        #expect(Rotation(message) == nil)
        message = try Sample.rotation().message
        message.id = Data()
        #expect(Rotation(message) == nil)
        message = try Sample.rotation().message
        message.clearRotation()
        #expect(Rotation(message) == nil)
    }

    @Test func `token details come as they were sent`() throws {
        let full = TokenDetails(
            profile: try Sample.name(), tenant: "t", clientID: "c", subscription: "u", workspace: "https://w",
            audience: try Audience(scope: "s"), tokenType: "Bearer", issuedAt: Sample.time, expiresAt: Sample.later,
            source: .staleCache, auditSequence: .max, warning: "the provider is away")
        var bare = full
        bare.subscription = nil
        bare.workspace = nil
        bare.warning = nil
        bare.source = .provider
        bare.auditSequence = 0
        for details in [full, bare] {
            #expect(try TokenDetails(sent(.token(details.message)).token) == details)
        }
        func isNone(_ change: (inout AgentAnswer.TokenDetails) -> Void) -> Bool {
            var message = full.message
            change(&message)
            return TokenDetails(message) == nil
        }
        #expect(!isNone { _ in })
        #expect(isNone { $0.profile = "" })
        #expect(isNone { $0.scope = "" })
        #expect(isNone { $0.source = "thin air" })
        #expect(isNone { $0.issued = 0 })
        #expect(isNone { $0.expires = .max })
    }

    @Test func `cached tokens come as they were sent`() throws {
        let token = try Sample.cachedToken()
        var list = AgentAnswer.CachedTokens()
        list.tokens = [token.message]
        #expect(try sent(.cachedTokens(list)).cachedTokens.tokens.map(CachedToken.init) == [token])
        var message = token.message
        message.scope = ""
        #expect(CachedToken(message) == nil)
        message = token.message
        message.expires = 0
        #expect(CachedToken(message) == nil)
    }

    @Test func `checked profiles come as they were sent`() throws {
        let name = try Sample.name()
        let credential = CheckedCredential(
            profile: name, audience: try Audience(scope: "s"), tokenLifetime: 3599.5)
        for checked in [
            CheckedProfile(profile: name, result: .success(credential)),
            CheckedProfile(profile: name, result: .failure(Sample.error)),
            CheckedProfile(profile: name, result: .failure(VaultError(.unavailable, "away"))),
        ] {
            #expect(try CheckedProfile(sent(.checked(checked.message)).checked) == checked)
        }
        var message = CheckedProfile(profile: name, result: .success(credential)).message
        message.tokenLifetime = .nan
        #expect(CheckedProfile(message) == nil)
        message.tokenLifetime = 1
        message.scope = ""
        #expect(CheckedProfile(message) == nil)
        message.failure.code = 3
        #expect(CheckedProfile(message) == nil)
        #expect(CheckedProfile(AgentAnswer.CheckedProfile()) == nil)
    }

    @Test func `entries come as they were sent`() throws {
        for entry in [try Sample.entry(), try Sample.bareEntry()] {
            var list = AgentAnswer.AuditEntries()
            list.entries = [entry.message]
            #expect(try sent(.auditEntries(list)).auditEntries.entries.map(AuditEntry.init) == [entry])
        }
        var message = try Sample.entry().message
        message.event.action = ""
        #expect(AuditEntry(message) == nil)
        message.clearEvent()
        #expect(AuditEntry(message) == nil)
    }

    @Test func `a verification comes as it was sent`() throws {
        for agrees in [true, false] {
            let verification = Verification(
                profiles: 1, tokens: 2, rotations: 3, settings: 4, auditEntries: .max, auditRoot: [9, 8, 7],
                anchorAgrees: agrees)
            #expect(try Verification(sent(.verification(verification.message)).verification) == verification)
        }
        var message = AgentAnswer.Verification()
        message.tokens = .max
        #expect(Verification(message) == nil)
    }

    @Test func `a status comes as it was sent`() throws {
        let unlocked = AgentStatus.Unlocked(
            since: Sample.time, idleLimit: 900, idleLeft: 899, absoluteLeft: 43_200, issued: 7, renewedAhead: 3,
            trouble: "the anchor could not be written")
        var untroubled = unlocked
        untroubled.trouble = nil
        for unlocked in [unlocked, untroubled, nil] {
            let status = AgentStatus(
                pid: 42, version: "1.2.3", memoryIsLocked: unlocked == nil, connections: 5, unlocked: unlocked,
                otherVaults: 2)
            #expect(try AgentStatus(sent(.status(status.message)).status) == status)
        }
        var message = AgentAnswer.AgentStatus()
        message.unlocked.since = 0
        #expect(AgentStatus(message) == nil)
    }

    @Test func `times that are none go as the nearest that can be told`() {
        #expect(UInt32(seconds: -1) == 0)
        #expect(UInt32(seconds: .nan) == 0)
        #expect(UInt32(seconds: .infinity) == .max)
        #expect(UInt32(seconds: 1.5) == 2)
    }
}
