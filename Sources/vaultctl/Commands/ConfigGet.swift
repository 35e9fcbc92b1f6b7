import ArgumentParser
import Vault

struct ConfigGet: Verb {
    static let configuration = CommandConfiguration(
        commandName: "get", abstract: "Show one setting.",
        discussion: """
            Exits with 66 when it is not set, and with 78 when its value is one that this version does not know.

            EXAMPLE
              vaultctl config get sink.file
            """)

    @Argument(help: ArgumentHelp(SettingKey.allNames, valueName: "key"), transform: SettingKey.typed)
    var key: SettingKey

    @OptionGroup var unlock: UnlockOptions
    var global: GlobalOptions { unlock.global }

    func run() async throws {
        let output = try global.recordOutput()
        try await unlock.withService { service in
            guard let setting = try await service.settings().first(where: { $0.key == key }) else {
                throw VaultError(.notFound, "\(key.rawValue) is not set", hint: "vaultctl config list")
            }
            try setting.checkUnderstood()
            try output.write(setting.record)
        }
    }
}
