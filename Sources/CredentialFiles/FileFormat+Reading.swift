package import Vault

extension FileFormat {
    /// Reads a whole file of this form; see ``CredentialFile/read(_:path:)``.
    package func read(_ content: borrowing SecretBytes, path: String) throws(VaultError) -> FileReading {
        switch self {
        case .az: try AzEntries.read(content, path: path)
        case .env: try EnvVariables.read(content, path: path)
        case .databricks: try DatabricksProfiles.read(content, path: path)
        case .rbac: try RBACObjects.read(content, path: path)
        case .terraform: try TerraformVariables.read(content, path: path)
        case .csv: try CSVProfiles.read(content, path: path)
        case .json: try JSONProfiles.read(content, path: path)
        }
    }
}
