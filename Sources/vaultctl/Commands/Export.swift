import ArgumentParser
import CredentialFiles
import FoundationEssentials
import Vault

struct Export: Verb {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write stored credentials in clear, in the form of another tool.",
        discussion: """
            Takes the passphrase, agent or not. The file is made anew, readable for you alone, and is never replaced; - \
            is standard output, which must not be a terminal. Each profile's entry is on the record before its secret \
            leaves. csv and json say everything of a profile, and 'vaultctl import' makes the same of it; what another \
            form cannot say is an error, and then nothing is written: certificates, for one.

            EXAMPLES
              vaultctl export --to json vault.json --all --reason "moving to the new host"
              vaultctl export --to env .env ci
              vaultctl export --to databricks team.cfg @prod-eu
              vaultctl export --to rbac - ci | gh secret set AZURE_CREDENTIALS
            """)

    @Option(
        help: ArgumentHelp("az, databricks, env, rbac, terraform, csv or json.", valueName: "form"),
        transform: FileFormat.typed)
    var to: FileFormat

    @Argument(help: ArgumentHelp("The file to make, or -.", valueName: "file"))
    var file: String

    @OptionGroup var chosen: ChosenProfiles

    @Flag(help: "All profiles.")
    var all = false

    @Option(help: ArgumentHelp("Why, for the record.", valueName: "text"))
    var reason: String?

    @OptionGroup var unlock: UnlockOptions
    var global: GlobalOptions { unlock.global }

    func validate() throws {
        guard chosen.isGiven != all else { throw ValidationError("give profile names, @selections, --tag or --all") }
        guard file != "-" || global.output == nil else {
            throw ValidationError("with - the result is the export alone, without --output")
        }
    }

    func run() async throws {
        let path = file == "-" ? nil : Surroundings.absolute(file)
        if let path {
            try checkPlace(path)
        } else if StandardOutput.isTerminal {
            throw VaultError(
                .usage, "secrets are not written to a terminal", hint: "name a file, or pipe it to another program")
        }
        let output = try path.map { _ in try global.recordOutput() }
        try await unlock.withVault { vault in
            let names = try await chosen.names(vault)
            guard !names.isEmpty else { throw VaultError(.notFound, "there is no profile", hint: "vaultctl list") }
            if let path {
                var new = try NewFile(at: path, replaces: false)
                try new.write(try text(of: names, in: vault, place: path))
                try new.finish()
            } else {
                try StandardOutput.write(try text(of: names, in: vault, place: "standard output"))
            }
            warn(names.count, path)
            if let path { try output?.write(record(path, names.count)) }
        }
    }

    private func checkPlace(_ path: String) throws(VaultError) {
        do throws(VaultError) {
            try global.checkNewFile(path, replaces: false)
        } catch {
            throw VaultError(error.code, error.message, hint: "name another one: an export replaces no file")
        }
    }

    private func text(of names: [ProfileName], in vault: Vault, place: String) throws(VaultError) -> SecretBytes {
        try vault.exportCredentials(of: names, detail: "as \(to.rawValue) to \(place)", reason: reason) {
            (credentials) throws(VaultError) in try to.text(of: credentials)
        }
    }

    private func warn(_ count: Int, _ path: String?) {
        let what = count == 1 ? "the credential of 1 profile" : "the credentials of \(count) profiles"
        global.console.note(
            "warning: \(what) left the vault IN CLEAR, as \(to.rawValue), to \(path ?? "standard output")")
        if let omission = to.omission { global.console.note(omission) }
        if let path { global.console.hint("when it has served its purpose: shred -u \(path)") }
    }

    private func record(_ path: String, _ count: Int) -> Record {
        Record(
            lines: [("file", .text(path)), ("form", .text(to.rawValue)), ("profiles", .number(Int64(count)))],
            json: { json in
                json.object { json in
                    json.field("file", path)
                    json.field("form", to.rawValue)
                    json.field("profiles", Int64(count))
                }
            })
    }
}
