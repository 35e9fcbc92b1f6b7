import ArgumentParser
import Dispatch
import Glibc
import Vault
import VaultAgent

/// `vaultctl agent`; the name of the type would be that of the agent itself.
struct AgentVerb: Verb {
    static let configuration = CommandConfiguration(
        commandName: "agent",
        abstract: "Run the agent in the foreground, for supervisors and containers.",
        discussion: """
            It begins with everything locked, and 'vaultctl unlock' opens a vault in it; with --unlock it opens one at \
            once, before it answers anybody. It ends at SIGTERM, SIGINT or SIGHUP, and with it every vault is locked. \
            systemd may hand over the socket, and is told when the agent is ready. The agent uses its own \
            certificate authorities and proxy, whoever asks.

            EXAMPLES
              vaultctl agent
              vaultctl agent --unlock --passphrase-file /run/secrets/p --for 30d
            """)

    @Flag(name: .customLong("unlock"), help: "Open the vault at once.")
    var unlocks = false

    @OptionGroup var limits: LimitOptions

    /// For the agent that `unlock` starts: in the background, and over when nothing is unlocked any more.
    @Flag(help: .hidden)
    var untilLocked = false

    /// Where `ready` and a newline are written as soon as the agent listens.
    @Option(help: .hidden)
    var readyFd: Int32?

    @OptionGroup var unlock: UnlockOptions
    var global: GlobalOptions { unlock.global }

    func validate() throws {
        guard unlocks || !limits.isGiven else { throw ValidationError("--idle and --for go with --unlock") }
        guard unlocks || !unlock.isGiven else {
            throw ValidationError("--passphrase-file, --passphrase-fd and --key-file go with --unlock")
        }
        guard !(unlocks && untilLocked) else { throw ValidationError("--until-locked goes without --unlock") }
    }

    func run() async throws {
        // Before anything is read that would have to be read again.
        AllocatorSettings.takeEffect(console: global.console)
        try global.requireAgent()
        if let readyFd, readyFd <= STDERR_FILENO || !Descriptor.isOpen(readyFd) {
            throw VaultError(.usage, "the descriptor given for --ready-fd is not open for writing")
        }
        ResourceLimits.raise()
        ResourceLimits.forbidCoreFiles(forGood: true)
        let inherited = try ServiceManager.takeSocket()
        let agent = unlocks ? try await openAgent(inherited) : try await lockedAgent(inherited)
        // Not before the passphrase was asked for: a prompt has its own way with signals.
        let signals = StopSignals {
            agent.stop()
            // Whatever keeps it: with the process its keys are gone.
            DispatchQueue.global().asyncAfter(deadline: .now() + .seconds(8)) { _exit(EXIT_SUCCESS) }
        }
        defer {
            signals.cancel()
            agent.stop()
        }
        global.console.note("listening at \(inherited == nil ? try socketPath() : "the inherited socket")")
        try tellReady()
        // Its clients are many, and served by as many threads as there are processors.
        try await withTaskExecutorPreference(globalConcurrentExecutor) { try await agent.run() }
    }

    private func socketPath() throws(VaultError) -> String {
        guard let path = try global.agentSocket() else { throw AgentProcess.hasNoPlace }
        return path
    }

    private func lockedAgent(_ inherited: Int32?) async throws -> Agent {
        let settings = AgentSettings(
            version: Vaultctl.version, environment: .process(transport: global.transport(timeout: 30)),
            endsWhenLocked: untilLocked)
        if let inherited { return try Agent(listener: AgentListener(inherited: inherited), settings: settings) }
        return try Agent(listener: try await listener(at: try socketPath()), settings: settings)
    }

    /// The secret is let go before the agent begins to answer.
    private func openAgent(_ inherited: Int32?) async throws -> Agent {
        let vault = try global.canonicalVaultPath()
        // Asked for before the socket is there: who connects to it is not to wait for somebody who types.
        let secret = try unlock.unlockSecret()
        let agent = try await lockedAgent(inherited)
        do {
            try await agent.unlock(vault, with: secret, limits: limits.limits)
        } catch {
            agent.stop()
            throw error
        }
        return agent
    }

    /// Makes the socket. The place may be taken by an agent that ends just now, or by one that another `unlock` started
    /// and that does not listen yet: the agent in the background waits a second for either.
    ///
    /// - Throws: exit code `exists` without a word when another agent answers there; ours was not needed.
    private func listener(at path: String) async throws -> AgentListener {
        for _ in 0..<(untilLocked ? 50 : 0) {
            do throws(VaultError) {
                return try AgentListener(at: path)
            } catch {
                guard error.code == .exists else { throw error }
            }
            if try global.agent() != nil { throw ExitCode(VaultError.Code.exists.rawValue) }
            try await Task.sleep(for: .milliseconds(20))
        }
        return try AgentListener(at: path)
    }

    private func tellReady() throws(VaultError) {
        ServiceManager.tellReady()
        if untilLocked {
            // The terminal belongs to whoever started us, and so does the directory.
            Descriptor.replace(STDERR_FILENO, with: "/dev/null", O_WRONLY)
            _ = unsafe chdir("/")
        }
        guard let readyFd else { return }
        let failure = unsafe Array("ready\n".utf8).withUnsafeBytes { unsafe Descriptor.write($0, to: readyFd) }
        close(readyFd)
        if let failure {
            throw VaultError(.inputOutput, "nobody heard that the agent is ready: \(Descriptor.text(of: failure))")
        }
    }
}
