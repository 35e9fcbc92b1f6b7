import ArgumentParser
import Testing
import Vault
@testable import vaultctl

/// What is understood without the argument parser means what the parser takes it for.
struct PlainIssueTests {
    @Test(
        arguments: [
            ["issue", "ci"], ["token", "prod/etl"], ["issue", "ci", "-o", "json"], ["issue", "--output", "az", "ci"],
            ["issue", "--vault", "/a/vault.db", "ci", "-o", "raw"], ["issue", "ci", "-o", "exec-credential"],
        ])
    func `the plain form is the verb's`(arguments: [String]) throws {
        let plain = try #require(PlainIssue(arguments))
        let verb = try Issue.parse(Array(arguments.dropFirst()))
        #expect(plain.request == TokenRequest(profile: verb.name))
        #expect(plain.format == (try TokenFormat(chosen: verb.global.output)))
        #expect(plain.vault == verb.global.vault)
        #expect(verb.minTtl.seconds == plain.request.minimumLifetime && verb.network.timeout.seconds == 30)
    }

    @Test(
        arguments: [
            [], ["issue"], ["list"], ["issue", "ci", "other"], ["issue", "-h"], ["issue", "ci", "--help"],
            ["issue", "ci", "-o"], ["issue", "ci", "-o", "yaml"], ["issue", "ci", "--force-refresh"],
            ["issue", "ci", "-o=json"], ["issue", "--vault"], ["issue", "ci", "--no-agent"], ["issue", "../ci"],
            ["issue", "ci", "-o", "raw", "-o", "json"], ["issue", "--", "ci"], ["-q", "issue", "ci"],
            ["issue", "ci", "-o", "git"], ["issue", "ci", "-o", "git", "get"],
        ])
    func `everything else is left to the parser`(arguments: [String]) {
        #expect(PlainIssue(arguments) == nil)
    }
}
