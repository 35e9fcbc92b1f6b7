import EntraEmulator
import FoundationEssentials
import Synchronization
import Testing
import VaultTesting

@testable import Vault

/// Each request of a rotation × what can go wrong with it × each kind of credential.
struct RotationMatrixTests {
    /// All for the kind that most have. What one kind shares with another is struck there in fewer ways.
    static let pairs = RotatedKind.allCases.flatMap { kind -> [(RotatedKind, Strike)] in
        let strikes: [Strike] =
            switch kind {
            case .secret: Strike.allCases
            case .certificate: [.failed, .throttled, .webPage, .killedBefore, .answerLost, .duplicated, .killedAfter]
            case .workspaceSecret:
                [.failed, .webPage, .killedBefore, .answerLost, .halfAnAnswer, .duplicated, .killedAfter]
            case .accountSecret: [.answerLost, .killedAfter]
            }
        return strikes.map { (kind, $0) }
    }

    @Test func `there are more than two hundred cases`() {
        #expect(Self.pairs.map { $0.0.requests }.reduce(0, +) > 200)
    }

    @Test(arguments: pairs)
    func `whatever goes wrong with any request, the profile works and nothing is lost`(
        kind: RotatedKind, strike: Strike
    ) async throws {
        var at = 0
        while true {
            let world = try await RotationWorld.make(kind)
            let transport = StruckTransport(world, strike, at: at)
            _ = try await RotationWorld.rotate(try world.test.open(through: transport), world.name)
            guard transport.asked.count > at else { break }
            let what = Comment(rawValue: "\(kind), \(strike) at \(at), \(transport.asked[at])")
            #expect(transport.most <= strike.mostOfOurs(kind), what)
            try await judge(world, transport, strike, what)
            at += 1
        }
        #expect(at >= kind.requests, "each request of a rotation was struck")
    }

    /// How long changes take to get around, and whether replicas that know answer in turn with those that do not.
    static let delays = [
        Replication(tokenDelay: 120), Replication(tokenDelay: 120, alternating: true), Replication(readDelay: 60),
        Replication(tokenDelay: 90, readDelay: 45, alternating: true),
    ]

    @Test(arguments: RotatedKind.allCases, delays)
    func `however slowly changes get around, the profile works all the time`(
        kind: RotatedKind, delay: Replication
    ) async throws {
        let world = try await RotationWorld.make(kind)
        await world.test.emulator.setReplication(delay)
        let transport = StruckTransport(world)
        let vault = try world.test.open(through: transport)
        #expect(try await RotationWorld.rotate(vault, world.name) == nil)
        #expect(transport.most <= 2)
        for _ in 0..<4 {
            _ = try await vault.issue(TokenRequest(profile: world.name, forceRefresh: true))
        }
        // By then all replicas know.
        world.test.clock.advance(by: 600)
        try await judgeRemains(world, vault, "\(kind), \(delay)")
    }

    @Test(arguments: [RotatedKind.secret, .certificate])
    func `a credential that is not accepted within the window is given up and removed`(kind: RotatedKind) async throws {
        let world = try await RotationWorld.make(kind)
        let before = await world.live()
        world.test.clock.advance(by: 7200)
        await world.test.emulator.setReplication(Replication(tokenDelay: 3600))
        let vault = try world.test.open()
        let failure = try await RotationWorld.rotate(vault, world.name)
        #expect(failure?.code == .refused)
        #expect(await world.live() == before)
        #expect(try await vault.rotations(of: nil).isEmpty)
        _ = try await vault.issue(TokenRequest(profile: world.name, forceRefresh: true))
    }

    /// What must hold in the end, after what is open was gone on with.
    private func judge(
        _ world: RotationWorld, _ struck: StruckTransport, _ strike: Strike, _ what: Comment
    ) async throws {
        let path = struck.isDead ? world.test.directory + "/" + RotationWorld.killed : world.test.path
        let transport = StruckTransport(world)
        let vault = try world.test.open(at: path, through: transport)
        let second = try await RotationWorld.resume(vault)
        #expect(second == nil, what)
        #expect(transport.most <= strike.mostOfOurs(world.kind), what)
        #expect(try await vault.rotations(of: nil).isEmpty, what)

        let token = try await vault.issue(TokenRequest(profile: world.name, forceRefresh: true))
        #expect(token.details.source == .provider, what)
        try await judgeRemains(world, vault, what)
        try await judgeRecord(world, vault, struck.asked + transport.asked, what)
        // The next one is as good as the first.
        guard strike.takesEffect else { return }
        #expect(try await RotationWorld.rotate(vault, world.name) == nil, what)
        try await judgeRemains(world, vault, what)
    }

    /// What lives at the provider: somebody else's, the profile's own, and nothing of which nobody is told.
    private func judgeRemains(_ world: RotationWorld, _ vault: Vault, _ what: Comment) async throws {
        let plans = Mutex<[RotationPlan]>([])
        try await vault.planRotations(of: [world.name], manager: nil, jobs: 8) { planned in
            if case .success(let plan) = planned.result { plans.withLock { $0.append(plan) } }
        }
        let entries = try #require(plans.withLock { $0.first }?.entries, what)
        let current = entries.filter { $0.standing == .current }
        #expect(current.count == 1, what)
        #expect(entries.count { $0.standing == .foreign } == 1, what)
        let live = await world.live()
        #expect(live.contains(world.kind.foreignKeyID), what)
        // Databricks' have no names, so that a lost one can only be told of.
        if !world.kind.isDatabricks { #expect(entries.count == 2 && live.count == 2, what) }
        #expect(entries.allSatisfy { $0.standing != .rotating }, what)
    }

    /// An entry before and after each change outside, and a record that is whole.
    private func judgeRecord(
        _ world: RotationWorld, _ vault: Vault, _ asked: [String], _ what: Comment
    ) async throws {
        _ = try await vault.verify { _, _ in }
        let events = try await vault.auditEntries(
            AuditQuery(actions: [.addCredential, .removeCredential])
        ).map(\.event)
        for action in [AuditAction.addCredential, .removeCredential] {
            let begun = events.count { $0.action == action && $0.outcome == .started }
            let ended = events.filter { $0.action == action && $0.outcome != .started }
            // A lost one that came up has an entry of its own beside.
            #expect(ended.count >= begun, what)
            #expect(begun >= 1, what)
        }
        let changes = asked.count { line in
            line.contains("/addPassword") || line.contains("/addKey") || line.hasPrefix("POST /api/")
        }
        let begun = events.count { $0.action == .addCredential && $0.outcome == .started }
        // Beside the one before this rotation; what was throttled is asked for again.
        #expect(begun >= 1 + min(changes, 1), what)
        let removals = asked.count { line in
            line.contains("/removePassword") || line.contains("/removeKey") || line.hasPrefix("DELETE /api/")
        }
        #expect(
            events.count { $0.action == .removeCredential && $0.outcome == .started } >= 1 + min(removals, 1), what)
    }
}
