import EntraEmulator
import FoundationEssentials
import Synchronization
import Testing
import VaultTesting
@testable import Vault

struct TokenIssuerTests {
    private func vault(_ configure: (inout NewProfile) -> Void = { _ in }) async throws -> (TestVault, Vault) {
        let test = try await TestVault()
        let vault = try test.open()
        var profile = try test.newProfile("ci", checks: false)
        configure(&profile)
        _ = try await vault.add(profile)
        return (test, vault)
    }

    private func request(
        _ change: (inout TokenRequest) -> Void = { _ in }
    ) throws -> TokenRequest {
        var request = TokenRequest(profile: try ProfileName("ci"))
        change(&request)
        return request
    }

    private func issue(_ vault: Vault, _ request: TokenRequest) async throws -> (text: String, details: TokenDetails) {
        let token = try await vault.issue(request)
        return (token.value.exposedText, token.details)
    }

    /// - Returns: what kept each from being accepted; nil for those that were.
    private func check(_ vault: Vault, _ names: String...) async throws -> [VaultError?] {
        let found = Mutex<[ProfileName: VaultError?]>([:])
        let wanted = try names.map { try ProfileName($0) }
        try await vault.check(wanted) { checked in
            var error: VaultError?
            if case .failure(let failure) = checked.result { error = failure }
            found.withLock { $0[checked.profile] = error }
        }
        let all = found.withLock { $0 }
        #expect(all.count == Set(wanted).count, "each is reported")
        return wanted.map { all[$0] ?? nil }
    }

    private func entries(_ vault: Vault, _ action: AuditAction = .issue) async throws -> [AuditEvent] {
        try await vault.auditEntries(AuditQuery(actions: [action])).map(\.event)
    }

    @Test func `the second time it comes from the cache, and both are on the record`() async throws {
        let (test, vault) = try await vault()
        let first = try await issue(vault, request())
        let second = try await issue(vault, request { $0.reason = "deploy 42" })
        #expect(first.text == second.text)
        #expect([first.details.source, second.details.source] == [.provider, .cache])
        #expect(await test.tokenRequests == 1)
        let events = try await entries(vault)
        #expect(events.map(\.source) == [.provider, .cache])
        #expect(events.map(\.outcome) == [.ok, .ok])
        #expect(events.map(\.reason) == [nil, "deploy 42"])
        for event in events {
            #expect(event.caller == test.environment.caller)
            #expect(event.profile == "ci")
            #expect(event.audience == Audience.databricksResource)
            #expect(event.tenant == TestVault.tenant)
            #expect(event.tokenID?.isEmpty == false)
            #expect(event.tokenHash?.count == 32)
            #expect(event.tokenExpiresAt == second.details.expiresAt)
        }
        #expect(events[0].tokenHash == events[1].tokenHash)
    }

    @Test func `a token is kept for its own identity alone`() async throws {
        let (test, vault) = try await vault()
        let databricks = try await issue(vault, request())
        let graph = try await issue(vault, request { $0.audience = .resource("graph") })
        let slash = try await issue(vault, request { $0.audience = .resource("https://management.azure.com/") })
        let noSlash = try await issue(vault, request { $0.audience = .resource("https://management.azure.com") })
        let domain = try await issue(vault, request { $0.tenant = "contoso.onmicrosoft.com" })
        let texts = [databricks, graph, slash, noSlash, domain].map(\.text)
        #expect(Set(texts).count == 5)
        #expect(await test.tokenRequests == 5)
        #expect(try await vault.cachedTokens().count == 5)
    }

    @Test func `whatever could make it another identity's is in its tag`() async throws {
        let (_, vault) = try await vault()
        let keyring = vault.records.keyring
        let id = RowID.random()
        let cloud = Cloud.azureCloud
        let audience = try Audience(resource: "arm", in: cloud)
        func tag(
            _ profile: RowID = id, _ cloud: Cloud = cloud, _ tenant: String = "t", _ client: String = "c",
            _ audience: Audience = audience
        ) -> RowTag {
            .token(
                profile: profile, destination: Destination(cloud: cloud), tenant: tenant, clientID: client,
                credential: .clientSecret, audience: audience, keyring)
        }
        let other = try Audience(resource: "graph", in: cloud)
        let tags = [
            tag(), tag(.random()), tag(id, .azureChinaCloud), tag(id, cloud, "u"), tag(id, cloud, "t", "d"),
            tag(id, cloud, "tc", ""), tag(id, cloud, "", "tc"), tag(id, cloud, "t", "c", other),
        ]
        #expect(Set(tags).count == tags.count)
        #expect(tag() == tags[0])
    }

