import ArgumentParser
import Vault

/// Where a federated credential's assertion is taken from.
struct FederationOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "A file with the token of another identity provider, instead of a secret.", valueName: "path"))
    var federatedTokenFile: String?

    @Option(help: ArgumentHelp("A shell command that prints that token.", valueName: "command"))
    var federatedTokenCommand: String?

    @Option(help: ArgumentHelp("A variable with that token, of the process that asks.", valueName: "name"))
    var federatedTokenEnv: String?

    func validate() throws {
        guard [federatedTokenFile, federatedTokenCommand, federatedTokenEnv].count(where: { $0 != nil }) <= 1 else {
            throw ValidationError(
                "give one of --federated-token-file, --federated-token-command and --federated-token-env")
        }
    }

    var source: AssertionSource? {
        if let federatedTokenFile { return .file(Surroundings.absolute(federatedTokenFile)) }
        if let federatedTokenCommand { return .command(federatedTokenCommand) }
        return federatedTokenEnv.map { .environment($0) }
    }
}
