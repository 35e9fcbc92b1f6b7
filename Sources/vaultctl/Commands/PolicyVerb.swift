import ArgumentParser

struct PolicyVerb: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "policy",
        abstract: "Say what must hold for tokens to be given.",
        discussion: """
            A policy covers profiles by name, by label, or all of them, and says which audiences their tokens are for, who \
            may ask, how often, with a reason or not, and how old their secrets may be. Where several policies cover a \
            profile each must allow the token: an audience that only one of two allows is refused. A refusal ends with \
            79 and is on the record, whoever answers: this process, the agent, exec, serve or az.

            To add or remove one takes what unlocks the vault, agent or not, and so does taking away a label by which a \
            policy covers a profile. 'check' and 'rotate' give no token to anybody and are not restricted.

            EXAMPLES
              vaultctl policy add prod-arm --tag env=prod --audience arm --uses-per-hour 60
              vaultctl policy add fresh --all-profiles --max-secret-age 90d
              vaultctl policy list
              vaultctl policy remove prod-arm
            """,
        subcommands: [PolicyAdd.self, PolicyList.self, PolicyRemove.self])
}
