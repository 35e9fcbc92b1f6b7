import FoundationEssentials
import Testing
import VaultProtos
import VaultTesting
@testable import Vault
@testable import VaultAgent

struct RequestMessageTests {
    @Test func `a wish for a token comes as it was sent`() throws {
        for wish in [
            TokenRequest(
                profile: try Sample.name(), audience: .resource("graph"), tenant: "t", minimumLifetime: 12.5,
                forceRefresh: true, reason: "deploy 42"),
            TokenRequest(profile: try Sample.name(), audience: .scope(""), tenant: "", reason: ""),
            TokenRequest(profile: try Sample.name()),
        ] {
            #expect(try TokenRequest(sent(.issue(wish.message)).issue) == wish)
        }
    }

    @Test func `a wish without sense is refused`() throws {
        let good = TokenRequest(profile: try Sample.name(), audience: .resource("arm")).message
        func refuses(_ change: (inout AgentRequest.Issue) -> Void) -> Bool {
            var message = good
            change(&message)
            return isRefused { _ = try TokenRequest(message) }
        }
        #expect(!refuses { _ in })
        #expect(!refuses { $0.minimumLifetime = 0 })
        #expect(refuses { $0.name = "../etc" })
        #expect(refuses { $0.audience.choice = nil })
        for seconds in [-1, -.leastNonzeroMagnitude, .nan, .infinity, -.infinity, 1e12] as [Double] {
            #expect(refuses { $0.minimumLifetime = seconds }, "\(seconds)")
        }
    }

    @Test func `a change comes as it was sent, and an empty text is no absent one`() throws {
        for change in [
            ProfileChange(
                tenant: "t", clientID: "c", audience: .scope("s"), subscription: "u", addedTags: [try Tag("a=b")],
                removedTags: [try Tag("c")], about: "about", secretExpiresAt: Sample.later),
            ProfileChange(tenant: "", clientID: "", audience: .resource(""), subscription: "", about: ""),
            ProfileChange(),
        ] {
            let message = try sent(.edit(change.message(for: Sample.name()))).edit
            #expect(try ProfileChange(message) == change)
            #expect(try message.checkedName() == Sample.name())
        }
        #expect(isRefused { _ = try ProfileChange(.with(addedTags: ["a,b"])) })
        #expect(isRefused { _ = try ProfileChange(.with(removedTags: [""])) })
        var message = AgentRequest.Edit()
        message.secretExpires = .max
        #expect(isRefused { _ = try ProfileChange(message) })
        message.secretExpires = .min
        #expect(isRefused { _ = try ProfileChange(message) })
    }

    @Test func `a query comes as it was sent`() throws {
        for query in [
            AuditQuery(
                profiles: ["p", "q"], since: Sample.time, until: Sample.later, actions: AuditAction.allCases,
                outcomes: AuditOutcome.allCases, audience: "graph", actor: "1000", host: "desk", from: 3,
                before: .max, limit: 7),
            AuditQuery(profiles: [""], audience: "", actor: "", host: "", from: 0, before: 0, limit: 0),
            AuditQuery(),
        ] {
            #expect(try AuditQuery(sent(.auditEntries(query.message)).auditEntries) == query)
        }
        // The first moment of 1970 is no absent one.
        let old = try AuditQuery(
            sent(.auditEntries(AuditQuery(until: Date(timeIntervalSince1970: 0)).message)).auditEntries)
        #expect(old.until == Date(timeIntervalSince1970: 0.001))
    }

    @Test func `a query without sense is refused`() {
        func refuses(_ change: (inout AgentRequest.AuditEntries) -> Void) -> Bool {
            var message = AgentRequest.AuditEntries()
            change(&message)
            return isRefused { _ = try AuditQuery(message) }
        }
        #expect(!refuses { _ in })
        #expect(refuses { $0.actions = ["issue", "steal"] })
        #expect(refuses { $0.outcomes = [""] })
        #expect(refuses { $0.limit = .max })
        #expect(refuses { $0.since = .min })
        #expect(refuses { $0.until = .max })
    }

    @Test func `a new profile comes as it was sent, but its secret`() throws {
        let profile = try Sample.profile()
        let new = NewProfile(
            name: profile.name, destination: profile.destination, tenant: "t", clientID: "c",
            secret: SecretBytes.random(count: 32), secretExpiresAt: Sample.later, audience: profile.audience,
            subscription: "u", tags: profile.tags, about: "about", checks: false, discoversSubscription: true)
        let frame = try Frame.bytes(.request, sent(.add(new.message)))
        let isThere = frame.contains(subsequence: new.secret.exposed)
        #expect(!isThere)
        let read = try NewProfile(sent(.add(new.message)).add, secret: new.secret.copy())
        #expect(read.name == new.name)
        #expect(read.destination == new.destination)
        #expect(read.tenant == "t" && read.clientID == "c" && read.subscription == "u" && read.about == "about")
        #expect(read.secretExpiresAt == Sample.later)
        #expect(read.audience == profile.audience)
        #expect(read.tags == profile.tags)
        #expect(!read.checks && read.discoversSubscription)
        let isSame = read.secret.equals(new.secret)
        #expect(isSame)
    }

    @Test func `a new profile with nothing that may be absent`() throws {
        let new = NewProfile(
            name: try Sample.name(), destination: Destination(), tenant: nil, clientID: "c", secret: SecretBytes())
        let read = try NewProfile(sent(.add(new.message)).add, secret: SecretBytes())
        #expect(read.destination == Destination())
        #expect(read.tenant == nil && read.secretExpiresAt == nil && read.audience == nil)
        #expect(read.subscription == nil && read.tags.isEmpty && read.about == nil)
        #expect(read.checks && !read.discoversSubscription)
    }

