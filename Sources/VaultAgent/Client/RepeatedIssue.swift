package import Vault
internal import VaultProtos

/// Asks an agent for the same token again and again, each time at once when the last has come: the client that puts it
/// under load, for `vault-benchmark` alone. Asking and receiving are two calls, so that one thread serves many of them.
package final class RepeatedIssue {
    private var connection: AgentConnection
    private let frame: [UInt8]

    /// - Parameters: see ``AgentClient/connect(to:vault:claimedExecutables:client:timeout:)``.
    /// - Returns: nil when no agent listens at `socket`.
    /// - Throws: as that does.
    package init?(
        of request: TokenRequest, from socket: String, vault: String, claimedExecutables: [String]
    ) throws(VaultError) {
        guard let connection = try AgentConnection(to: socket) else { return nil }
        self.connection = connection
        var message = AgentRequest()
        message.vault = vault
        message.claimedExecutables = claimedExecutables
        message.issue = request.message
        do { frame = try Frame.bytes(.request, message) } catch { throw .requestTooLong }
    }

    /// Readable when an answer comes.
    package var descriptor: Int32 { connection.descriptor }

    /// - Throws: code `unavailable` when the agent does not take it.
    package func ask() throws(VaultError) {
        try frame.withRawSpan { (frame) throws(VaultError) in try connection.send(frame) }
    }

    /// Receives what was asked for; blocks until all of it is there.
    ///
    /// - Throws: what the agent answers in place of a token; code `unavailable` when it goes away.
    package func receive() throws(VaultError) -> IssuedToken { try connection.issuedToken() }
}
