import Vault

/// Whether variables of this process hold secrets: every program that it starts gets them, and any of this user can read them
/// in `/proc`.
struct EnvironmentExamination: Examination {
    static let name = "environment"

    func examine(_ patient: Patient) throws(VaultError) -> [Diagnosis] {
        let found = Self.names.filter { Surroundings.value($0) != nil }
        guard found.isEmpty else {
            return [
                .warning(
                    "secrets are in variables: \(found.joined(separator: ", "))",
                    "unset \(found.joined(separator: " ")); vaultctl exec NAME -- COMMAND needs none")
            ]
        }
        return [.ok("no secret in a variable that clients know")]
    }

    /// What clients of Azure, Databricks, Terraform and Airflow take secrets from (wire reference, 4.4, 5 and 7.1).
    private static let names = [
        "AZURE_CLIENT_SECRET", "AZURE_CLIENT_CERTIFICATE_PASSWORD", "AZURE_PASSWORD", "AZURE_CREDENTIALS",
        "AAD_SERVICE_PRINCIPAL_CLIENT_SECRET", "ARM_CLIENT_SECRET", "ARM_CLIENT_CERTIFICATE",
        "ARM_CLIENT_CERTIFICATE_PASSWORD", "ARM_OIDC_TOKEN", "ARM_ACCESS_KEY", "ARM_SAS_TOKEN", "DATABRICKS_TOKEN",
        "DATABRICKS_CLIENT_SECRET", "DATABRICKS_PASSWORD", "DATABRICKS_OIDC_TOKEN", "DATABRICKS_AAD_TOKEN",
        "TF_VAR_client_secret",
    ]
}