    @Test func `a new profile without sense is refused`() throws {
        let new = NewProfile(
            name: try Sample.name(), destination: Destination(), tenant: nil, clientID: "c", secret: SecretBytes())
        let good = new.message
        func refuses(_ change: (inout SealedProfile) -> Void) -> Bool {
            var message = good
            change(&message.profile)
            return isRefused { _ = try NewProfile(message, secret: SecretBytes()) }
        }
        #expect(!refuses { _ in })
        #expect(refuses { $0.name = "" })
        #expect(refuses { $0.provider = "ldap" })
        #expect(refuses { $0.scope = "two words" })
        #expect(refuses { $0.tags = ["=x"] })
        #expect(refuses { $0.credentialExpires = 253_402_300_800_000 })
        #expect(isRefused { _ = try NewProfile(AgentRequest.Add(), secret: SecretBytes()) })
    }

    @Test func `limits are whole seconds, from one to ten years`() throws {
        let limits = UnlockLimits(idle: 60, absolute: 3600)
        let message = try sent(.unlock(limits.message(isKeyFile: true))).unlock
        #expect(try UnlockLimits(message) == limits)
        let isKeyFile =
            switch UnlockSecret(message, secret: SecretBytes()) {
            case .keyFile: true
            case .passphrase: false
            }
        #expect(isKeyFile)
        #expect(!limits.message(isKeyFile: false).isKeyFile)
        for seconds in [0, 0.4, -1, .nan, 1e9, .infinity] as [TimeInterval] {
            #expect(
                isRefused {
                    _ = try UnlockLimits(UnlockLimits(idle: seconds, absolute: 60).message(isKeyFile: false))
                }, "\(seconds)")
            #expect(
                isRefused {
                    _ = try UnlockLimits(UnlockLimits(idle: 60, absolute: seconds).message(isKeyFile: false))
                }, "\(seconds)")
        }
    }

    @Test func `a replacement is read with its bounds`() throws {
        let verb = AgentRequest.ReplaceSecret(name: try Sample.name(), expiresAt: Sample.later, grace: 0.5)
        let message = try sent(.replaceSecret(verb)).replaceSecret
        #expect(try message.checkedName() == Sample.name())
        #expect(try message.checkedExpiry() == Sample.later)
        #expect(try message.checkedGrace() == 0.5)
        let bare = AgentRequest.ReplaceSecret(name: try Sample.name(), expiresAt: nil, grace: 0)
        #expect(try bare.checkedExpiry() == nil)
        #expect(try bare.checkedGrace() == 0)
        for grace in [-1, .nan, .infinity, 1e10] as [TimeInterval] {
            let message = AgentRequest.ReplaceSecret(name: try Sample.name(), expiresAt: nil, grace: grace)
            #expect(isRefused { _ = try message.checkedGrace() }, "\(grace)")
        }
    }

    @Test func `names and tags are checked`() throws {
        #expect(try sent(.profile(AgentRequest.Named(Sample.name()))).profile.checkedName() == Sample.name())
        #expect(isRefused { _ = try AgentRequest.Named().checkedName() })
        var rename = AgentRequest.Rename()
        rename.name = "a"
        #expect(isRefused { _ = try rename.checkedNames() })
        rename.newName = "b"
        #expect(try rename.checkedNames() == (ProfileName("a"), ProfileName("b")))
        var check = AgentRequest.Check()
        check.names = ["a", "b"]
        #expect(try check.checkedNames() == [ProfileName("a"), ProfileName("b")])
        check.names.append(" ")
        #expect(isRefused { _ = try check.checkedNames() })
        var profiles = AgentRequest.Profiles()
        profiles.tags = ["a=b", "c"]
        #expect(try profiles.checkedTags() == [Tag("a=b"), Tag("c")])
        profiles.tags.append("=")
        #expect(isRefused { _ = try profiles.checkedTags() })
    }

    @Test func `what every request says is checked`() throws {
        var request = AgentRequest()
        for path in ["", "vault.db", "./vault.db", "/a\0b", "/" + String(repeating: "a", count: 4096)] {
            request.vault = path
            #expect(isRefused { _ = try request.checkedVault() })
        }
        request.vault = "/a/vault.db"
        #expect(try request.checkedVault() == "/a/vault.db")
        #expect(request.providerTimeout == nil)
        request.timeout = 1500
        #expect(request.providerTimeout == 1.5)
        request.claimedExecutables = [String](repeating: "/bin/sh", count: 8)
        #expect(try request.checkedExecutables().count == 8)
        request.claimedExecutables.append("/bin/sh")
        #expect(isRefused { _ = try request.checkedExecutables() })
        request.claimedExecutables = [String(repeating: "a", count: 4097)]
        #expect(isRefused { _ = try request.checkedExecutables() })
    }
}

extension AgentRequest.Edit {
    fileprivate static func with(addedTags: [String] = [], removedTags: [String] = []) -> Self {
        var edit = Self()
        edit.addedTags = addedTags
        edit.removedTags = removedTags
        return edit
    }
}

extension [UInt8] {
    fileprivate func contains(subsequence: [UInt8]) -> Bool {
        count >= subsequence.count
            && (0...(count - subsequence.count)).contains { self[$0..<($0 + subsequence.count)] == subsequence[...] }
    }
}
