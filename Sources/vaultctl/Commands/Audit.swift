import ArgumentParser

struct Audit: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: "Read and check the record of who did what, prove it to others, and accept an anchor.",
        discussion: """
            EXAMPLES
              vaultctl audit list --since 7d
              vaultctl audit list --exposed-since 7d --host laptop-7
              vaultctl audit tail
              vaultctl audit verify
              vaultctl audit summary --by day
              vaultctl audit report november.html --since 30d
              vaultctl audit checkpoint
              vaultctl audit export audit.jsonl
              vaultctl audit anchor accept
            """,
        subcommands: [
            AuditList.self, AuditTail.self, AuditSummaryVerb.self, AuditReport.self, AuditVerify.self,
            AuditCheckpoint.self, AuditProve.self, AuditDisclose.self, AuditExport.self, AuditAnchor.self,
            AuditReindex.self,
        ])
}

struct AuditAnchor: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "anchor",
        abstract: "What this machine remembers of the vault's age.",
        discussion: """
            EXAMPLE
              vaultctl audit anchor accept --reason "restored from the backup of Monday"
            """,
        subcommands: [AuditAnchorAccept.self])
}
