package import Vault

/// A form that stored credentials are written in.
protocol ExportForm {
    /// Checks that it can say what these profiles are; what it leaves out must not change where a secret goes, or whose it is.
    ///
    /// - Throws: code `usage`.
    static func check(_ profiles: [Profile]) throws(VaultError)

    /// Appends them all, checked.
    ///
    /// - Throws: code `usage` for a secret that it cannot say.
    static func write(_ credentials: [StoredCredential], to text: inout SecretText) throws(VaultError)
}

extension FileFormat {
    private var form: any ExportForm.Type {
        switch self {
        case .az: AzureExport.self
        case .databricks: DatabricksExport.self
        case .env: VariablesExport.self
        case .rbac: ServicePrincipalExport.self
        case .terraform: TerraformExport.self
        case .csv: TableExport.self
        case .json: ObjectsExport.self
        }
    }

    /// Whether a file of this form says all that is known of a profile.
    package var saysEverything: Bool { self == .csv || self == .json }

    /// What it leaves out, where it leaves something out.
    package var omission: String? {
        saysEverything ? nil : "tags, descriptions, expiry dates and audiences are left out; csv and json have them"
    }

    /// The content of a file of this form.
    ///
    /// - Throws: code `usage` for what this form cannot say: nothing is written then.
    package func text(of credentials: [StoredCredential]) throws(VaultError) -> SecretBytes {
        try form.check(credentials.map(\.profile))
        for credential in credentials {
            let isText = credential.secret.bytes.withBytes { bytes in
                bytes.isUTF8 && (0..<bytes.byteCount).allSatisfy { bytes.byte(at: $0) != 0 }
            }
            guard isText else {
                throw credential.profile.cannotBeSaid(in: self, "its secret is not UTF-8 without zero bytes")
            }
        }
        var text = SecretText()
        try form.write(credentials, to: &text)
        return text.take()
    }
}

extension Profile {
    func cannotBeSaid(in format: FileFormat, _ why: String) -> VaultError {
        VaultError(
            .usage, "\(name) cannot be exported as \(format.rawValue): \(why)",
            hint: format.saysEverything
                ? "vaultctl backup keeps every secret as it is" : "--to csv and --to json can say everything")
    }

    /// - Throws: code `usage` unless it proves itself with a client secret.
    func checkSecret(in format: FileFormat) throws(VaultError) {
        switch credential.kind {
        case .clientSecret: return
        case .certificate: throw cannotBeSaid(in: format, "it has a certificate, which lies in a file of its own there")
        case .federated: throw cannotBeSaid(in: format, "it has no secret")
        }
    }

    /// - Throws: code `usage` unless it is Entra's, of a cloud that has a name of everybody's.
    func checkEntra(in format: FileFormat, clouds: [Cloud] = Cloud.known) throws(VaultError) {
        guard destination.provider == .entra else { throw cannotBeSaid(in: format, "it is one of Databricks' own") }
        guard clouds.contains(destination.cloud) else {
            throw cannotBeSaid(in: format, "its secret would be sent to another cloud than \(destination.cloud.name)")
        }
    }
}
