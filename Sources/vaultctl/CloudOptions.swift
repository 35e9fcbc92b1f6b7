import ArgumentParser
import Vault

/// The cloud that credentials belong to.
struct CloudOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "AzureCloud, AzureUSGovernment, AzureChinaCloud, or a name for one of your own.", valueName: "name"))
    var cloud: String?

    @Option(help: ArgumentHelp("Of your own cloud: where tokens are asked for.", valueName: "url"))
    var authority: String?

    @Option(help: ArgumentHelp("Of your own cloud: Microsoft Graph.", valueName: "url"))
    var graph: String?

    @Option(help: ArgumentHelp("Of your own cloud: Azure Resource Manager.", valueName: "url"))
    var arm: String?
}

extension CloudOptions {
    var isGiven: Bool { [cloud, authority, graph, arm].contains { $0 != nil } }

    /// The cloud that the options name, with what they leave out taken from `current`.
    ///
    /// - Parameter host: of the workspace, which tells its cloud where nothing else does.
    /// - Throws: code `usage` for a URL that is not allowed, or a cloud that is not wholly described.
    func cloud(of host: String? = nil, changing current: Cloud? = nil) throws(VaultError) -> Cloud {
        let ownURLs = [authority, graph, arm].contains { $0 != nil }
        let known = cloud.flatMap(Cloud.named)
        guard cloud != nil || ownURLs else {
            // A workspace lies in the cloud of its zone; a zone nobody knows says nothing.
            return host.flatMap(Cloud.ofWorkspace) ?? current ?? .azureCloud
        }
        if let known {
            guard !ownURLs else {
                throw VaultError(
                    .usage, "\(known.name) has its own --authority, --graph and --arm",
                    hint: "choose another name with --cloud for a cloud of your own")
            }
            return known
        }
        // The name of a known cloud must not stand for other addresses.
        let base = current.flatMap { Cloud.named($0.name) == nil ? $0 : nil }
        guard let name = cloud ?? base?.name, !name.isEmpty, name.utf8.count <= 128,
            name.utf8.allSatisfy({ (0x21...0x7e).contains($0) })
        else {
            throw VaultError(
                .usage, "a cloud of your own needs a name of printable ASCII characters",
                hint: "name it with --cloud NAME")
        }
        return Cloud(
            name: name, authority: try address(authority, else: base?.authority, "--authority"),
            graph: try address(graph, else: base?.graph, "--graph"), arm: try address(arm, else: base?.arm, "--arm"))
    }

    private func address(_ typed: String?, else current: String?, _ option: String) throws(VaultError) -> String {
        if let typed { return try EndpointURL(typed, option: option).text }
        if let current { return current }
        throw VaultError(
            .usage, "a cloud of your own needs --authority, --graph and --arm; \(option) is missing",
            hint: "known clouds are \(Cloud.known.map(\.name).joined(separator: ", "))")
    }
}
