import ArgumentParser
import Dispatch
import FoundationEssentials
import Glibc
import Vault
import VaultEndpoint

struct Serve: Verb {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Answer Azure and Databricks clients as a managed identity's endpoint would.",
        discussion: """
            In the foreground, for containers and supervisors, until SIGTERM, SIGINT or SIGHUP. Clients get tokens of the \
            profile, and nothing else. With the vault unlocked in the agent the agent is asked, and locking it ends the \
            tokens; else the vault is opened in this process.

            What clients need to know is a secret: it is in the file of --env-file (mode 0600, KEY=VALUE, removed at the \
            end), and on standard output only with -o env. An address is one of the loopback interface, because HTTP \
            has no secrets; for a container share its network namespace, or give it a Unix socket, whose paths are \
            /msi/token (with the header), and below /$VAULTCTL_ENDPOINT_PATH /metadata/identity/oauth2/token, \
            /msi/token and /databricks/token. On TCP a process of another user is refused where the system tells. \
            GET /health needs no secret. Where clients have a proxy, their NO_PROXY must name 127.0.0.1.

            EXAMPLES
              vaultctl serve ci --env-file /run/app/id.env
              docker run --network host --user $UID --env-file /run/app/id.env app
              vaultctl serve ci --listen unix:/run/app/identity.sock -o env
            """)

    @Argument(
        help: ArgumentHelp("The profile.", valueName: "name"), completion: .profiles, transform: ProfileName.typed)
    var name: ProfileName

    @Option(
        help: ArgumentHelp(
            "Where: ADDRESS:PORT of this machine alone, or unix:PATH; port 0 takes a free one.", valueName: "address"),
        transform: EndpointAddress.typed)
    var listen = EndpointAddress.tcp(host: "127.0.0.1", port: 0)

    @Option(
        help: ArgumentHelp("Give tokens for this audience only; more than once for several.", valueName: "resource"))
    var allowAudience: [String] = []

    @Option(help: ArgumentHelp("Write the variables that clients need to this file.", valueName: "path"))
    var envFile: String?

    @Option(help: ArgumentHelp("Read the header's secret from this file, instead of making one.", valueName: "path"))
    var headerFile: String?

    @OptionGroup var network: NetworkOptions
    @OptionGroup var unlock: UnlockOptions
    var global: GlobalOptions { unlock.global }

    func run() async throws {
        // Before anything is read that would have to be read again. What the server's own buffers held of a token is
        // overwritten when they are freed, also where they are still being sent from when the answer is done with.
        AllocatorSettings.takeEffect(console: global.console)
        let printsVariables = global.output == "env"
        let output = printsVariables ? nil : try global.recordOutput()
        guard printsVariables || envFile != nil || headerFile != nil else {
            throw VaultError(
                .usage, "no client could know the endpoint's secret",
                hint: "give --env-file PATH, or -o env to print it")
        }
        let header = try headerFile.map { path throws(VaultError) in
            try EndpointSettings.header(from: path, console: global.console)
        }
        ResourceLimits.raise()
        try await unlock.withIssuing(for: name, timeout: network.timeout.seconds) { profile, issue in
            let cloud = profile.destination.cloud
            var settings = EndpointSettings.random(
                for: profile, allowedAudiences: try allowAudience.flatMap { try Audience.allowed($0, in: cloud) },
                log: { [console = global.console] in console.note($0) })
            if let header { settings.header = header }
            let server = try await EndpointServer.bind(listen, settings: settings, issue: issue)
            defer { server.stop() }
            let variables = EndpointVariables(server, settings, socket: listen.socketPath)
            let file = try envFile.map { path throws(VaultError) in try variables.write(to: path) }
            defer { file?.remove() }
            // Not before the passphrase was asked for: a prompt has its own way with signals.
            let signals = StopSignals {
                server.stop()
                // Whatever keeps it.
                DispatchQueue.global().asyncAfter(deadline: .now() + .seconds(8)) {
                    file?.remove()
                    _exit(EXIT_SUCCESS)
                }
            }
            defer { signals.cancel() }
            if let output {
                try output.write(record(of: server))
            } else {
                try variables.print()
            }
            global.console.note("listening at \(listen.socketPath ?? server.urls.health ?? "?")")
            ServiceManager.tellReady()
            try await server.run()
        }
    }

    /// What is known about the endpoint, without its secret.
    private func record(of server: EndpointServer) -> Record {
        let port = server.port.map(Int64.init)
        return Record(
            lines: [
                ("profile", .text(name.description)),
                ("listening", .text(listen.socketPath ?? server.urls.health)),
                ("audiences", .text(allowAudience.isEmpty ? "any" : allowAudience.joined(separator: ", "))),
                ("variables", .text(envFile)),
            ],
            json: { json in
                json.object { json in
                    json.field("allowedAudiences", allowAudience)
                    json.field("envFile", envFile.map(Surroundings.absolute))
                    json.field("health", server.urls.health)
                    json.field("pid", Int64(getpid()))
                    json.field("port", port)
                    json.field("profile", name.description)
                    json.field("socket", listen.socketPath)
                }
            })
    }
}

extension EndpointAddress {
    /// As `--listen` has it.
    static func typed(_ text: String) throws -> EndpointAddress {
        if text.hasPrefix("unix:") {
            let path = String(text.dropFirst("unix:".count))
            guard !path.isEmpty else { throw ValidationError("unix: is followed by a path") }
            return .unix(path: Surroundings.absolute(path))
        }
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]),
            colon > text.startIndex
        else { throw ValidationError("an address is ADDRESS:PORT, as 127.0.0.1:0, or unix:PATH") }
        return .tcp(host: String(text[..<colon]), port: port)
    }

    var socketPath: String? {
        if case .unix(let path) = self { return path }
        return nil
    }
}

extension Audience {
    /// What an `--allow-audience` stands for: `arm` for both names of Azure Resource Manager, of which az asks for the one and
    /// the SDKs for the other.
    static func allowed(_ text: String, in cloud: Cloud) throws(VaultError) -> [Audience] {
        let audience = try Audience(resource: text, in: cloud)
        guard text.lowercased() == "arm" else { return [audience] }
        return [audience, try Audience(resource: cloud.arm, in: cloud)]
    }
}

extension EndpointSettings {
    /// - Throws: code `usage` for what is too short to be a secret, or could not stand in a header.
    fileprivate static func header(from path: String, console: Console) throws(VaultError) -> SharedSecret {
        let what = "the endpoint's header"
        let header = try SecretSource.contents(of: path, what: what, console: console).droppingNewline(what: what)
        let isSound = header.withBytes { bytes in
            (32...512).contains(bytes.byteCount)
                && (0..<bytes.byteCount).allSatisfy { (0x21...0x7e).contains(bytes.byte(at: $0)) }
        }
        guard isSound else {
            throw VaultError(
                .usage, "\(what) has 32 to 512 printable characters without spaces",
                hint: "for example: openssl rand -hex 32")
        }
        return SharedSecret(header)
    }
}
