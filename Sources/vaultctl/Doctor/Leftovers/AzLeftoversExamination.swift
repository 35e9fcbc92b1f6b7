import FoundationEssentials
import Vault

/// Whether az, used before, left secrets or tokens in clear.
struct AzLeftoversExamination: Examination {
    static let name = "az leftovers"

    func examine(_ patient: Patient) throws(VaultError) -> [Diagnosis] {
        let folder = Surroundings.value("AZURE_CONFIG_DIR").map(Surroundings.absolute) ?? Surroundings.home + "/.azure"
        var found: [Diagnosis] = []
        for leftover in Self.leftovers {
            let path = "\(folder)/\(leftover.file)"
            do throws(VaultError) {
                guard let count = try SecretMentions.count(of: leftover.words, in: path), count > 0 else { continue }
                let others = try FileStatus(of: path).map { $0.mode & 0o044 != 0 } ?? false
                let what = "\(path) has \(leftover.what) in clear: \(count)" + (others ? "; others can read it" : "")
                found.append(
                    leftover.isLasting ? .problem(what, leftover.remedy) : .warning(what, leftover.remedy))
            } catch {
                found.append(.unknown(error))
            }
        }
        return found.isEmpty ? [.ok("none in \(folder)")] : found
    }

    private struct Leftover {
        var file: String
        /// Keys of JSON, of which each secret has one.
        var words: [String]
        var what: String
        /// Whether what is there is good for months.
        var isLasting: Bool
        var remedy: String
    }

    /// What az keeps (azure-cli-core, `_session.py` and `auth/identity.py`; `accessTokens.json` before version 2.30).
    private static let leftovers = [
        Leftover(
            file: "service_principal_entries.json", words: ["\"client_secret\""], what: "client secrets",
            isLasting: true, remedy: "vaultctl import --from az --shred"),
        Leftover(
            file: "msal_token_cache.json", words: ["\"secret\""], what: "tokens", isLasting: false,
            remedy: "az account clear"),
        Leftover(
            file: "accessTokens.json", words: ["\"accessToken\"", "\"servicePrincipalKey\""],
            what: "tokens and client secrets",
            isLasting: true, remedy: "az account clear, and remove it"),
    ]
}
