extension FileFormat {
    /// Where the tools themselves look for such a file; several where they read all of them. None for files that people put
    /// anywhere.
    ///
    /// - Parameter variable: a variable of the environment, nil where it is not set.
    package func places(home: String, _ variable: (String) -> String?) -> [String] {
        switch self {
        case .az: [Self.azFolder(home: home, variable)]
        case .databricks: [variable("DATABRICKS_CONFIG_FILE") ?? home + "/.databrickscfg"]
        case .env: [".env"]
        case .terraform: ["terraform.tfvars", "terraform.tfvars.json"]
        case .rbac, .csv, .json: []
        }
    }

    /// The folder of the Azure CLI.
    package static func azFolder(home: String, _ variable: (String) -> String?) -> String {
        variable("AZURE_CONFIG_DIR") ?? home + "/.azure"
    }

    /// What the folder of the Azure CLI has of credentials: of today's releases, and of those before 2.30.
    package static let azFiles = ["service_principal_entries.json", "accessTokens.json"]
}
