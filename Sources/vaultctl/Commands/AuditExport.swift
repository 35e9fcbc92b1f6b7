import ArgumentParser
import Vault

struct AuditExport: Verb {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write the whole record into one file, which an auditor can verify without the passphrase.",
        discussion: """
            JSON lines: a head, every row as it is sealed, every checkpoint. FORMAT.md says how it is verified, and \
            Tests/Interop/verify_audit.py does so. With --open each row also has its key and what it says; that takes \
            the passphrase. The export is an entry, and the last row of the file.

            EXAMPLES
              vaultctl audit export audit.jsonl
              vaultctl audit export --open audit-2026-q3.jsonl
            """)

    @Argument(help: ArgumentHelp("The file to make.", valueName: "file"))
    var file: String

    @Flag(help: "Readable: with the key of every row, and what it says.")
    var open = false

    @Flag(help: "Replace the file, if there is one.")
    var force = false

    @OptionGroup var unlock: UnlockOptions
    var global: GlobalOptions { unlock.global }

    func run() async throws {
        let output = try global.recordOutput()
        let path = Surroundings.absolute(file)
        try unlock.checkNewFile(path, replaces: force)
        let head: AuditExportHead
        if open {
            head = try await unlock.withVault { vault in
                try await write(to: path, try await vault.beginOpenAuditExport()) { (row, json) throws(VaultError) in
                    let disclosed = try vault.disclosed(row)
                    json.field("event", object: disclosed.entry.write)
                    json.field("key", disclosed.key.givenAway)
                }
            }
        } else {
            head = try await unlock.withService { service in
                try await write(to: path, try await service.beginAuditExport()) { _, _ in }
            }
        }
        try output.write(
            Record(
                lines: [
                    ("file", .text(path)), ("entries", .number(Int64(clamping: head.checkpoint.size))),
                    ("root", .text(head.checkpoint.root.base64)),
                ],
                json: { json in
                    json.object { json in
                        json.field("entries", Int64(clamping: head.checkpoint.size))
                        json.field("file", path)
                        json.field("root", head.checkpoint.root.base64)
                    }
                }))
    }

    /// - Parameters:
    ///   - begin: puts the export onto the record, once the file could be made.
    ///   - open: writes what a row says, where it is to be read.
    private func write(
        to path: String, _ begin: @autoclosure () async throws -> AuditExportHead,
        open: (SealedAuditRow, inout JSONText) throws(VaultError) -> Void
    ) async throws -> AuditExportHead {
        var file = try JSONLinesFile(at: path, replaces: force)
        let head = try await begin()
        let history = try SealedHistory(at: global.vaultPath, head: head)
        let progress = Progress("exporting", console: global.console)
        defer { progress.finish() }
        try file.write(head.write)
        let total = Int(clamping: head.checkpoint.size)
        try history.forEachRow { (row) throws(VaultError) in
            var failure: VaultError?
            try file.write { json in
                do throws(VaultError) {
                    try open(row, &json)
                } catch {
                    failure = error
                }
                json.field("meta", row.meta.base64)
                json.field("seal", row.seal.base64)
                json.field("sequence", Int64(clamping: row.sequence))
            }
            if let failure { throw failure }
            progress.show(Int(clamping: row.sequence), of: total)
        }
        try history.forEachCheckpoint { (checkpoint) throws(VaultError) in
            try file.write { $0.field("checkpoint", checkpoint.note) }
        }
        try file.finish()
        return head
    }
}

extension AuditExportHead {
    /// The first line.
    fileprivate func write(to json: inout JSONText) {
        json.field("checkpointKey", verifierKey)
        json.field("entries", Int64(clamping: checkpoint.size))
        json.field("format", "vaultctl-audit-export")
        json.field("root", checkpoint.root.base64)
        json.field("vault", vaultID.hexadecimal)
        json.field("version", 1 as Int64)
    }
}
