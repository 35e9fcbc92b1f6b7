import ArgumentParser
import Testing
import VaultAgent

@testable import vaultctl

struct AgentOptionsTests {
    @Test(arguments: [
        ["--idle", "5m"], ["--for", "5m"], ["--passphrase-file", "p"], ["--passphrase-fd", "5"], ["--key-file", "k"],
        ["--unlock", "--until-locked"],
    ])
    func `what is for unlocking needs it`(arguments: [String]) {
        #expect(throws: (any Error).self) { try AgentVerb.parse(arguments) }
    }

    @Test func `a vault may be opened at once`() throws {
        let verb = try AgentVerb.parse(["--unlock", "--key-file", "k", "--idle", "5m"])
        #expect(verb.unlocks && verb.limits.limits.idle == 300)
        #expect(try !AgentVerb.parse([]).unlocks)
    }

    @Test func `what unlock starts is understood`() throws {
        let arguments = AgentProcess.arguments(vault: "/v.db", caFile: "/ca.pem")
        #expect(arguments.prefix(2) == ["vaultctl", "agent"])
        let verb = try AgentVerb.parse(Array(arguments.dropFirst(2)))
        #expect(verb.untilLocked && verb.global.quiet && !verb.unlocks)
        #expect(verb.readyFd == 3 && verb.global.vault == "/v.db" && verb.global.caFile == "/ca.pem")
    }
}
