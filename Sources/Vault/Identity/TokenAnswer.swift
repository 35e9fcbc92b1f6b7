internal import FoundationEssentials
internal import HTTPTypes

/// A token endpoint's answer of status 200 (RFC 6749, section 5.1).
enum TokenAnswer {
    private struct Success: Decodable {
        let token_type: String
        let expires_in: LenientInteger
    }

    /// Longest life that is believed, in seconds: the longest known is 28 hours (wire reference, 1.5).
    private static let longestLife = 48 * 3600
    /// Bytes. Entra's tokens have a few thousand; a row of the vault has room for 64 KiB.
    private static let longestToken = 32 << 10

    /// - Throws: code `unavailable` for what no token endpoint answers.
    static func token(
        in exchange: borrowing RetryingClient.Exchange, grant: GrantRequest
    ) throws(VaultError) -> AccessToken {
        let document = try document(in: exchange)
        let success = try success(in: document, of: exchange)
        guard let token = document.secret?.copy(), !token.isEmpty else {
            throw EntraFailure.notATokenEndpoint("it gave no access token")
        }
        guard token.count <= longestToken else { throw EntraFailure.notATokenEndpoint("its token is too long") }
        guard success.token_type.lowercased() == "bearer" else {
            throw EntraFailure.notATokenEndpoint("its token is not a bearer token")
        }
        let life = success.expires_in.value
        guard (1...longestLife).contains(life) else {
            throw EntraFailure.notATokenEndpoint("its token lives for a time that makes no sense")
        }
        let fields = exchange.answer.head.headerFields
        let tokenID = TokenID.read(from: token)
        return AccessToken(
            value: token, tokenType: "Bearer", issuedAt: exchange.sentAt,
            expiresAt: exchange.sentAt.addingTimeInterval(TimeInterval(life)), tokenID: tokenID,
            correlationID: ShownText.identifier(fields[.clientRequestID]) ?? grant.correlationID,
            traceID: ShownText.identifier(fields[.requestID]))
    }

    private static func document(in exchange: borrowing RetryingClient.Exchange) throws(VaultError) -> BoundedJSON {
        do {
            return try BoundedJSON(exchange.answer.body, secretKey: "access_token")
        } catch {
            throw EntraFailure.notATokenEndpoint(exchange, because: error)
        }
    }

    private static func success(
        in document: borrowing BoundedJSON, of exchange: borrowing RetryingClient.Exchange
    ) throws(VaultError) -> Success {
        do {
            return try document.decode(Success.self)
        } catch {
            throw EntraFailure.notATokenEndpoint(exchange, because: error)
        }
    }
}
