import ArgumentParser
import Vault

struct Doctor: Verb {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Look whether all is well with the vault and this machine, and say what to do.",
        discussion: """
            Changes nothing. Each line is a check, its result and what to do. 'skipped' is what was left out on \
            purpose or has nothing to look at, 'unknown' what could not be looked at, and why. What is sealed is \
            looked at through an unlocked agent, or with what unlocks the vault.

            Exits with 0 when all is well, and with 1 when there is a warning or a problem, or something unknown. tsv has \
            no header; its columns are check, result, what was found, what to do.

            EXAMPLES
              vaultctl doctor
              vaultctl doctor --no-network --locked -o tsv
            """)

    @Flag(help: "Ask no identity provider.")
    var noNetwork = false

    @Flag(help: "Unlock nothing, ask for nothing: leave out what is sealed.")
    var locked = false

    @OptionGroup var unlock: UnlockOptions
    var global: GlobalOptions { unlock.global }

    func validate() throws {
        guard !locked || !unlock.isGiven else {
            throw ValidationError("--passphrase-file, --passphrase-fd and --key-file make no sense with --locked")
        }
    }

    func run() async throws {
        let output = try global.listOutput()
        let patient = try await Patient(unlock, staysLocked: locked, asksNetwork: !noNetwork)
        let progress = Progress("examining", console: global.console)
        defer { progress.finish() }
        // Some of it waits for the network and some computes: neither is to wait for the other.
        let rows = await withTaskExecutorPreference(globalConcurrentExecutor) {
            await Checkup.standard.run(on: patient, progress: progress)
        }
        progress.finish()
        if output.format == .table {
            try output.write(CheckupRow.lines(rows), as: CheckupRow.Line.listing)
        } else {
            try output.write(rows, as: CheckupRow.listing)
        }
        guard rows.allSatisfy(\.diagnosis.isHarmless) else { throw ExitCode(VaultError.Code.finding.rawValue) }
    }
}
