import Glibc
import Vault

/// vaultctl as az: what the Azure and Databricks libraries and Terraform run to get a token (wire reference, 3 and 4.1).
///
/// It prints what az prints, byte for byte, for the account of the profile in `VAULTCTL_PROFILE`; standard error has az's
/// words, too, because libraries decide by them. What it does not answer goes to the next az on the `PATH`.
struct AzStandIn {
    /// The version of az that it stands in for.
    static let version = "2.91.0"

    /// What `--vault` said before the verb.
    let vault: String?

    /// The words for az, where this program is called as az or by its verb; nil otherwise. They are az's before anything of
    /// vaultctl reads them.
    static func words(called program: String?, with arguments: [String]) -> [String]? {
        if let program, program == "az" || program.hasSuffix("/az") { return arguments }
        // Help for the verb is that of the other verbs.
        guard arguments.first == "az", arguments != ["az"], !asksForHelp(Array(arguments.dropFirst())) else {
            return nil
        }
        return Array(arguments.dropFirst())
    }

    private static func asksForHelp(_ words: [String]) -> Bool { words == ["--help"] || words == ["-h"] }

    /// Does what the words say.
    /// - Parameter words: without the name of the program.
    /// - Returns: the exit status.
    static func run(_ words: [String], vault: String? = nil, outputIsOpen: Bool = true) async -> Int32 {
        do {
            guard outputIsOpen else {
                throw AzFailure.failed("standard output is closed", hint: "nothing was done")
            }
            try await AzStandIn(vault: vault).answer(words)
            return EXIT_SUCCESS
        } catch {
            let failure = AzFailure(any: error)
            for line in failure.lines { Console.line(line.visible) }
            return failure.status
        }
    }

    private func answer(_ words: [String]) async throws {
        if words == ["--version"] || words == ["-v"] { return try StandardOutput.write(Self.versions) }
        guard let (command, rest) = AzCommand.named(by: words) else { return try await passOn(words) }
        if command == .login, !Self.namesServicePrincipal(rest) { return try await passOn(words) }
        if rest.contains("--help") || rest.contains("-h") { return try await passOn(words) }
        let options = try options(rest, of: command)
        if command == .set, !options.has("--subscription") {
            throw AzFailure.usage("the following arguments are required: --subscription/-s/--name/-n")
        }
        let answer = AzAnswer(vault: vault, options: options, writer: try AzWriter(options))
        switch command {
        case .accessToken: try await answer.accessToken()
        case .show: try await answer.show()
        case .list: try await answer.list()
        case .set: try await answer.set()
        case .version: try answer.version()
        case .login: try await answer.login()
        case .logout:
            Console.line("vaultctl: there is nothing to log out of: no token or secret is kept here; vaultctl lock")
        }
    }

    private static func namesServicePrincipal(_ words: [String]) -> Bool {
        words.contains { $0.hasPrefix("--service") && "--service-principal".hasPrefix($0) }
    }

    /// What was typed wrong is repeated as az does it, unless it may be a secret.
    private func options(_ words: [String], of command: AzCommand) throws(AzFailure) -> AzOptions {
        let options: AzOptions
        do {
            options = try AzOptions(words, of: command.rawValue, options: command.options)
        } catch {
            throw command == .login ? Self.loginNotUnderstood : error
        }
        guard !options.surplus.isEmpty else { return options }
        guard command != .login else { throw Self.loginNotUnderstood }
        do {
            try SecretArguments.refuse(in: options.surplus)
        } catch {
            throw .usage(error.message, hint: error.hint)
        }
        throw .usage("unrecognized arguments: " + options.surplus.joined(separator: " "))
    }

    private static let loginNotUnderstood = AzFailure.usage(
        "what was typed after login is not understood, and not repeated here, because it may be a secret",
        hint: "no login is needed: tokens are those of the profile in VAULTCTL_PROFILE")

    private func passOn(_ words: [String]) async throws {
        let next: NextAz
        do {
            next = try NextAz.find()
        } catch {
            guard words.isEmpty || words.contains("--help") || words.contains("-h") else { throw error }
            return try StandardOutput.write(Az.help)
        }
        try next.run(words, configDirectory: try await configDirectory())
    }

    /// `AZURE_CONFIG_DIR` for another az: what the profile's tag `azure-config-dir=/…` says. Whose az that will be is not to
    /// be guessed: a profile that cannot be looked at is an error.
    private func configDirectory() async throws -> String? {
        guard Surroundings.value("VAULTCTL_PROFILE") != nil else { return nil }
        let session = try AzSession(vault: vault)
        let profile = try await session.withService { try await $0.profile(named: session.profile) }
        guard let directory = profile.tag("azure-config-dir") else { return nil }
        guard directory.hasPrefix("/") else {
            throw AzFailure.failed(
                "the profile's tag azure-config-dir is not an absolute path",
                hint: "vaultctl edit \(session.profile) --tag azure-config-dir=/…")
        }
        return directory
    }

    /// az has more lines: of its libraries, its folders, and whether it is new.
    private static let versions = """
        azure-cli                         \(version)

        core                              \(version)
        telemetry                          1.1.0

        vaultctl \(Vaultctl.version), standing in for az


        """
}

extension AzFailure {
    /// What an answer can end with.
    init(any error: any Error) {
        switch error {
        case let failure as AzFailure: self = failure
        case let error as VaultError: self.init(error)
        // Its own text may hold anything; its type cannot.
        default:
            self = .failed("an unexpected error of type \(type(of: error))", hint: "this is a bug, please report it")
        }
    }
}
