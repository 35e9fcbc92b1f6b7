import ArgumentParser
import CredentialFiles
import Vault

struct Import: Verb {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Store the service principals that files of other tools hold.",
        discussion: """
            Reads what az (az), Databricks' clients (databricks), shells and CI (env), az ad sp create-for-rbac \
            (rbac) and Terraform (terraform) keep, and csv and json of our own, which 'vaultctl export' writes. \
            Without PATH that is the place where the tool keeps it; - is standard input. Who is in the vault \
            already, by tenant and client id, is left out: run it again as often as you like; --check tries those, too, and \
            exits with 1 when the file has another secret, which it does not store. What cannot be imported is said with \
            its line, and the rest is. Exits with 78 when an entry was not understood, with 76 when one was refused. A cloud of your own takes the passphrase, agent or not.

            The files stay as they are, unless --shred: then each secret that the vault has, read back and tried, is \
            taken out of its file, which is written anew and keeps all else. Takes the passphrase.

            EXAMPLES
              vaultctl import --from az --dry-run
              vaultctl import --from az --check --name 'prod/{name}' --tag team=data
              vaultctl import --from az --shred
              vaultctl import --from databricks
              vaultctl import --from env .env ci/*.env
              az ad sp create-for-rbac --name ci | vaultctl import --from rbac -
            """)

    @Option(
        help: ArgumentHelp(
            "The form of the files: \(FileFormat.allCases.map(\.rawValue).joined(separator: ", ")).",
            valueName: "format"), transform: FileFormat.typed)
    var from: FileFormat

    @Argument(help: ArgumentHelp("Files; with az also its folder.", valueName: "path"))
    var paths: [String] = []

    @Flag(help: "Only show what would come.")
    var dryRun = false

    @Flag(help: "Try each credential, and do not store what is refused.")
    var check = false

    @Flag(help: "Try each, and take what the vault has out of the files.")
    var shred = false

    @Flag(help: "Take assertions of commands, which --check and tokens run.")
    var allowCommands = false

    @Option(
        help: ArgumentHelp(
            "How profiles are named: text with {name}, {client}, {tenant}, {n}, {tag:KEY} in it.", valueName: "pattern"),
        transform: NamePattern.init)
    var name: NamePattern = .usual

    @Option(
        help: ArgumentHelp("A label for each, KEY=VALUE or KEY. Repeatable.", valueName: "tag"), transform: Tag.typed)
    var tag: [Tag] = []

    @Option(help: ArgumentHelp("How many at once, 1 to 64.", valueName: "n"))
    var jobs = 64

    @OptionGroup(title: "The cloud of all of them, whatever the files say") var own: CloudOptions
    @OptionGroup var network: NetworkOptions
    @OptionGroup var unlock: UnlockOptions
    var global: GlobalOptions { unlock.global }

    func validate() throws {
        guard (1...64).contains(jobs) else { throw ValidationError("--jobs is 1 to 64") }
        guard !shred || !dryRun else { throw ValidationError("--shred changes files, and --dry-run changes nothing") }
        guard !shred || !paths.contains("-") else {
            throw ValidationError("nothing can be taken out of standard input; --shred is for files")
        }
    }

    func run() async throws {
        let output = try global.listOutput()
        try SecretSource.refuseSharing(
            paths.filter { $0 == "-" }.map { _ in .file("/dev/stdin") } + [unlock.claimedSource])
        // Each secret is some pages of locked memory.
        ResourceLimits.raise()
        var (files, unread) = try readFiles()
        // What cannot be written anew is said before anything is stored.
        let shredding = shred ? try Shredding(of: files.map(\.path), from) : nil
        if shredding?.hasPutBack == true { (files, unread) = try readFiles() }
        let (read, problems) = (files, unread)
        let work: (any VaultService) async throws -> [ImportResult] = { service in
            let results = try await self.results(of: read, by: service, shredding) + problems
            try output.write(results, as: ImportResult.listing)
            return results
        }
        let results = try await withVaultOrService(files, work)
        if results.isEmpty {
            global.console.note("no service principal is in \(files.map(\.path).joined(separator: ", "))")
        } else {
            global.console.note(ImportResult.summary(of: results))
        }
        if let code = ImportResult.exitCode(of: results) { throw ExitCode(code.rawValue) }
    }

    /// Who may only ask the agent must not put a place of their own under a name that somebody trusts; and an agent gives no
    /// stored secret to be compared.
    private func withVaultOrService(
        _ files: [ImportedFile], _ work: (any VaultService) async throws -> [ImportResult]
    ) async throws -> [ImportResult] {
        let isKnown = files.allSatisfy { file in
            file.reading.credentials.allSatisfy { !$0.destination.cloud.isDescribed || $0.destination.isKnown }
        }
        guard (isKnown || dryRun) && !shred else {
            return try await unlock.withVault(timeout: network.timeout.seconds) { try await work($0) }
        }
        return try await unlock.withService(timeout: network.timeout.seconds, work)
    }

    /// What the files have, with the cloud that was named; and those that cannot be read.
    private func readFiles() throws(VaultError) -> ([ImportedFile], [ImportResult]) {
        let cloud = own.isGiven ? try own.cloud() : nil
        let read = try ImportedFile.read(
            // Of a file that is written anew each secret is held twice.
            from, paths, most: SourceText.mostCredentials / (shred ? 2 : 1), console: global.console)
        var files = read.files
        if !allowCommands {
            for file in files.indices { files[file].reading.refuseCommands() }
        }
        if let cloud {
            for file in files.indices {
                for index in files[file].reading.credentials.indices {
                    files[file].reading.credentials[index].destination.cloud = cloud
                }
                for index in files[file].reading.problems.indices {
                    files[file].reading.problems[index].emptied?.destination.cloud = cloud
                }
            }
        }
        for (_, error) in read.unread { global.console.report(error) }
        return (files, read.unread.map { ImportResult(unreadFile: $0.path, $0.error) })
    }

    /// In the order of the files.
    private func results(
        of files: [ImportedFile], by service: any VaultService, _ shredding: Shredding?
    ) async throws(VaultError) -> [ImportResult] {
        let known = KnownPrincipals(try await service.profiles(tags: []))
        let planned = PlannedImport.all(
            of: files, name, tags: tag, namesCount: from == .csv || from == .json, known: known)
        let lines = try ServiceLines(
            service, count: dryRun ? 1 : min(jobs, max(planned.count, 1)), timeout: network.timeout.seconds,
            global: global)
        let run = ImportRun(lines: lines, checks: check || shred, console: global.console)
        var results = dryRun ? planned.map(run.foreseen) : await run.results(of: planned)
        if check, !shred, !dryRun { results = try await run.compared(planned, results, by: service) }
        if let shredding, let vault = service as? Vault {
            results = try await shredding.shredded(planned, results, vault: vault, console: global.console)
        }
        let problems = files.flatMap { file in
            file.reading.problems.map { ImportResult($0, path: file.path, known: known) }
        }
        let order = Dictionary(files.enumerated().map { ($1.path, $0) }, uniquingKeysWith: { first, _ in first })
        return (results + problems).enumerated().sorted { left, right in
            let (one, other) = (left.element, right.element)
            return (order[one.path] ?? 0, one.line ?? 0, left.offset) < (
                order[other.path] ?? 0, other.line ?? 0, right.offset
            )
        }.map(\.element)
    }
}

extension FileReading {
    /// Whoever writes a file must not run commands as whoever imports it.
    fileprivate mutating func refuseCommands() {
        for found in credentials {
            guard case .command? = found.destination.assertion else { continue }
            problems.append(
                FileProblem(
                    line: found.line, name: found.name,
                    message: "it names a command to run; --allow-commands takes it", clientID: found.clientID))
        }
        credentials.removeAll { if case .command? = $0.destination.assertion { true } else { false } }
    }
}

extension FileFormat {
    /// For `@Option(transform:)`.
    static func typed(_ text: String) throws -> FileFormat {
        guard let format = FileFormat(rawValue: text) else {
            throw VaultError(
                .usage, "that form of file is not known",
                hint: "use one of \(allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return format
    }
}
