package import Vault

extension FileFormat {
    /// Reads a whole file of this form; see ``CredentialFile/read(_:path:most:)``.
    package func read(
        _ content: borrowing SecretBytes, path: String, most: Int = SourceText.mostCredentials
    ) throws(VaultError) -> FileReading {
        switch self {
        case .az: try AzEntries.read(content, path: path, most: most)
        case .env: try EnvVariables.read(content, path: path, most: most)
        case .databricks: try DatabricksProfiles.read(content, path: path, most: most)
        case .rbac: try RBACObjects.read(content, path: path, most: most)
        case .terraform: try TerraformVariables.read(content, path: path, most: most)
        case .csv: try CSVProfiles.read(content, path: path, most: most)
        case .json: try JSONProfiles.read(content, path: path, most: most)
        }
    }
}
