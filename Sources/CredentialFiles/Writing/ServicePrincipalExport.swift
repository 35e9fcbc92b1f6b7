internal import Vault

/// What `az ad sp create-for-rbac --sdk-auth` prints, and GitHub's Azure login takes: one service principal.
enum ServicePrincipalExport: ExportForm {
    static func check(_ profiles: [Profile]) throws(VaultError) {
        guard profiles.count == 1 else {
            throw VaultError(
                .usage, "rbac is the form of one service principal, and these are \(profiles.count)",
                hint: "export one at a time, or --to csv or --to json")
        }
        try profiles[0].checkEntra(in: .rbac)
        try profiles[0].checkSecret(in: .rbac)
    }

    static func write(_ credentials: [StoredCredential], to text: inout SecretText) throws(VaultError) {
        for credential in credentials {
            let profile = credential.profile
            let cloud = profile.destination.cloud
            var fields = [
                ExportedField("clientId", profile.clientID), ExportedField("clientSecret", .secret(credential.secret)),
            ]
            if let subscription = profile.subscription { fields.append(ExportedField("subscriptionId", subscription)) }
            fields += [
                ExportedField("tenantId", profile.tenant),
                ExportedField("activeDirectoryEndpointUrl", cloud.authority),
                ExportedField("resourceManagerEndpointUrl", cloud.arm + "/"),
                ExportedField("microsoftGraphResourceId", cloud.graph + "/"),
            ]
            try text.append(object: fields, indent: "")
            text.append("\n")
        }
    }
}
