import FoundationEssentials
import HTTPTypes
import Testing

@testable import Vault

@Suite struct RetryPolicyTests {
    let policy = RetryPolicy()

    func verdict(
        _ setback: RetryPolicy.Setback, attempt: Int = 1, elapsed: Duration = .zero, jitter: Double = 1
    ) -> RetryPolicy.Verdict {
        policy.verdict(after: setback, attempt: attempt, elapsed: elapsed, jitter: jitter)
    }

    @Test func `the back-off doubles and is a random part of that`() {
        #expect(verdict(.status(500, retryAfter: nil)) == .retry(after: .milliseconds(500)))
        #expect(verdict(.status(500, retryAfter: nil), attempt: 2) == .retry(after: .seconds(1)))
        #expect(verdict(.status(500, retryAfter: nil), attempt: 2, jitter: 0.25) == .retry(after: .milliseconds(250)))
        #expect(verdict(.status(500, retryAfter: nil), jitter: 0) == .retry(after: .zero))
    }

    @Test func `three attempts are all`() {
        #expect(verdict(.status(500, retryAfter: nil), attempt: 3) == .stop)
        #expect(verdict(.noAnswer(.timedOut), attempt: 1) == .stop)
    }

    @Test(arguments: [200, 204, 301, 302, 400, 401, 403, 404, 408, 499, 600])
    func `only 429 and 5xx are tried again`(status: Int) {
        #expect(verdict(.status(status, retryAfter: nil)) == .stop)
        #expect(verdict(.status(status, retryAfter: 1)) == .stop)
    }

    @Test(arguments: [429, 500, 502, 503, 504, 599]) func `Retry-After is a floor`(status: Int) {
        #expect(verdict(.status(status, retryAfter: 5)) == .retry(after: .seconds(5)))
        #expect(verdict(.status(status, retryAfter: 0)) == .retry(after: .milliseconds(500)))
    }

    @Test func `a wait that does not fit the budget is not begun`() {
        #expect(verdict(.status(429, retryAfter: 30)) == .retry(after: .seconds(30)))
        #expect(verdict(.status(429, retryAfter: 31)) == .stop)
        #expect(verdict(.status(429, retryAfter: 20), elapsed: .seconds(11)) == .stop)
        #expect(verdict(.noAnswer(.unreachable("")), elapsed: .seconds(29)) == .retry(after: .milliseconds(500)))
    }

    @Test func `Retry-After is seconds or a date`() {
        let now = Date(timeIntervalSince1970: 784_111_777)
        func seconds(_ field: String) -> Int? { RetryAfter.seconds(field, now: now) }
        #expect(seconds("0") == 0)
        #expect(seconds("120") == 120)
        #expect(seconds("99999999999999999999999") == 86_400)
        #expect(seconds("Sun, 06 Nov 1994 08:49:37 GMT") == 0)
        #expect(seconds("Sun, 06 Nov 1994 08:50:07 GMT") == 30)
        #expect(seconds("Sun, 06 Nov 1994 08:40:00 GMT") == 0)
        #expect(seconds("Wed, 31 Dec 9999 23:59:59 GMT") == 86_400)
        for field in ["", "-1", "1.5", "soon", "Sun, 06 Nov 1994", "Sun, 06 Foo 1994 08:49:37 GMT", "x, y z a b GMT"] {
            #expect(seconds(field) == nil)
        }
    }

    @Test func `a cancelled wait ends the request`() async throws {
        let transport = ScriptedTransport([.answer(status: 500, body: "")])
        let client = RetryingClient(
            transport: transport, policy: policy,
            clock: RetryClock(
                now: { Date(timeIntervalSince1970: 0) }, uptime: { .zero },
                sleep: { _ in throw CancellationError() }, jitter: { 0 }))
        let request = try Endpoint("https://h", what: "x").request(.get, "/", fields: [:])
        let error = try await failure { () async throws(VaultError) in
            try await client.send(request, body: SecretBytes(), peer: "the peer")
        }
        #expect(error.code == .unavailable)
        #expect(transport.asked.count == 1)
    }
}
