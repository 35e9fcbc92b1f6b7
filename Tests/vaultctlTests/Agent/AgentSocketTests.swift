import Testing
import Vault
import VaultAgent

struct AgentSocketTests {
    private func path(_ variables: [String: String], vault: String = "/home/a/.local/share/vaultctl/vault.db") throws
        -> String?
    {
        try AgentSocket.path(forVault: vault) { variables[$0] }
    }

    @Test func `the variable comes first, then the runtime directory, then the vault's own`() throws {
        let both = ["VAULTCTL_AGENT_SOCKET": "/srv/agent.sock", "XDG_RUNTIME_DIR": "/run/user/1000"]
        #expect(try path(both) == "/srv/agent.sock")
        #expect(try path(["XDG_RUNTIME_DIR": "/run/user/1000"]) == "/run/user/1000/vaultctl/agent.sock")
        #expect(try path([:]) == "/home/a/.local/share/vaultctl/run/agent.sock")
    }

    @Test func `empty and relative runtime directories are ignored`() throws {
        for directory in ["", "run", "./run"] {
            #expect(try path(["XDG_RUNTIME_DIR": directory], vault: "/v.db") == "/run/agent.sock")
        }
        #expect(try path(["VAULTCTL_AGENT_SOCKET": ""], vault: "/a/v.db") == "/a/run/agent.sock")
    }

    @Test func `a slash at the end makes no two`() throws {
        #expect(try path(["XDG_RUNTIME_DIR": "/run/user/1/"]) == "/run/user/1/vaultctl/agent.sock")
        #expect(try path(["XDG_RUNTIME_DIR": "/"]) == "/vaultctl/agent.sock")
    }

    @Test(arguments: ["agent.sock", "./agent.sock", "/" + String(repeating: "a", count: 107)])
    func `a variable that names no socket is a mistake`(typed: String) {
        let error = #expect(throws: VaultError.self) { try path(["VAULTCTL_AGENT_SOCKET": typed]) }
        #expect(error?.code == .usage)
    }

    @Test func `where no socket fits there is none`() throws {
        // "/" + directory + "/run/agent.sock" has 107 bytes, the most that fit.
        let fitting = String(repeating: "d", count: 91)
        #expect(try path([:], vault: "/\(fitting)/v.db")?.utf8.count == AgentSocket.longestPath)
        #expect(try path([:], vault: "/\(fitting)d/v.db") == nil)
        #expect(try path(["XDG_RUNTIME_DIR": "/" + String(repeating: "r", count: 100)]) == nil)
        let longest = "/" + String(repeating: "a", count: 106)
        #expect(try path(["VAULTCTL_AGENT_SOCKET": longest]) == longest)
    }
}
