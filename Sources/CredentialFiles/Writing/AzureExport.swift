internal import Vault

/// `service_principal_entries.json` of the Azure CLI.
enum AzureExport: ExportForm {
    static func check(_ profiles: [Profile]) throws(VaultError) {
        var seen: [String: Profile] = [:]
        for profile in profiles {
            // The file does not say the cloud: az is told that elsewhere.
            try profile.checkEntra(in: .az, clouds: [.azureCloud])
            try profile.checkSecret(in: .az)
            if let other = seen.updateValue(profile, forKey: "\(profile.tenant) \(profile.clientID)".lowercased()) {
                throw profile.cannotBeSaid(in: .az, "it is the same service principal as \(other.name)")
            }
        }
    }

    static func write(_ credentials: [StoredCredential], to text: inout SecretText) throws(VaultError) {
        text.append("[")
        for (index, credential) in credentials.enumerated() {
            text.append(index == 0 ? "\n  " : ",\n  ")
            try text.append(
                object: [
                    ExportedField("client_id", credential.profile.clientID),
                    ExportedField("tenant", credential.profile.tenant),
                    ExportedField("client_secret", .secret(credential.secret)),
                ], indent: "  ")
        }
        text.append("\n]\n")
    }
}
