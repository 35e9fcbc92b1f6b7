import FoundationEssentials
import Vault

/// The versions of Kubernetes' credential plugins that are spoken (wire reference, 6).
enum ExecCredentialVersion: String {
    case v1beta1 = "client.authentication.k8s.io/v1beta1"
    case v1 = "client.authentication.k8s.io/v1"

    /// The version that kubectl asks for, so that it gets an answer it takes.
    ///
    /// - Parameter execInfo: what `KUBERNETES_EXEC_INFO` holds; without it, and where it names none, v1beta1.
    /// - Throws: code `notUnderstood` for what is no such document, and for a version that is not spoken.
    init(execInfo: String?) throws(VaultError) {
        guard let execInfo else {
            self = .v1beta1
            return
        }
        struct ExecInfo: Decodable {
            var apiVersion: String?
        }
        let info: ExecInfo
        do {
            info = try JSONDecoder().decode(ExecInfo.self, from: Data(execInfo.utf8))
        } catch {
            // What the decoder says quotes the document.
            throw VaultError(
                .notUnderstood, "KUBERNETES_EXEC_INFO is not the JSON that kubectl writes", hint: "unset it")
        }
        guard let name = info.apiVersion, !name.isEmpty else {
            self = .v1beta1
            return
        }
        guard let version = ExecCredentialVersion(rawValue: name) else {
            throw VaultError(
                .notUnderstood, "KUBERNETES_EXEC_INFO asks for an apiVersion that is not known",
                hint: "in the kubeconfig set apiVersion to \(Self.v1.rawValue) or \(Self.v1beta1.rawValue)")
        }
        self = version
    }
}

extension TokenDocument {
    /// What kubelogin prints: one line, keys in its order (wire reference, 6).
    init(execCredential details: TokenDetails, version: ExecCredentialVersion) {
        self.init(
            before: #"{"kind":"ExecCredential","apiVersion":"\#(version.rawValue)","spec":{"interactive":false},"#
                + #""status":{"expirationTimestamp":"\#(details.expiresAt.rfc3339)","token":""#,
            after: "\"}}\n")
    }
}
