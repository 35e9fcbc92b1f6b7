import Glibc
import Vault

/// An agent in the background, as `unlock` starts one.
enum AgentProcess {
    /// Starts an agent and returns when it listens, or when another one did.
    ///
    /// - Parameters:
    ///   - vault: says where the socket lies, where nothing else does; absolute.
    ///   - caFile: the certificate authorities that it trusts as well as the system's.
    /// - Throws: code `unavailable` when it did not start; why is on standard error already.
    static func start(vault: String, caFile: String?) throws(VaultError) {
        let pipe = try Pipe()
        let process: pid_t
        do {
            defer { close(pipe.write) }
            process = try BackgroundProcess.spawn(
                arguments(vault: vault, caFile: caFile), as: "the agent", inheriting: [pipe.write])
        }
        defer { close(pipe.read) }
        guard !isReady(pipe.read) else { return }
        // One that is there already will do.
        guard BackgroundProcess.exitStatus(of: process) == VaultError.Code.exists.rawValue else { throw didNotStart }
    }

    static func arguments(vault: String, caFile: String?) -> [String] {
        var arguments = ["vaultctl", "agent", "--until-locked", "--ready-fd", String(readyDescriptor), "--quiet"]
        arguments += ["--vault", vault]
        // It goes on in another directory.
        if let caFile { arguments += ["--ca-file", Surroundings.absolute(caFile)] }
        return arguments
    }

    static let didNotStart = VaultError(
        .unavailable, "the agent did not start", hint: "run 'vaultctl agent' to see why")

    static let hasNoPlace = VaultError(
        .usage, "the path of the agent's socket would be too long",
        hint: "set VAULTCTL_AGENT_SOCKET to a short absolute path")

    /// Where the agent says that it listens.
    private static let readyDescriptor = BackgroundProcess.firstDescriptor

    /// Whether there was a line; the end without one means that the agent has ended.
    private static func isReady(_ descriptor: Int32) -> Bool {
        var byte: [UInt8] = [0]
        while unsafe byte.withUnsafeMutableBytes({ unsafe Descriptor.read(into: $0, from: descriptor) }) == 1 {
            if byte[0] == 0x0a { return true }
        }
        return false
    }
}
