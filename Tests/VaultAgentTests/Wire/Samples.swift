import FoundationEssentials
import Testing
import VaultProtos
@testable import Vault
@testable import VaultAgent

/// Values with every field filled, and with every optional one absent.
enum Sample {
    static let time = Date(timeIntervalSince1970: 1_800_000_000.125)
    static let later = Date(timeIntervalSince1970: 1_900_000_000.5)

    static func name(_ text: String = "team/ci") throws -> ProfileName { try ProfileName(text) }

    static func id(_ byte: UInt8 = 7) throws -> RowID {
        try #require(RowID([UInt8](repeating: byte, count: 16)))
    }

    static let cloud = Cloud(
        name: "Own", authority: "https://login.example", graph: "https://graph.example", arm: "https://arm.example")

    static let refusal = ProviderRefusal(
        error: "invalid_client", aadsts: 7_000_215, traceID: "trace", correlationID: "correlation")

    static let error = VaultError(
        .refused, "the provider refused (AADSTS7000215)", hint: "vaultctl rotate", refusal: refusal)

    static func profile(_ name: String = "team/ci") throws -> Profile {
        Profile(
            id: try id(), name: try ProfileName(name),
            destination: Destination(cloud: cloud, workspace: "https://adb-1.azuredatabricks.net"),
            tenant: "contoso.example", clientID: "client",
            credential: Credential(kind: .clientSecret, keyID: "key", storedAt: time, expiresAt: later),
            audience: try Audience(scope: "https://x//.default"), subscription: "subscription",
            tags: [try Tag("team=data"), try Tag("nightly"), try Tag("empty=")], about: "über alles",
            createdAt: time, updatedAt: later)
    }

    static func bareProfile() throws -> Profile {
        Profile(
            id: try id(8), name: try name("x"), destination: Destination(), tenant: "t", clientID: "c",
            credential: Credential(kind: .clientSecret, storedAt: time), createdAt: time, updatedAt: time)
    }

    static func rotation(_ state: Rotation.State = .promoted) throws -> Rotation {
        Rotation(
            id: try id(), profile: try id(9), state: state, startedAt: time, graceUntil: later, oldKeyID: "old",
            newKeyID: "new")
    }

    static func cachedToken() throws -> CachedToken {
        CachedToken(
            profile: try name(), tenant: "t", audience: try Audience(scope: "s/.default"), issuedAt: time,
            expiresAt: later)
    }

    static func entry(_ sequence: UInt64 = 0, detail: String? = "detail") throws -> AuditEntry {
        AuditEntry(
            sequence: sequence,
            event: AuditEvent(
                time: time, action: .slotAdd, outcome: .refused,
                caller: Caller(uid: 1000, pid: 42, user: "u", host: "h", claimedExecutables: ["/bin/a", "/bin/b"]),
                profile: "p", profileID: try id(), audience: "a", tenant: "t", clientID: "c", source: .staleCache,
                keyID: "k", tokenExpiresAt: later, tokenID: "uti", tokenHash: [UInt8](repeating: 3, count: 32),
                refusal: refusal, code: 76, reason: "because", detail: detail))
    }

    static func bareEntry() throws -> AuditEntry {
        AuditEntry(
            sequence: .max,
            event: AuditEvent(
                time: time, action: .initialize, outcome: .ok,
                caller: Caller(uid: 0, pid: 1, user: "", host: "", claimedExecutables: [])))
    }
}

/// What the agent reads of a verb.
func sent(_ verb: AgentRequest.OneOf_Verb) throws -> AgentRequest {
    var request = AgentRequest()
    request.verb = verb
    let payload = Array(try Frame.bytes(.request, request).dropFirst(Frame.headerLength))
    return try #require(payload.withRawSpan { AgentRequest(payload: $0) })
}

/// What the client reads of an answer.
func sent(_ content: AgentAnswer.OneOf_Content) throws -> AgentAnswer {
    let payload = Array(try Frame.bytes(.last, AgentAnswer(content)).dropFirst(Frame.headerLength))
    return try #require(payload.withRawSpan { AgentAnswer(payload: $0) })
}

/// Whether `body` throws an error of code `usage`.
func isRefused(_ body: () throws -> Void) -> Bool {
    do {
        try body()
        return false
    } catch {
        return (error as? VaultError)?.code == .usage
    }
}
