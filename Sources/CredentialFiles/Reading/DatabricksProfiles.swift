package import Vault

/// `~/.databrickscfg`. Each section is a profile; `[DEFAULT]` is one as the others, and none inherits from it: Databricks'
/// SDKs go round what `configparser` would do.
package enum DatabricksProfiles: CredentialFile {
    package static func read(
        _ content: borrowing SecretBytes, path: String, most: Int
    ) throws(VaultError) -> FileReading {
        try content.withBytes { (bytes) throws(VaultError) in
            var reading = FileReading(path: path, most: most)
            for section in try INIReader.sections(bytes, path: path) where section.name != "__settings__" {
                add(section, to: &reading, in: bytes)
            }
            return try reading.checked()
        }
    }

    private static func add(_ section: INIReader.Section, to reading: inout FileReading, in bytes: RawSpan) {
        var own = CredentialParts(name: section.name, line: section.line)
        own.clientID = section.values["client_id"]
        own.secret = section.values["client_secret"]
        own.host = section.values["host"]
        own.account = section.values["account_id"]
        if own.isOfInterest { reading.add(own, provider: .databricks, in: bytes) }
        var azure = CredentialParts(name: section.name, line: section.line)
        azure.clientID = section.values["azure_client_id"]
        azure.secret = section.values["azure_client_secret"]
        azure.tenant = section.values["azure_tenant_id"]
        azure.cloud = section.values["azure_environment"]
        azure.host = section.values["host"]
        if azure.isOfInterest { reading.add(azure, in: bytes) }
        if !own.isOfInterest, !azure.isOfInterest, section.values["token"] != nil {
            reading.problems.append(
                FileProblem(
                    line: section.line, name: section.name,
                    message: "it has a personal access token and no service principal, and cannot be imported"))
        }
    }
}
