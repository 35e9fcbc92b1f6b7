import ArgumentParser
import Vault

struct PolicyList: Verb {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the policies.",
        discussion: """
            tsv has no header; its columns are policy, which profiles it covers, how many these are now, what it asks.

            EXAMPLES
              vaultctl policy list
              vaultctl policy list -o json
            """)

    @OptionGroup var unlock: UnlockOptions
    var global: GlobalOptions { unlock.global }

    func run() async throws {
        let output = try global.listOutput()
        try await unlock.withService { service in
            let profiles = try await service.profiles(tags: [])
            let policies = try await service.settings().compactMap(\.policy).sorted { $0.name < $1.name }
            for policy in policies where !policy.isUnderstood {
                global.console.note("warning: policy \(policy.name) is not understood by this version, and refuses")
            }
            try output.write(policies.map { PolicyRow($0, among: profiles) }, as: PolicyRow.listing)
        }
    }
}
