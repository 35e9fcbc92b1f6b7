package import FoundationEssentials
package import Vault

/// A credential as a file of another tool has it.
package struct FoundCredential: Sendable {
    /// What the file calls it; nil where it has no name for it.
    package var name: String?
    /// Where in the file it begins, counted from 1.
    package var line: Int
    package var destination: Destination
    /// Nil: to be found from the destination's workspace; empty for Databricks' own.
    package var tenant: String?
    package var clientID: String
    package var proof: Proof
    package var expiresAt: Date?
    package var assertionForm: AssertionForm?
    package var audience: Audience?
    package var subscription: String?
    package var tags: [Tag]
    package var about: String?

    /// What the service principal proves itself with.
    package enum Proof: Sendable {
        /// A client secret, and how it is taken out of the file.
        case clientSecret(SharedSecret, Erasure)
        /// A certificate with its key in a file of its own, by the path as it was written; a relative one is relative to
        /// whoever wrote it.
        case certificate(path: String)
        /// A certificate with its key in the file itself, PEM.
        case certificateText(SharedSecret, Erasure)
        /// Nothing that is stored: the destination says where the assertion is taken from.
        case federated
    }

    package init(
        name: String?, line: Int, destination: Destination = Destination(), tenant: String?, clientID: String,
        proof: Proof, expiresAt: Date? = nil, assertionForm: AssertionForm? = nil, audience: Audience? = nil,
        subscription: String? = nil, tags: [Tag] = [], about: String? = nil
    ) {
        self.name = name
        self.line = line
        self.destination = destination
        self.tenant = tenant
        self.clientID = clientID
        self.proof = proof
        self.expiresAt = expiresAt
        self.assertionForm = assertionForm
        self.audience = audience
        self.subscription = subscription
        self.tags = tags
        self.about = about
    }
}

extension FoundCredential {
    /// What stands in the file for it; nil where none lies there.
    package var secret: SharedSecret? {
        switch proof {
        case .clientSecret(let secret, _), .certificateText(let secret, _): secret
        case .certificate, .federated: nil
        }
    }

    /// How it is taken out.
    package var erasure: Erasure? {
        switch proof {
        case .clientSecret(_, let erasure), .certificateText(_, let erasure): erasure
        case .certificate, .federated: nil
        }
    }
}
