internal import Vault

/// A variable file of Terraform: the variables of one, or a map of objects by name.
enum TerraformExport: ExportForm {
    static func check(_ profiles: [Profile]) throws(VaultError) {
        for profile in profiles {
            try profile.checkEntra(in: .terraform)
            try profile.checkSecret(in: .terraform)
        }
    }

    static func write(_ credentials: [StoredCredential], to text: inout SecretText) throws(VaultError) {
        if credentials.count == 1 {
            return try append(credentials[0], indent: "", to: &text)
        }
        text.append("service_principals = {\n")
        for credential in credentials {
            text.append("  \"\(credential.profile.name)\" = {\n")
            try append(credential, indent: "    ", to: &text)
            text.append("  }\n")
        }
        text.append("}\n")
    }

    private static func append(
        _ credential: StoredCredential, indent: String, to text: inout SecretText
    ) throws(VaultError) {
        let profile = credential.profile
        var fields = [
            ExportedField("tenant_id", profile.tenant), ExportedField("client_id", profile.clientID),
            ExportedField("client_secret", .secret(credential.secret)),
        ]
        if let subscription = profile.subscription { fields.append(ExportedField("subscription_id", subscription)) }
        // As `ARM_ENVIRONMENT` has it.
        switch profile.destination.cloud {
        case .azureUSGovernment: fields.append(ExportedField("environment", "usgovernment"))
        case .azureChinaCloud: fields.append(ExportedField("environment", "china"))
        default: break
        }
        if let workspace = profile.destination.workspace { fields.append(ExportedField("host", workspace)) }
        for field in fields {
            guard try field.value.isOneLine else {
                throw profile.cannotBeSaid(in: .terraform, "a value of it has a control character")
            }
            text.append("\(indent)\(field.key) = \"")
            try field.value.withBytes { bytes in
                text.append(bytes) { byte, next in
                    switch (byte, next) {
                    case (UInt8(ascii: "\""), _): "\\\""
                    case (UInt8(ascii: "\\"), _): "\\\\"
                    // A template would begin here.
                    case (UInt8(ascii: "$"), UInt8(ascii: "{")): "$$"
                    case (UInt8(ascii: "%"), UInt8(ascii: "{")): "%%"
                    default: nil
                    }
                }
            }
            text.append("\"\n")
        }
    }
}
