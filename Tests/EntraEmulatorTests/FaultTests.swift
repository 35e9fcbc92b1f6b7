import FoundationEssentials
import HTTPTypes
import Synchronization
import Testing

@testable import EntraEmulator

@Suite struct FaultTests {
    @Test(arguments: [
        (Fault.Name.throttled, 429), (.unavailable, 503), (.serverError, 500), (.redirect, 302), (.html, 200),
    ])
    func `a fault answers in place of the route, as often as it was told`(name: Fault.Name, status: Int) async throws {
        let emulator = try await Example.emulator()
        await emulator.inject(Fault(name, count: 2))
        for _ in 1...2 {
            let answer = await emulator.token()
            #expect(answer.status == status)
            #expect(throws: (any Error).self) { try answer.json(TokenAnswer.self) }
        }
        #expect(try await emulator.token().json(TokenAnswer.self).tokenType == "Bearer")
        #expect(await emulator.faults.isEmpty)
    }

    @Test func `throttling says when to come back`() async throws {
        let emulator = try await Example.emulator()
        await emulator.inject(Fault(.throttled, seconds: 17))
        #expect(await emulator.token().field(.retryAfter) == "17")
    }

    @Test func `a fault strikes the path it names and no other`() async throws {
        let emulator = try await Example.emulator()
        await emulator.inject(Fault(.serverError, path: "token"))
        await emulator.inject(Fault(.unavailable, path: "/aad/"))
        #expect(await emulator.token().status == 500)
        #expect(await emulator.ask(.get, "/aad/auth").status == 503)
        #expect(await emulator.ask(.get, "/\(Example.tenant)/discovery/v2.0/keys").status == 200)
    }

    @Test func `a lost reply was a success all the same`() async throws {
        let emulator = try await Example.emulator()
        await emulator.inject(Fault(.replyLost, count: 1))
        let answer = await emulator.token()
        #expect(answer.response.ending == .lost)
        let record = try #require(await emulator.requests.requests.first)
        #expect(record.status == 200)
        #expect(record.faults == [.replyLost])
    }

    @Test func `a wrong length promises more than there is`() async throws {
        let emulator = try await Example.emulator()
        await emulator.inject(Fault(.wrongLength))
        let answer = await emulator.token()
        #expect(answer.response.ending == .cutShort)
        let promised = try #require(answer.field(.contentLength).flatMap { Int($0) })
        #expect(promised > answer.response.bytes.count)
    }

    @Test func `half of the JSON comes with a length that fits it`() async throws {
        let emulator = try await Example.emulator()
        await emulator.inject(Fault(.halfJSON))
        let answer = await emulator.token()
        #expect(answer.field(.contentLength) == "\(answer.response.bytes.count)")
        #expect(answer.response.bytes.first == UInt8(ascii: "{"))
        #expect(throws: DecodingError.self) { try answer.json(TokenAnswer.self) }
    }

    @Test func `a huge body is not held in memory`() async throws {
        let emulator = try await Example.emulator()
        await emulator.inject(Fault(.huge))
        let response = await emulator.token().response
        #expect(response.content == .repeated(UInt8(ascii: " "), count: 2_147_483_648))
        #expect(response.head.headerFields[.contentLength] == nil)
    }

    @Test func `a delay is stated and not waited for`() async throws {
        let emulator = try await Example.emulator()
        await emulator.inject(Fault(.slow, count: 1, seconds: 90))
        await emulator.inject(Fault(.latency, milliseconds: 20))
        #expect(await emulator.token().response.delay == .seconds(90))
        #expect(await emulator.token().response.delay == .milliseconds(20))
    }

    @Test func `a young secret is unknown until it is replicated`() async throws {
        let later = Mutex(0.0)
        let emulator = try await Example.emulator { Example.time + later.withLock { $0 } }
        await emulator.inject(Fault(.notYetReplicated, seconds: 18))
        await emulator.add(ClientSecret(value: "young"), to: Example.client)
        let young = Example.form(["client_secret": "young"])
        #expect(try await emulator.refusal(of: young).codes == [7_000_215])
        #expect(await emulator.requests.requests.last?.faults == [.notYetReplicated])
        #expect(await emulator.token().status == 200, "the old secret works meanwhile")
        later.withLock { $0 = 18 }
        #expect(await emulator.token(young).status == 200)
    }

    @Test func `replicas may answer in turn`() async throws {
        let emulator = try await Example.emulator()
        await emulator.inject(Fault(.notYetReplicated, alternating: true))
        var statuses: [Int] = []
        for _ in 1...4 { statuses.append(await emulator.token().status) }
        #expect(statuses == [401, 200, 401, 200])
    }

    @Test func `a skewed clock shows in the token and in the date`() async throws {
        let emulator = try await Example.emulator()
        await emulator.inject(Fault(.clockSkew, seconds: -86_400))
        let answer = await emulator.token()
        #expect(answer.field(.date) == "Wed, 31 Dec 2025 00:00:00 GMT")
        let token = try answer.json(TokenAnswer.self).accessToken
        let claims = try await emulator.signingKey.verified(token, as: TokenClaims.self)
        #expect(claims.iat == 1_767_225_600 - 86_400)
    }

    private struct TokenAnswer: Decodable {
        let tokenType: String
        let accessToken: String
    }
}
