internal import Vault
import Testing
@testable import vaultctl

/// The rest is compared with the library that az uses: Tests/Transcripts/test_az_query.py.
struct QueryTests {
    private let token = AzValue.object(AzObject([("accessToken", .token), ("tenant", .text("t"))]))

    @Test func `the token goes where it is asked for`() throws {
        let found = try Query("[accessToken, tenant]").search(token)
        #expect(AzTSV.text(of: found).tokens == [0])
        #expect(AzTSV.text(of: found).text.bytes == Array("\nt\n".utf8))
        #expect(AzJSON.text(of: found).tokens == [5])
    }

    @Test(arguments: ["accessToken == 'x'", "[accessToken] == [accessToken]", "'x' != accessToken"])
    func `what the text of the token would decide is refused`(query: String) throws {
        let query = try Query(query)
        #expect(throws: QueryProblem.unsupported("comparing the token")) { try query.search(token) }
    }

    @Test func `a token counts as true`() throws {
        guard case .text("t") = try Query("accessToken && tenant").search(token) else {
            Issue.record("it does not")
            return
        }
    }

    @Test func `what is not understood is refused by its name`() {
        #expect(throws: QueryProblem.unsupported("the function length()")) { try Query("length(@)") }
        #expect(throws: QueryProblem.unsupported("the comparison >=")) { try Query("[?a >= `1`]") }
        #expect(throws: QueryProblem.invalid) { try Query("length(@") }
    }
}
