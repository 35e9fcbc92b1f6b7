import FoundationEssentials
import Testing
@testable import Vault

struct AuthorityAnswerTests {
    private let noon = Date(timeIntervalSince1970: 1_800_000_000)

    @Test func `the way there and the rounding are not taken for a difference`() {
        // Sent at noon, answered two seconds later by a clock that is right, and back after four.
        let answer = AuthorityAnswer(
            date: noon.addingTimeInterval(2), sent: noon, received: noon.addingTimeInterval(4))
        #expect(answer.apart == 0)
    }

    @Test(arguments: [600.0, -600])
    func `a clock that is wrong`(seconds: Double) {
        let answer = AuthorityAnswer(date: noon.addingTimeInterval(seconds), sent: noon, received: noon)
        #expect(answer.ahead.map { abs($0 - seconds) <= 0.5 } == true)
        #expect(answer.apart.map { $0 >= 599 && $0 <= 600.5 } == true)
    }

    @Test func `an answer that tells no time`() {
        let answer = AuthorityAnswer(date: nil, sent: noon, received: noon)
        #expect(answer.ahead == nil)
        #expect(answer.apart == nil)
    }

    @Test(
        arguments: [
            ("https://login.example/tenant", "login.example"), ("https://Login.example:443", "login.example"),
            ("https://login.example:8443/x", "login.example:8443"), ("http://login.example", nil),
        ] as [(String, String?)])
    func `what is asked once`(address: String, host: String?) {
        #expect(AuthorityAnswer.host(of: address) == host)
    }
}
