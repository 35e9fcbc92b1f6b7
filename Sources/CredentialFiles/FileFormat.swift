/// Where other tools keep credentials of service principals, by the form of their files.
package enum FileFormat: String, Sendable, CaseIterable {
    /// The folder of the Azure CLI: `service_principal_entries.json`, and `azureProfile.json` for names and subscriptions.
    case az
    /// `~/.databrickscfg`.
    case databricks
    /// Variables, as shells, Docker and CI systems read them from a file.
    case env
    /// What `az ad sp create-for-rbac` prints, and what GitHub's Azure login takes.
    case rbac
    /// Variable files of Terraform, `*.tfvars` and `*.tfvars.json`.
    case terraform
    /// A table of our own, with a row of names.
    case csv
    /// A list of objects of our own.
    case json
}
