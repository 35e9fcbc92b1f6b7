package import Vault

extension Cloud {
    /// A known cloud by what az, Terraform (`ARM_ENVIRONMENT`) and Databricks call it; nil for any other name.
    init?(spelled name: String) {
        let known: Cloud? =
            switch name.lowercased() {
            case "public", "azurepubliccloud", "azurecloud": .azureCloud
            case "usgovernment", "usgov", "azureusgovernmentcloud", "azureusgovernment": .azureUSGovernment
            case "china", "azurechinacloud": .azureChinaCloud
            default: nil
            }
        guard let known else { return nil }
        self = known
    }

    /// The cloud whose tokens are asked for at `authority`, as `AZURE_AUTHORITY_HOST` names it.
    init(authority: String) {
        var text = authority.lowercased()
        while text.hasSuffix("/") { text.removeLast() }
        if !text.contains("://") { text = "https://" + text }
        self = Cloud.known.first { $0.authority == text } ?? Cloud(unknown: "", authority: text)
    }

    /// One that a file names and does not describe. It has no addresses to ask at, so that nothing is sent before somebody
    /// says where.
    init(unknown name: String, authority: String) {
        self.init(name: name, authority: authority, graph: "", arm: "")
    }

    /// Whether all that is to be known of it is known.
    package var isDescribed: Bool { ![name, authority, graph, arm].contains("") }
}
