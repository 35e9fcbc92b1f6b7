import ArgumentParser
import FoundationEssentials
import Vault

/// Options of the verbs that ask the identity provider.
struct NetworkOptions: ParsableArguments {
    @Option(help: ArgumentHelp("How long to wait for the identity provider.", valueName: "duration"))
    var timeout = Period(seconds: 30)

    func validate() throws {
        guard timeout.seconds >= 1, timeout.seconds <= 600 else {
            throw ValidationError("--timeout is between 1s and 10m")
        }
    }
}
