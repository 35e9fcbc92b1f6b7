import ArgumentParser

struct Config: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config",
        abstract: "List and change the settings of the vault.",
        discussion: """
            They lie sealed in the vault. To change one takes what unlocks the vault, also while the agent has it \
            unlocked, and is on the record.

              sink.file        a file that entries of the record are copied to, one JSON object a line
              sink.journald    on, or the socket of another journal: they are copied there
              anchor.journald  the same: what the record looked like is noted there
              anchor.command   a command for a shell that is given that note
              rotation.window  how long a provider may take until all of it knows a change; 10m
              rotation.spread  over how long a new credential is verified before it is used; 10s

            EXAMPLES
              vaultctl config set sink.file /var/log/vaultctl/audit.jsonl
              vaultctl config list
            """,
        subcommands: [ConfigList.self, ConfigGet.self, ConfigSet.self, ConfigUnset.self])
}
