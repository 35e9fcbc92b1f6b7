import ArgumentParser
import Glibc
import Vault

struct RotationRecover: Verb {
    static let configuration = CommandConfiguration(
        commandName: "recover", abstract: "Store a new credential that the disk had no room for.",
        discussion: """
            Takes the sealed block that was written on standard error, with or without other lines around it, from a \
            file or from standard input. It takes what unlocks the vault.

            EXAMPLE
              vaultctl rotation recover < saved-block
            """)

    @Argument(
        help: ArgumentHelp("A file with the sealed block; standard input when it is left out.", valueName: "path"))
    var path: String?

    @OptionGroup var unlock: UnlockOptions
    var global: GlobalOptions { unlock.global }

    func run() async throws {
        let output = try global.recordOutput()
        let source = path.map { SecretSource.file($0) } ?? .descriptor(STDIN_FILENO, option: "the sealed block")
        try SecretSource.refuseSharing([source, unlock.claimedSource])
        let bytes: SecretBytes =
            switch source {
            case .file(let path):
                try SecretSource.contents(of: path, what: "the sealed block", console: global.console)
            default: try SecretBytes.reading(STDIN_FILENO, what: "the sealed block")
            }
        // Ciphertext, which only the vault opens.
        let text = bytes.withBytes { String(decoding: $0.array, as: UTF8.self) }
        try await unlock.withVault { vault in
            let rotation = try await vault.recoverRotation(from: text)
            let name = try await vault.profiles(tags: []).first { $0.id == rotation.profile }?.name
            try output.write(rotation.record(profile: name))
            global.console.note(
                "the new credential is stored; go on: vaultctl rotation resume \(name?.description ?? "")")
        }
    }
}