    @Test func `a token with less left than asked for is asked for anew`() async throws {
        let (test, vault) = try await vault()
        let first = try await issue(vault, request())
        test.clock.advance(by: 3599 - 301)
        #expect(try await issue(vault, request()).text == first.text)
        test.clock.advance(by: 2)
        #expect(try await issue(vault, request()).text != first.text)
        #expect(await test.tokenRequests == 2)
        _ = try await issue(vault, request { $0.minimumLifetime = 4000 })
        #expect(await test.tokenRequests == 3)
        _ = try await issue(vault, request { $0.forceRefresh = true })
        #expect(await test.tokenRequests == 4)
    }

    @Test func `a clock set back does not keep a token alive`() async throws {
        let (test, vault) = try await vault()
        _ = try await issue(vault, request())
        test.clock.advance(by: -86_400)
        _ = try await issue(vault, request())
        #expect(await test.tokenRequests == 2)
    }

    @Test func `while the provider is away a token still alive is given, with a warning`() async throws {
        let (test, vault) = try await vault()
        let first = try await issue(vault, request())
        test.clock.advance(by: 3599 - 60)
        await test.emulator.inject(Fault(.throttled, path: "token", seconds: 100))
        let stale = try await issue(vault, request())
        #expect(stale.text == first.text)
        #expect(stale.details.source == .staleCache)
        #expect(stale.details.warning?.contains("cache") == true)
        let forced = await #expect(throws: VaultError.self) {
            _ = try await issue(vault, request { $0.forceRefresh = true })
        }
        #expect(forced?.code == .tryAgain)
        let checked = try await check(vault, "ci")
        #expect(checked.map { $0?.code } == [.tryAgain])
        test.clock.advance(by: 60)
        let expired = await #expect(throws: VaultError.self) { _ = try await issue(vault, request()) }
        #expect(expired?.code == .tryAgain)
        let events = try await entries(vault)
        #expect(events.map(\.outcome) == [.ok, .ok, .failed, .failed])
        #expect(events.map(\.source) == [.provider, .staleCache, nil, nil])
    }

    @Test func `after a refusal nothing is given, and the refusal is on the record`() async throws {
        let (test, vault) = try await vault()
        _ = try await issue(vault, request())
        await test.emulator.revokeSecrets(of: TestVault.client, keyId: nil)
        test.clock.advance(by: 3400)
        let error = await #expect(throws: VaultError.self) { _ = try await issue(vault, request()) }
        #expect(error?.code == .refused)
        #expect(error?.refusal?.aadsts == 7_000_215)
        let last = try #require(try await entries(vault).last)
        #expect(last.outcome == .refused)
        #expect(last.refusal?.aadsts == 7_000_215)
        #expect(last.refusal?.correlationID?.isEmpty == false)
        #expect(last.tokenHash == nil)
    }

    @Test func `who waits for the same token gets it from one request`() async throws {
        let (test, vault) = try await vault()
        let wanted = try request()
        let tokens = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<16 {
                group.addTask {
                    // A vault of its own for each, as processes have.
                    try await test.open().issue(wanted).value.exposedText
                }
            }
            return try await group.reduce(into: Set<String>()) { $0.insert($1) }
        }
        #expect(tokens.count == 1)
        #expect(await test.tokenRequests == 1)
        let sequences = try await vault.auditEntries(AuditQuery()).map(\.sequence)
        #expect(sequences == Array(0..<UInt64(sequences.count)))
        #expect(try await entries(vault).count == 16)
    }

    @Test func `a profile that changes while its token is asked for gets none`() async throws {
        let (test, vault) = try await vault()
        test.gate.close()
        let wanted = try request()
        let answer = Task { try await issue(vault, wanted).text }
        try await eventually("the provider is asked") { await test.tokenRequests > 0 }
        _ = try await test.open().edit(try ProfileName("ci"), ProfileChange(tenant: "contoso.onmicrosoft.com"))
        test.gate.open()
        let error = await #expect(throws: VaultError.self) { _ = try await answer.value }
        #expect(error?.code == .tryAgain)
        #expect(try await vault.cachedTokens().isEmpty)
    }

    @Test func `a new secret that is not known everywhere yet does not stop issuance`() async throws {
        let (test, vault) = try await vault()
        let name = try ProfileName("ci")
        await test.emulator.add(ClientSecret(value: "the-new-one"), to: TestVault.client)
        let rotation = try await vault.replaceSecret(
            of: name, with: SecretBytes("the-new-one"), expiresAt: nil, grace: 3600, retiring: [])
        #expect(rotation.state == .promoted)
        await test.emulator.inject(Fault(.notYetReplicated, path: "token", seconds: 300))
        let token = try await issue(vault, request())
        #expect(token.details.warning?.contains("previous") == true)
        let secret = try vault.revealSecret(of: name).exposedText
        #expect(secret == "the-new-one")
        // After the grace the old one is forgotten.
        await test.emulator.clearFaults()
        test.clock.advance(by: 3601)
        _ = try await issue(vault, request())
        #expect(try await vault.verify { _, _ in }.rotations == 0)
    }

    @Test func `a new secret that is refused replaces nothing`() async throws {
        let (test, vault) = try await vault()
        let name = try ProfileName("ci")
        let error = await #expect(throws: VaultError.self) {
            _ = try await vault.replaceSecret(
                of: name, with: SecretBytes("wrong"), expiresAt: nil, grace: 60, retiring: [])
        }
        #expect(error?.code == .refused)
        let secret = try vault.revealSecret(of: name).exposedText
        #expect(secret == TestVault.secret)
        #expect(try await vault.verify { _, _ in }.rotations == 0)
        #expect(try await entries(vault, .rotate).map(\.outcome) == [.started, .refused])
        #expect(await test.tokenRequests == 1)
    }

    @Test func `a secret that was bound to another place meanwhile is not sent to the old one`() async throws {
        let (test, vault) = try await vault()
        let name = try ProfileName("ci")
        let wanted = try request()
        // Somebody asks slowly, and somebody else waits for the same token.
        test.gate.close()
        let slow = Task { try await issue(vault, wanted).text }
        try await eventually("the provider is asked") { await test.tokenRequests > 0 }
        let waiting = Task { try await issue(test.open(), wanted).text }
        let cloud = Cloud(
            name: "own", authority: "https://login.own.example", graph: "https://graph.own.example",
            arm: "https://arm.own.example")
        _ = try await test.open().redirect(
            name, to: Destination(cloud: cloud), secret: SecretBytes("new"), checks: false)
        test.gate.open()
        let first = await #expect(throws: VaultError.self) { _ = try await slow.value }
        #expect(first?.code == .tryAgain)
        // Depending on who came first it asks at the new place, where the secret is wrong, or is told to try again.
        _ = await #expect(throws: VaultError.self) { _ = try await waiting.value }
        let requests = await test.emulator.requests.requests.filter { $0.route == "token" }
        #expect(requests.filter { $0.status == 401 }.count <= 1)
        #expect(requests.filter { $0.status == 200 }.count == 1)
    }

    @Test
    func `a credential that was replaced and then bound elsewhere while it was refused is not sent to the old place`()
        async throws
    {
        let (test, _) = try await vault()
        let name = try ProfileName("ci")
        let other = try test.open()
        await test.emulator.revokeSecrets(of: TestVault.client, keyId: nil)
        let cloud = Cloud(
            name: "own", authority: "https://login.own.example", graph: "https://graph.own.example",
            arm: "https://arm.own.example")
        let transport = InterruptedTransport(
            test.emulator,
            [
                // The row is another one, of the same place; and then of another place.
                { _ = try await other.edit(name, ProfileChange(about: "edited")) },
                {
                    _ = try await other.redirect(
                        name, to: Destination(cloud: cloud), secret: SecretBytes("elsewhere"), checks: false)
                },
            ])
        let error = await #expect(throws: VaultError.self) {
            _ = try await issue(test.open(through: transport), request())
        }
        #expect(error?.code == .tryAgain)
        #expect(await test.tokenRequests == 2, "what is bound elsewhere was sent to the old place")
    }

    @Test func `a refused rotation gives up nothing that works`() async throws {
        let (test, vault) = try await vault()
        let name = try ProfileName("ci")
        await test.emulator.add(ClientSecret(value: "second"), to: TestVault.client)
        _ = try await vault.replaceSecret(
            of: name, with: SecretBytes("second"), expiresAt: nil, grace: 3600, retiring: [])
        _ = await #expect(throws: VaultError.self) {
            _ = try await vault.replaceSecret(
                of: name, with: SecretBytes("wrong"), expiresAt: nil, grace: 3600, retiring: [])
        }
        // The second is not known everywhere yet: the first, still in its grace, serves.
        await test.emulator.inject(Fault(.notYetReplicated, path: "token", seconds: 300))
        let token = try await issue(vault, request())
        #expect(token.details.warning?.contains("previous") == true)
        #expect(try await vault.rotations(of: name).map(\.state) == [.promoted])
    }

    @Test func `a profile that is renamed while its secret is replaced keeps the new secret`() async throws {
        let (test, vault) = try await vault()
        let name = try ProfileName("ci")
        let renamed = try ProfileName("renamed")
        await test.emulator.add(ClientSecret(value: "second"), to: TestVault.client)
        test.gate.close()
        let rotation = Task {
            try await vault.replaceSecret(
                of: name, with: SecretBytes("second"), expiresAt: nil, grace: 3600, retiring: []
            ).state
        }
        try await eventually("the provider is asked") { await test.tokenRequests > 0 }
        try await test.open().rename(name, to: renamed)
        test.gate.open()
        #expect(try await rotation.value == .promoted)
        let secret = try vault.revealSecret(of: renamed).exposedText
        #expect(secret == "second")
    }

    @Test func `who waits while the provider fails shares the failure`() async throws {
        let (test, vault) = try await vault()
        await test.emulator.inject(Fault(.latency, path: "token", milliseconds: 300))
        await test.emulator.inject(Fault(.html, path: "token"))
        let wanted = try request()
        let codes = await withTaskGroup(of: VaultError.Code?.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    do throws(VaultError) {
                        _ = try await test.open().issue(wanted).details
                        return nil
                    } catch {
                        return error.code
                    }
                }
            }
            return await group.reduce(into: [VaultError.Code?]()) { $0.append($1) }
        }
        #expect(codes == [VaultError.Code?](repeating: .unavailable, count: 8))
        // Whoever came after the first request had failed asks anew; nobody who waited for it does.
        #expect(await test.tokenRequests < 8)
        #expect(try await entries(vault).map(\.outcome) == [AuditOutcome](repeating: .failed, count: 8))
    }

    @Test func `a request for a profile that is not there is on the record`() async throws {
        let (test, vault) = try await vault()
        let unknown = TokenRequest(profile: try ProfileName("nobody"))
        let error = await #expect(throws: VaultError.self) { _ = try await vault.issue(unknown).details }
        #expect(error?.code == .notFound)
        let last = try #require(try await entries(vault).last)
        #expect(last.profile == "nobody" && last.outcome == .failed && last.code == 66)
        #expect(await test.tokenRequests == 0)
    }

    @Test func `what could not be read again is not written`() async throws {
        let (test, vault) = try await vault()
        let long = String(repeating: "x", count: 70_000)
        let name = try ProfileName("ci")
        let edit = await #expect(throws: VaultError.self) { _ = try await vault.edit(name, ProfileChange(about: long)) }
        #expect(edit?.code == .usage)
        let issued = await #expect(throws: VaultError.self) { _ = try await issue(vault, request { $0.reason = long }) }
        #expect(issued?.code == .usage)
        #expect(try await test.open().verify { _, _ in }.profiles == 1)
    }

    @Test func `64 tasks that want the same token make one request`() async throws {
        let (test, vault) = try await vault()
        await test.emulator.inject(Fault(.latency, count: 1, path: "token", milliseconds: 300))
        let wanted = try request()
        let sources = try await withThrowingTaskGroup(of: TokenSource.self) { group in
            for _ in 0..<64 { group.addTask { try await vault.issue(wanted).details.source } }
            return try await group.reduce(into: [TokenSource]()) { $0.append($1) }
        }
        #expect(sources.count { $0 == .provider } == 1)
        #expect(sources.count { $0 == .cache } == 63)
        #expect(await test.tokenRequests == 1)
        let sequences = try await vault.auditEntries(AuditQuery()).map(\.sequence)
        #expect(sequences == Array(0..<UInt64(sequences.count)))
    }

    @Test func `checks report each profile, also those that cannot be asked`() async throws {
        let (test, vault) = try await vault()
        let checked = try await check(vault, "ci", "nobody")
        #expect(await test.tokenRequests == 1)
        #expect(checked.map { $0?.message } == [nil, "there is no profile nobody"])
        #expect(try await entries(vault, .check).map(\.outcome).sorted { $0.rawValue < $1.rawValue } == [.failed, .ok])
    }

    @Test func `a token is renewed once its margin has begun, and not before`() async throws {
        let (test, vault) = try await vault()
        let first = try await issue(vault, request())
        let margin = first.details.margin
        #expect(margin == 20 * 60)
        test.clock.advance(by: 3599 - margin - 1)
        #expect(try await vault.renew(try request())?.expiresAt == first.details.expiresAt)
        #expect(await test.tokenRequests == 1)
        test.clock.advance(by: 1)
        let renewed = try #require(try await vault.renew(try request()))
        #expect(renewed.expiresAt > first.details.expiresAt)
        #expect(await test.tokenRequests == 2)
        let given = try await issue(vault, request())
        #expect(given.details.source == .cache && given.details.expiresAt == renewed.expiresAt)
        #expect(try await entries(vault).map(\.reason) == [nil, "renewed ahead of need", nil])
    }

    @Test func `a token that was forgotten is not renewed`() async throws {
        let (test, vault) = try await vault()
        _ = try await issue(vault, request())
        _ = try await vault.forgetTokens(of: try ProfileName("ci"))
        test.clock.advance(by: 3000)
        #expect(try await vault.renew(try request()) == nil)
        #expect(await test.tokenRequests == 1)
    }
}
