import ArgumentParser
import FoundationEssentials
import Glibc
import Vault

/// Which vault is measured, and how it is opened.
struct VaultOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The vault file.", valueName: "path"))
    var vault: String

    @Option(help: ArgumentHelp("The key file that opens it.", valueName: "path"))
    var keyFile: String

    @Option(help: ArgumentHelp("Where its anchor lies.", valueName: "path"))
    var stateDirectory: String

    func open() throws -> Vault {
        var bytes = try [UInt8](Data(contentsOf: URL(filePath: keyFile)))
        if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
        let key = SecretBytes(copying: unsafe bytes.span.bytes)
        return try Vault.open(at: vault, with: .keyFile(key), environment: environment)
    }

    private var environment: VaultEnvironment {
        VaultEnvironment(
            now: { Date() }, transport: NoTransport(),
            caller: Caller(
                uid: getuid(), pid: getpid(), user: "benchmark", host: "localhost",
                claimedExecutables: Array(CommandLine.arguments.prefix(1))),
            stateDirectory: stateDirectory)
    }
}
