import Vault
import VaultAgent

/// `issue NAME`, with `--vault` and `--output` at the most: the call that scripts make most often, answered by the agent.
///
/// Declaring the options of a verb to the argument parser takes longer than all the rest of the call, so these few words are
/// understood without it. Whatever has another form, or no agent to answer it, is left to the verb itself.
struct PlainIssue: Equatable {
    let request: TokenRequest
    let format: TokenFormat
    let vault: String?

    /// Nil for words of another form, wrong ones among them: the verb has the words for what is wrong.
    init?(_ arguments: [String]) {
        guard let verb = arguments.first, verb == "issue" || verb == "token" else { return nil }
        var words = arguments.dropFirst()
        var (name, output, vault): (String?, String?, String?)
        while let word = words.popFirst() {
            switch word {
            case "-o", "--output":
                guard output == nil, let value = words.popFirst() else { return nil }
                output = value
            case "--vault":
                guard vault == nil, let value = words.popFirst(), !value.hasPrefix("-") else { return nil }
                vault = value
            default:
                guard name == nil else { return nil }
                name = word
            }
        }
        guard let name, let profile = try? ProfileName(name), let format = try? TokenFormat(chosen: output),
            format != .git
        else { return nil }
        (request, self.format, self.vault) = (TokenRequest(profile: profile), format, vault)
    }

    /// - Returns: false when there is no agent that has the vault unlocked, and nothing was tried.
    func run() throws(VaultError) -> Bool {
        let form = try TokenForm(format)
        let path = GlobalOptions.vaultPath(vault)
        guard !GlobalOptions.environmentAvoidsAgent, let agent = try GlobalOptions.agent(vault: path, timeout: 30),
            let token = try agent.issueIfUnlocked(request)
        else { return false }
        try token.write(as: form, console: Console())
        return true
    }
}
