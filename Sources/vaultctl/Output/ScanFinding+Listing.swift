import CredentialFiles
import FoundationEssentials
import Vault

/// A secret that lies somewhere in clear, and whether the vault has it.
struct ScanFinding {
    var path: String
    var secret: LyingSecret
    /// Who has it in the vault; nil where no vault was asked.
    var profiles: [ProfileName]?

    var verdict: (words: String, tone: Tone)? {
        profiles.map { profiles in
            profiles.isEmpty
                ? ("not in vault", .bad)
                : ("in vault as \(profiles.map(\.description).joined(separator: ", "))", .doubtful)
        }
    }

    static var listing: Listing<ScanFinding> {
        Listing(
            columns: [
                Column("place") { .text("\($0.path):\($0.secret.line)") },
                Column("kind") { .text($0.secret.kind.rawValue) },
                Column("client id") { .text($0.secret.clientID) },
                Column("vault") { finding in finding.verdict.map { .word($0.words, $0.tone) } ?? .text(nil) },
            ],
            json: { json, finding in
                json.object { json in
                    json.field("clientId", finding.secret.clientID)
                    if let profiles = finding.profiles {
                        json.field("inVault", !profiles.isEmpty)
                    } else {
                        json.field("inVault", nil as String?)
                    }
                    json.field("kind", finding.secret.kind.rawValue)
                    json.field("line", Int64(finding.secret.line))
                    json.field("path", finding.path)
                    if let profiles = finding.profiles {
                        json.field("profiles", profiles.map(\.description))
                    } else {
                        json.field("profiles", nil as String?)
                    }
                }
            })
    }
}
