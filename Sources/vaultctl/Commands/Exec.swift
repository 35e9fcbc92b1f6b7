import ArgumentParser
import Glibc
import Vault
import VaultAgent

struct Exec: Verb {
    static let configuration = CommandConfiguration(
        commandName: "exec",
        abstract: "Run a command whose clients get tokens of a profile.",
        discussion: """
            COMMAND takes this program's place: its terminal, signals and exit status are its own (127 where there is \
            no such command, 126 where it cannot be run). Its clients get tokens, anew whenever they ask, and never see \
            the credential. What would make them act as somebody else is taken out of its environment; -v names it.

            --env databricks sets the profile's workspace and a metadata service for the Databricks SDKs and CLI; azure \
            a managed identity for the Azure SDKs; arm what Terraform takes, with an az that is vaultctl on the PATH; \
            none no more than VAULTCTL_PROFILE and VAULTCTL_VAULT, which are always set. Left out, it is what fits \
            the profile: azure, and databricks where there is a workspace.

            The endpoint that gives the tokens listens on this machine alone and ends with COMMAND. It asks the agent \
            where the vault is unlocked, which it stays for as long as it is used: an idle hour of COMMAND is an idle \
            hour of the agent. Else it keeps the vault open itself. The az on the PATH lies in \
            $XDG_RUNTIME_DIR/vaultctl/bin, and stays there for the next time.

            EXAMPLES
              vaultctl exec ci -- databricks clusters list
              vaultctl exec ci --env arm -- terraform plan
              vaultctl exec ci --allow-audience storage -- python3 job.py
            """)

    @Argument(
        help: ArgumentHelp("The profile.", valueName: "name"), completion: .profiles, transform: ProfileName.typed)
    var name: ProfileName

    @Option(
        name: .customLong("env"),
        help: ArgumentHelp("Whose clients: databricks, azure, arm or none.", valueName: "clients"))
    var clients: ClientKind?

    @Flag(help: "Set all variables of the endpoint, for clients of every kind.")
    var endpoint = false

    @Flag(help: "Put an az that is vaultctl on the PATH.")
    var az = false

    @Option(
        help: ArgumentHelp(
            "Let the endpoint give tokens for this alone; repeatable. Left out: for anything.", valueName: "resource"))
    var allowAudience: [String] = []

    @Flag(help: "Run within another 'vaultctl exec'.")
    var nest = false

    @Argument(
        parsing: .postTerminator, help: ArgumentHelp("What to run, with its arguments.", valueName: "command"))
    var command: [String] = []

    @OptionGroup var unlock: UnlockOptions
    var global: GlobalOptions { unlock.global }

    func run() async throws {
        guard !command.isEmpty else {
            throw VaultError(.usage, "there is no command to run", hint: "vaultctl exec \(name) -- COMMAND")
        }
        try refuseNesting()
        let wish = CommandEnvironment.Wish(clients: clients, endpoint: endpoint, standIn: az)
        guard wish.needsEndpoint || allowAudience.isEmpty else {
            throw VaultError(.usage, "--allow-audience is for the endpoint, and there is none", hint: "give --endpoint")
        }
        let agent = try await global.unlockedAgent(timeout: 30)
        let handedOn = wish.needsStandIn && agent == nil ? try handedOn() : []
        let standIn = wish.needsStandIn ? StandInDirectory.path(forVault: try global.canonicalVaultPath()) : nil
        if let standIn { try StandInDirectory.make(standIn) }
        var environment = try await environment(for: wish, agent: agent)
        if nest { environment.remove(ForeignIdentity.ofOuterProfile) }
        environment.remove(ForeignIdentity.unlocking)
        for (name, value) in handedOn { environment.set(name, to: value) }
        if global.noAgent { environment.set("VAULTCTL_NO_AGENT", to: "1") }
        if let standIn { environment.prependPath(standIn, to: Surroundings.value("PATH")) }
        if wish.needsEndpoint { environment.avoidProxy(Surroundings.value) }
        tell(environment)
        unlock.letGoOfPassphrase()
        let failure = Replacement.become(command, in: environment)
        global.console.report(failure.error)
        throw ExitCode(failure.status)
    }

    /// Which of two profiles is meant is not for us to guess.
    private func refuseNesting() throws(VaultError) {
        guard !nest, let outer = Surroundings.value("VAULTCTL_PROFILE") else { return }
        throw VaultError(
            .usage, "this runs under 'vaultctl exec \(outer)' already",
            hint: "give --nest to run the command as \(name) all the same")
    }

    /// The variables by which the az on the `PATH` opens the vault: it never asks, and may have no terminal.
    private func handedOn() throws(VaultError) -> [(String, String)] {
        guard let file = unlock.secretFile else {
            throw VaultError(
                .locked, "the vault is locked, and the az on the PATH can ask nobody",
                hint: "run 'vaultctl unlock', or use --passphrase-file or --key-file")
        }
        let caFile = global.caFilePath.map { [("VAULTCTL_CA_FILE", Surroundings.absolute($0))] } ?? []
        return [file] + caFile
    }

    private func environment(
        for wish: CommandEnvironment.Wish, agent: AgentClient?
    ) async throws -> CommandEnvironment {
        guard wish.needsEndpoint else {
            let profile =
                if let agent { try await agent.profile(named: name) } else {
                    try await unlock.withVault(hint: unlock.hintToUnlock) { try await $0.profile(named: name) }
                }
            return try CommandEnvironment(
                wish, profile: ServedProfile(profile), vault: global.vaultPath, endpoint: nil, header: "")
        }
        let order = KeeperProcess.Order(
            profile: name, vault: global.vaultPath, caFile: global.caFilePath.map(Surroundings.absolute),
            audiences: allowAudience, isQuiet: global.quiet)
        // Asked for here, because the keeper has no terminal.
        let secret = agent == nil ? try unlock.unlockSecret(hint: unlock.hintToUnlock) : nil
        let served = try KeeperProcess.start(order, secret: secret)
        // An environment is no place for locked memory.
        let header = served.header.withBytes { bytes in
            unsafe bytes.withUnsafeBytes { unsafe String(decoding: $0, as: UTF8.self) }
        }
        return try CommandEnvironment(
            wish, profile: served.profile, vault: global.vaultPath, endpoint: served.endpoint, header: header)
    }

    private func tell(_ environment: CommandEnvironment) {
        let removed = environment.removed.filter { Surroundings.value($0) != nil }.sorted()
        global.console.detail("sets \(environment.set.keys.sorted().joined(separator: ", "))")
        if !removed.isEmpty { global.console.detail("takes away \(removed.joined(separator: ", "))") }
    }
}
