import ArgumentParser
import Vault

struct Az: Verb {
    static let configuration = CommandConfiguration(
        commandName: "az",
        abstract: "Stand in for az.",
        discussion: """
            Answers what clients ask az for, for the profile in VAULTCTL_PROFILE: account get-access-token, show, list \
            and set, version, and login --service-principal, which is not needed. Anything else goes to the next az on \
            the PATH. A link to vaultctl named az does the same.

            EXAMPLES
              VAULTCTL_PROFILE=ci vaultctl az account get-access-token --resource URI
              ln -s $(command -v vaultctl) ~/bin/az
            """)

    @Argument(parsing: .captureForPassthrough, help: ArgumentHelp("As az takes them.", valueName: "words"))
    var words: [String] = []

    /// Only what stands before the verb: the rest is az's.
    @OptionGroup(visibility: .hidden) var global: GlobalOptions

    static var help: String { Vaultctl.helpMessage(for: Az.self, columns: 80) + "\n" }

    func run() async throws {
        if words.isEmpty || words == ["--help"] || words == ["-h"] { throw CleanExit.helpRequest(self) }
        let status = await AzStandIn.run(words, vault: global.vault)
        if status != 0 { throw ExitCode(status) }
    }
}
