package import Vault

/// A secret that lies in a file in clear.
package struct LyingSecret: Sendable {
    /// Counted from 1.
    package var line: Int
    package var kind: Kind
    /// Whose it is, where that stands beside it.
    package var clientID: String?
    /// In the form in which a vault would have it; nil where a vault has no such thing.
    package var secret: SharedSecret?
    /// Where in the file.
    var range: Range<Int>

    package enum Kind: String, Sendable, CaseIterable {
        /// Of Entra, or of one that is called so.
        case clientSecret = "client secret"
        /// An OAuth secret of a service principal that Databricks manages.
        case databricksSecret = "databricks secret"
        /// A personal access token of Databricks.
        case databricksToken = "databricks token"
        /// A private key that is not encrypted, with a certificate in the same file.
        case certificateKey = "certificate key"
        /// The password that somebody gave to `az login`.
        case password
        /// Tokens that az keeps; those of a person can be renewed for months.
        case tokens = "tokens of az"
    }
}
