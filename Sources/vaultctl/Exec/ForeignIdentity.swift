/// Variables with which clients would act as somebody else than the profile, or that carry somebody else's secret: a command
/// that gets a profile's tokens does not get them (wire reference, 4.4, 4.5, 5 and 7.1).
enum ForeignIdentity {
    /// What the clients of Databricks take before a metadata service, or beside it; they read Terraform's, too.
    static let ofDatabricks =
        [
            "DATABRICKS_TOKEN", "DATABRICKS_USERNAME", "DATABRICKS_PASSWORD", "DATABRICKS_CLIENT_ID",
            "DATABRICKS_CLIENT_SECRET", "DATABRICKS_CONFIG_PROFILE", "DATABRICKS_AZURE_RESOURCE_ID",
            "DATABRICKS_OIDC_TOKEN", "DATABRICKS_OIDC_TOKEN_ENV", "DATABRICKS_OIDC_TOKEN_FILEPATH",
        ] + ofTerraform

    /// What the Azure SDKs take before a managed identity of App Service, or with it; the rest of those is
    /// ``endpointsOfAzure``.
    static let ofAzure =
        [
            "AZURE_CLIENT_SECRET", "AZURE_CLIENT_CERTIFICATE_PATH", "AZURE_CLIENT_CERTIFICATE_PASSWORD",
            "AZURE_CLIENT_SEND_CERTIFICATE_CHAIN", "AZURE_USERNAME", "AZURE_PASSWORD", "AZURE_FEDERATED_TOKEN_FILE",
            "AZURE_TOKEN_CREDENTIALS",
        ] + endpointsOfAzure

    /// Other places to get tokens of a managed identity from: Service Fabric, Arc, Azure ML and Cloud Shell, IMDS.
    private static let endpointsOfAzure = [
        "IDENTITY_SERVER_THUMBPRINT", "IMDS_ENDPOINT", "MSI_ENDPOINT", "MSI_SECRET",
        "AZURE_POD_IDENTITY_AUTHORITY_HOST",
    ]

    /// What Terraform takes before az.
    static let ofTerraform = [
        "ARM_CLIENT_ID", "ARM_CLIENT_ID_FILE_PATH", "ARM_CLIENT_SECRET", "ARM_CLIENT_SECRET_FILE_PATH",
        "ARM_CLIENT_CERTIFICATE", "ARM_CLIENT_CERTIFICATE_PATH", "ARM_CLIENT_CERTIFICATE_PASSWORD", "ARM_TENANT_ID",
        "ARM_USE_OIDC", "ARM_OIDC_TOKEN", "ARM_OIDC_TOKEN_FILE_PATH", "ARM_OIDC_REQUEST_TOKEN", "ARM_OIDC_REQUEST_URL",
        "ARM_OIDC_AZURE_SERVICE_CONNECTION_ID", "ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID", "ARM_USE_MSI",
        "ARM_SUBSCRIPTION_ID", "ARM_ENVIRONMENT", "ARM_METADATA_HOST", "ARM_METADATA_HOSTNAME",
        "ARM_AUXILIARY_TENANT_IDS", "ARM_MSI_ENDPOINT", "ARM_MSI_API_VERSION", "ARM_USE_AKS_WORKLOAD_IDENTITY",
    ]

    /// All that `exec` sets for clients: within another `exec` they tell of its profile.
    static let ofOuterProfile = [
        "DATABRICKS_HOST", "DATABRICKS_ACCOUNT_ID", "DATABRICKS_AUTH_TYPE", "DATABRICKS_METADATA_SERVICE_URL",
        "IDENTITY_ENDPOINT", "IDENTITY_HEADER", "MSI_ENDPOINT", "MSI_SECRET", "AZURE_POD_IDENTITY_AUTHORITY_HOST",
        "AZURE_TENANT_ID", "AZURE_CLIENT_ID", "ARM_USE_CLI", "ARM_TENANT_ID", "ARM_SUBSCRIPTION_ID", "ARM_ENVIRONMENT",
    ]

    /// What opens the vault, for commands that need not open it.
    static let unlocking = ["VAULTCTL_KEY_FILE", "VAULTCTL_PASSPHRASE_FILE"]
}
