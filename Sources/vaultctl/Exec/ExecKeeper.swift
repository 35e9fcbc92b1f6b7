import ArgumentParser
import Dispatch
import Glibc
import Vault
import VaultAgent
import VaultEndpoint

/// The other side of ``KeeperProcess``: a verb that nobody types.
struct ExecKeeper: Verb {
    static let configuration = CommandConfiguration(
        commandName: "exec-keeper", abstract: "Keep the endpoint of a command that 'vaultctl exec' runs.",
        shouldDisplay: false)

    @Argument(transform: ProfileName.typed)
    var name: ProfileName

    @Option var unlocking: KeeperProcess.Unlocking
    @Option var allowAudience: [String] = []

    /// Whether this is nobody's child already.
    @Flag var detached = false

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        typealias Inherited = KeeperProcess.Inherited
        guard [Inherited.answer, Inherited.watched, Inherited.secret].allSatisfy(Descriptor.isOpen) else {
            throw VaultError(.usage, "this verb is for 'vaultctl exec' alone", hint: "vaultctl exec --help")
        }
        do throws(VaultError) {
            guard detached else { return try KeeperProcess.detach() }
            // Before anything is read that would have to be read again.
            AllocatorSettings.takeEffect(console: global.console)
            ResourceLimits.raise()
            ResourceLimits.forbidCoreFiles(forGood: true)
            for descriptor in [Inherited.answer, Inherited.watched, Inherited.secret] {
                Descriptor.closeOnExec(descriptor)
            }
            try await keep()
        } catch {
            do throws(VaultError) {
                // `exec` has the words for it.
                try KeeperMessage(KeeperAnswer(error)).write(to: Inherited.answer)
            } catch {
                // It has ended: nobody is left to be told.
            }
        }
    }

    private func keep() async throws(VaultError) {
        if unlocking == .agent {
            guard let agent = try global.agent(timeout: Self.timeout) else {
                throw VaultError(.locked, "the vault is locked: its agent has ended", hint: "vaultctl unlock")
            }
            return try await serve(
                try await agent.profile(named: name),
                issue: UnlockOptions.issuingByAgent(vault: try global.canonicalVaultPath(), timeout: Self.timeout))
        }
        let vault = try openVault()
        for notice in vault.notices { global.console.note("warning: \(notice)") }
        defer { global.leaveAnchor(of: vault) }
        try await serve(
            try await vault.profile(named: name), issue: UnlockOptions.issuing(by: vault, console: global.console))
    }

    /// Seconds that a request to the identity provider may take.
    private static let timeout = 30.0

    /// The secret is let go when the vault is open.
    private func openVault() throws(VaultError) -> Vault {
        let bytes = try SecretBytes.reading(KeeperProcess.Inherited.secret, what: "what unlocks the vault")
        close(KeeperProcess.Inherited.secret)
        let secret = unlocking == .keyFile ? UnlockSecret.keyFile(bytes) : .passphrase(bytes)
        let transport = global.transport(timeout: Self.timeout)
        return try Vault.open(at: global.vaultPath, with: secret, environment: .process(transport: transport))
    }

    /// Answers until the process that is watched has ended.
    private func serve(_ profile: Profile, issue: @escaping IssueForClient) async throws(VaultError) {
        var audiences: [Audience] = []
        for audience in allowAudience {
            audiences += try Audience.allowed(audience, in: profile.destination.cloud)
        }
        let settings = EndpointSettings.random(for: profile, allowedAudiences: audiences)
        let server = try await EndpointServer.bind(.tcp(host: "127.0.0.1", port: 0), settings: settings, issue: issue)
        let stop: @Sendable () -> Void = {
            server.stop()
            // Whatever keeps it: there is nobody left to answer.
            DispatchQueue.global().asyncAfter(deadline: .now() + .seconds(8)) { _exit(EXIT_SUCCESS) }
        }
        let signals = StopSignals(stop)
        let end = DispatchSource.makeReadSource(fileDescriptor: KeeperProcess.Inherited.watched)
        end.setEventHandler(handler: stop)
        end.activate()
        defer {
            signals.cancel()
            end.cancel()
        }
        try tell(ServedProfile(profile), server.urls, header: settings.header.bytes.copy())
        try await server.run()
    }

    private func tell(
        _ profile: ServedProfile, _ urls: EndpointURLs, header: consuming SecretBytes
    ) throws(VaultError) {
        guard let endpoint = ServedEndpoint(urls) else {
            throw VaultError(.internalError, "the endpoint has no addresses")
        }
        // What the command has open is the command's to keep open, and so is its directory.
        Descriptor.replace(STDERR_FILENO, with: "/dev/null", O_WRONLY)
        _ = unsafe chdir("/")
        try KeeperMessage(.ready(profile: profile, endpoint: endpoint), header: header)
            .write(to: KeeperProcess.Inherited.answer)
        close(KeeperProcess.Inherited.answer)
    }
}

extension KeeperProcess.Unlocking: ExpressibleByArgument {}

extension ServedEndpoint {
    fileprivate init?(_ urls: EndpointURLs) {
        guard let identity = urls.identityEndpoint, let msi = urls.msiEndpoint, let imds = urls.imdsAuthority,
            let databricks = urls.databricksMetadataURL
        else { return nil }
        self.init(identity: identity, msi: msi, imds: imds, databricks: databricks)
    }
}
