public import Vault

/// Where the agent's socket lies.
public enum AgentSocket {
    /// The longest path that a socket can have, in bytes (unix(7): 108 with the zero at its end).
    public static let longestPath = 107

    /// `VAULTCTL_AGENT_SOCKET`; else `vaultctl/agent.sock` in the user's runtime directory, for all vaults; else
    /// `run/agent.sock` beside the vault.
    ///
    /// - Parameters:
    ///   - vault: the vault's file, absolute, without symbolic links.
    ///   - variable: looks up a variable of the environment; one that is empty counts as none.
    /// - Returns: nil where the path that follows is too long for a socket, so that no agent can be there.
    /// - Throws: code `usage` for a `VAULTCTL_AGENT_SOCKET` that is no path for a socket.
    public static func path(
        forVault vault: String, variable: (_ name: String) -> String?
    ) throws(VaultError) -> String? {
        if let path = variable("VAULTCTL_AGENT_SOCKET"), !path.isEmpty {
            guard path.hasPrefix("/") else { throw refused("it is not absolute") }
            guard path.utf8.count <= longestPath else { throw refused("it is longer than \(longestPath) bytes") }
            return path
        }
        let path: String
        // The XDG specification: a relative one is to be ignored.
        if let runtime = variable("XDG_RUNTIME_DIR"), runtime.hasPrefix("/") {
            path = joined(runtime, "vaultctl/agent.sock")
        } else {
            path = joined(directory(of: vault), "run/agent.sock")
        }
        return path.utf8.count <= longestPath ? path : nil
    }

    private static func refused(_ why: String) -> VaultError {
        VaultError(
            .usage, "VAULTCTL_AGENT_SOCKET is not a path that a socket can have: \(why)",
            hint: "set it to a short absolute path, or unset it")
    }

    /// With one slash between them.
    private static func joined(_ directory: String, _ name: String) -> String {
        directory.hasSuffix("/") ? directory + name : directory + "/" + name
    }

    private static func directory(of path: String) -> String {
        "/" + path.split(separator: "/").dropLast().joined(separator: "/")
    }
}
