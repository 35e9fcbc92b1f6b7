internal import FoundationEssentials

/// The application permissions that a token of Entra says it carries (`roles`). Read without verifying anything, and only to
/// tell a person why it was refused.
enum TokenRoles {
    static func read(from token: borrowing SecretBytes) -> [String] {
        guard let payload = TokenID.payload(of: token) else { return [] }
        do {
            return try BoundedJSON(payload).decode(Payload.self).roles ?? []
        } catch {
            // An encrypted or foreign token: it tells nothing.
            return []
        }
    }

    private struct Payload: Decodable {
        let roles: [String]?
    }
}
