import ArgumentParser
import Vault

struct BackupVerb: Verb {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Copy the vault to a file, while it is used, and verify the copy.",
        discussion: """
            The file is a vault, encrypted as this one is: what opens the vault today (passphrase, recovery code, key \
            files) opens the copy, also after passphrase or keys were changed here. It is readable for you alone, and \
            there only once every row and every entry of it was checked. The backup is an entry, and the last one in \
            the file when nobody else writes. 'restore' puts it back.

            EXAMPLES
              vaultctl backup vault-monday.db
              vaultctl backup --force /var/backups/vault.db -o json
            """)

    @Argument(help: ArgumentHelp("The file to make.", valueName: "file"))
    var file: String

    @Flag(help: "Replace the file, if there is one.")
    var force = false

    @OptionGroup var unlock: UnlockOptions
    var global: GlobalOptions { unlock.global }

    func run() async throws {
        let output = try global.recordOutput()
        let path = Surroundings.absolute(file)
        try unlock.checkNewFile(path, replaces: force)
        try await unlock.withVault { vault in
            let progress = Progress("verifying the copy", console: global.console)
            defer { progress.finish() }
            let backup = try await vault.backUp(to: path, replacing: force) { progress.show($0, of: $1) }
            progress.finish()
            try output.write(backup.record)
        }
    }
}

extension Backup {
    fileprivate var record: Record {
        Record(
            lines: [
                ("file", .text(path)), ("bytes", .number(fileSize)), ("profiles", .number(Int64(profiles))),
                ("entries", .number(Int64(clamping: checkpoint.size))), ("root", .text(checkpoint.root.base64)),
            ],
            json: { json in
                json.object { json in
                    json.field("bytes", fileSize)
                    json.field("checkpoint", checkpoint.note)
                    json.field("entries", Int64(clamping: checkpoint.size))
                    json.field("file", path)
                    json.field("profiles", Int64(profiles))
                    json.field("root", checkpoint.root.base64)
                    json.field("vault", vaultID.hexadecimal)
                }
            })
    }
}
