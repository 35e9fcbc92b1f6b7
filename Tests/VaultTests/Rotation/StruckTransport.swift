internal import VaultTesting
import EntraEmulator
import FoundationEssentials
import HTTPTypes
import Synchronization

@testable import Vault

/// What goes wrong with one request of a rotation.
enum Strike: String, CaseIterable, Sendable {
    // Nothing took effect.
    case failed = "server-error"
    case throttled
    case unavailable
    case webPage = "html"
    case killedBefore = "killed before it went out"
    // It took effect.
    case answerLost = "reply-lost"
    case failedAfterwards = "server-error-after"
    case halfAnAnswer = "half-json"
    case answerTooLate = "slow"
    case duplicated
    case killedAfter = "killed before the answer came"

    var takesEffect: Bool {
        switch self {
        case .failed, .throttled, .unavailable, .webPage, .killedBefore: false
        case .answerLost, .failedAfterwards, .halfAnAnswer, .answerTooLate, .duplicated, .killedAfter: true
        }
    }

    /// How many of ours there may be for a moment. What is made twice is there before anybody can know of it, and a secret
    /// of Databricks that was lost on its way stays until a person says that it may go.
    func mostOfOurs(_ kind: RotatedKind) -> Int {
        self == .duplicated || (kind.isDatabricks && takesEffect) ? 3 : 2
    }

    var fault: Fault? { Fault.Name(rawValue: rawValue).map { Fault($0, count: 1) } }
}

/// Between vault and emulator: lets the n-th request go wrong, remembers what was asked, and how many credentials of ours
/// there were at the most.
final class StruckTransport: HTTPTransport {
    private struct State {
        var asked: [String] = []
        var isDead = false
        var most = 0
    }

    private let world: RotationWorld
    private let strike: Strike?
    private let at: Int
    private let state = Mutex(State())

    /// - Parameter at: which request, counted from 0.
    init(_ world: RotationWorld, _ strike: Strike? = nil, at: Int = .max) {
        self.world = world
        self.strike = strike
        self.at = at
    }

    /// What was asked, one line each.
    var asked: [String] { state.withLock { $0.asked } }
    var most: Int { state.withLock { $0.most } }
    /// Whether what asks is as good as killed.
    var isDead: Bool { state.withLock { $0.isDead } }

    func send(
        _ request: HTTPRequest, body: borrowing SecretBytes
    ) async throws(HTTPTransportError) -> HTTPAnswer {
        let (number, isDead) = state.withLock { state in
            state.asked.append("\(request.method.rawValue) \(request.path ?? "")")
            return (state.asked.count - 1, state.isDead)
        }
        guard !isDead else { throw .unreachable("killed") }
        let isStruck = number == at
        if isStruck, strike == .killedBefore { throw die() }
        if isStruck, let fault = strike?.fault { await world.test.emulator.inject(fault) }
        let answer: HTTPAnswer
        do throws(HTTPTransportError) {
            answer = try await world.test.emulator.send(request, body: body)
        } catch {
            await count()
            throw error
        }
        await count()
        if isStruck, strike == .killedAfter { throw die() }
        return answer
    }

    private func count() async {
        let ours = await world.live().subtracting([world.kind.foreignKeyID]).count
        state.withLock { $0.most = max($0.most, ours) }
    }

    /// Keeps the file as a killed process leaves it; what the process does from now on reaches nobody.
    private func die() -> HTTPTransportError {
        state.withLock { $0.isDead = true }
        do {
            try world.test.copyFile(to: RotationWorld.killed)
        } catch {
            return .malformed("the vault could not be copied: \(error)")
        }
        return .unreachable("killed")
    }
}
