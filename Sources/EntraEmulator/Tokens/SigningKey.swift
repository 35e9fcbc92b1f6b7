import CryptoExtras
import FoundationEssentials
import JWTKit

/// The RSA key that tokens are signed with, and its public half as the keys document gives it.
public struct SigningKey: Sendable {
    let id: String
    private let collection: JWTKeyCollection
    private let publicKey: JWTKit.Insecure.RSA.PublicKey

    /// Makes a 2048-bit key, which takes a fraction of a second.
    /// - Throws: what the generator throws; it has no reason to.
    public init() async throws {
        let key = try JWTKit.Insecure.RSA.PrivateKey(backing: _RSA.Signing.PrivateKey(keySize: .bits2048))
        id = Base64URL.random(20)
        publicKey = key.publicKey
        collection = JWTKeyCollection()
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        await collection.add(
            rsa: key, digestAlgorithm: .sha256, kid: JWKIdentifier(string: id),
            serializer: DefaultJWTSerializer(jsonEncoder: encoder)
        )
    }

    /// One key for all emulators of this process, as tests make hundreds of them.
    public static func ofThisProcess() async throws -> SigningKey { try await made.value }

    private static let made = Task { try await SigningKey() }

    /// The key of the issuers under `/external`, one for all of this process as well, and made when first needed.
    static func ofExternalIssuers() async throws -> SigningKey { try await madeForOthers.value }

    private static let madeForOthers = Task { try await SigningKey() }

    /// The JWT of `claims`, signed with RS256, its key named in the header.
    func sign(_ claims: some JWTPayload) async throws -> String {
        try await collection.sign(
            claims, kid: JWKIdentifier(string: id), header: ["alg": "RS256", "typ": "JWT", "x5t": .string(id)]
        )
    }

    /// The claims of `token`.
    /// - Throws: `JWTError` when it is no JWT or was not signed by this key. Times and audience are not looked at.
    func verified<Claims: JWTPayload>(_ token: String, as type: Claims.Type = Claims.self) async throws -> Claims {
        try await collection.verify(token, as: type)
    }

    /// The key as a JSON web key set has it (RFC 7517), for `issuer`.
    func jwk(issuer: String) throws -> PublicJWK {
        let numbers = try publicKey.getKeyPrimitives()
        return PublicJWK(
            kid: id, x5t: id, n: Base64URL.encode(numbers.modulus), e: Base64URL.encode(numbers.publicExponent),
            issuer: issuer
        )
    }
}

/// A key in the keys document.
struct PublicJWK: Encodable {
    var kty = "RSA"
    var use = "sig"
    var alg = "RS256"
    let kid: String
    let x5t: String
    let n: String
    let e: String
    let issuer: String
}
