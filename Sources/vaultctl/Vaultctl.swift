import ArgumentParser
import Glibc
import Vault

struct Vaultctl: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "vaultctl",
        abstract: "Keep service principals in one encrypted file and hand out short-lived tokens by name.",
        discussion: """
            Begin like this. What is secret is asked for, or read from a file or pipe; it is never an argument.

              vaultctl init            make the vault, choose its passphrase
              vaultctl add ci --client-id ID --tenant ID --resource databricks
                                       store a service principal, try its secret
              vaultctl unlock          once, so that nothing asks again for a while
              vaultctl issue ci        get a token for it
              vaultctl audit list      see who got which token, and when

            Results go to standard output, everything else to standard error. Off a terminal lists are \
            tab-separated and everything else is JSON; -o json is always there. 'vaultctl exit-codes' tells what each \
            exit code means. What 'unlock' opened stays open until 'vaultctl lock', 15 minutes without use, or 12 \
            hours. The vault is $XDG_DATA_HOME/vaultctl/vault.db, or what --vault or VAULTCTL_VAULT says.
            """,
        version: "vaultctl \(version)",
        groupedSubcommands: [
            CommandGroup(
                name: "Vault",
                subcommands: [
                    Init.self, Unlock.self, Lock.self, Status.self, Passwd.self, Slot.self, Rekey.self, Verify.self,
                    Doctor.self, BackupVerb.self, Restore.self, Merge.self, Config.self, PolicyVerb.self,
                    ExitCodes.self, AnchorKeeper.self,
                ]),
            CommandGroup(
                name: "Profiles",
                subcommands: [
                    Add.self, List.self, Show.self, Edit.self, Rename.self, Remove.self, Import.self, Export.self,
                    Scan.self, Expiring.self, SelectionVerb.self, KnownNames.self,
                ]),
            CommandGroup(name: "Tokens", subcommands: [Issue.self, Tokens.self, Check.self]),
            CommandGroup(name: "Use", subcommands: [Exec.self, Serve.self, Az.self, ExecKeeper.self]),
            CommandGroup(name: "Rotation", subcommands: [Rotate.self, RotationVerb.self]),
            CommandGroup(name: "Audit", subcommands: [Audit.self]),
            CommandGroup(name: "Agent", subcommands: [AgentVerb.self]),
        ])

    static let version = "0.1.0"

    /// The global options may stand before the verb, too.
    @OptionGroup(visibility: .hidden) var global: GlobalOptions

    /// Does what the arguments say; errors become words and exit codes.
    static func run(_ arguments: [String], outputIsOpen: Bool) async -> Int32 {
        var console = Console()
        do {
            try SecretArguments.refuse(in: arguments)
            if outputIsOpen, let issue = PlainIssue(arguments), try issue.run() { return EXIT_SUCCESS }
            var command = try parse(arguments)
            if let verb = command as? any Verb { console = verb.global.console }
            guard outputIsOpen else {
                throw VaultError(.inputOutput, "standard output is closed", hint: "nothing was done")
            }
            if var verb = command as? any AsyncParsableCommand {
                try await verb.run()
            } else {
                try command.run()
            }
        } catch {
            return status(of: error, arguments: arguments, console: console)
        }
        return EXIT_SUCCESS
    }

    /// Parses with the parser of the verb that the first words name, where that works out: the parser of the whole command
    /// reflects on every option of the root and, several times, on those of the verb.
    private static func parse(_ arguments: [String]) throws -> any ParsableCommand {
        var command: any ParsableCommand.Type = Vaultctl.self
        var rest = arguments[...]
        while let word = rest.first, let verb = command.verb(named: word) {
            command = verb
            rest.removeFirst()
        }
        // What is wrong, or asked for as help, is said by the parser that knows the whole.
        guard command != Vaultctl.self, let parsed = try? command.parseAsRoot(Array(rest)) else {
            return try parseAsRoot(arguments)
        }
        return parsed
    }

    /// Reports what ended a command: the one place that turns errors into words and exit codes.
    private static func status(of error: any Error, arguments: [String], console: Console) -> Int32 {
        if let error = error as? VaultError {
            console.report(error)
            return error.code.rawValue
        }
        if let finding = error as? ExitCode { return finding.rawValue }
        if error is CancellationError {
            console.report(VaultError(.internalError, "the work was cancelled"))
            return VaultError.Code.internalError.rawValue
        }
        if exitCode(for: error) == .success {
            // Help or version: a result like any other.
            do {
                try StandardOutput.write(fullMessage(for: error, columns: nil) + "\n")
                return EXIT_SUCCESS
            } catch {
                console.report(error)
                return error.code.rawValue
            }
        }
        if exitCode(for: error) == .validationFailure {
            console.report(UsageProblem(message: message(for: error), arguments: arguments).error)
            return VaultError.Code.usage.rawValue
        }
        // The error's own text may hold anything; its type cannot.
        console.report(
            VaultError(
                .internalError, "an unexpected error of type \(type(of: error))",
                hint: "this is a bug, please report it"))
        return VaultError.Code.internalError.rawValue
    }
}

/// A verb: every command that does something.
protocol Verb: AsyncParsableCommand {
    var global: GlobalOptions { get }
}

extension ParsableCommand {
    /// The command below this one that a word names.
    fileprivate static func verb(named word: String) -> (any ParsableCommand.Type)? {
        configuration.subcommands.first { $0._commandName == word || $0.configuration.aliases.contains(word) }
    }
}
