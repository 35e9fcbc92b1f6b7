import ArgumentParser
import Vault

struct AuditAnchorAccept: Verb {
    static let configuration = CommandConfiguration(
        commandName: "accept",
        abstract: "Take the vault as it is, although this machine remembers a newer or another one.",
        discussion: """
            For a vault that was restored, or written on another machine. Make sure first that it was you.

            EXAMPLE
              vaultctl audit anchor accept --reason "restored from the backup of Monday"
            """)

    @Option(help: ArgumentHelp("Why, for the record.", valueName: "text"))
    var reason = "not given"

    @Flag(help: "Do not ask.")
    var yes = false

    @OptionGroup var unlock: UnlockOptions
    var global: GlobalOptions { unlock.global }

    func run() async throws {
        let output = try global.recordOutput()
        try global.confirm("accept \(global.vaultPath) as it is?", yes: yes)
        try await unlock.withVault(accepting: .anything) { vault in
            try vault.acceptAnchor(reason: reason)
            try output.write(.done("accepted", global.vaultPath))
        }
    }
}
