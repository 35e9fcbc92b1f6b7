public import FoundationEssentials
internal import Synchronization
public import Vault
internal import VaultProtos

/// Asks the agent, for a process that has not the vault's passphrase.
///
/// Made for a command line process: the calls are `async` because ``Vault/VaultService`` has them so, but each blocks its
/// thread until the agent has answered, and one waits for the other.
///
/// A failure that the agent answers with leaves the connection as it is. A connection that broke is closed, and the next
/// call makes a new one.
public final class AgentClient: VaultService {
    private let socket: String
    private let vault: String
    private let claimedExecutables: [String]
    private let client: Caller.Client?
    private let timeout: TimeInterval?
    private let connection: Mutex<AgentConnection?>

    /// - Parameters:
    ///   - socket: path of the agent's socket.
    ///   - vault: absolute path of the vault, without symbolic links.
    ///   - claimedExecutables: executables of this process and of its parents, nearest first, for the record.
    ///   - client: whom this process asks for, for the record.
    ///   - timeout: seconds that one request to the identity provider may take; nil: as the agent has it.
    /// - Returns: nil when no agent listens at `socket`.
    /// - Throws: codes `usage` for a path that no socket can have, `locked` when the socket is not this user's own,
    ///   `unavailable` when it cannot be reached for another reason.
    public static func connect(
        to socket: String, vault: String, claimedExecutables: [String], client: Caller.Client? = nil,
        timeout: TimeInterval? = nil
    ) throws(VaultError) -> AgentClient? {
        guard let connection = try AgentConnection(to: socket) else { return nil }
        return AgentClient(
            socket: socket, vault: vault, claimedExecutables: claimedExecutables, client: client, timeout: timeout,
            connection: connection)
    }

    private init(
        socket: String, vault: String, claimedExecutables: [String], client: Caller.Client?,
        timeout: TimeInterval?, connection: consuming AgentConnection
    ) {
        self.socket = socket
        self.vault = vault
        self.claimedExecutables = claimedExecutables
        self.client = client
        self.timeout = timeout
        self.connection = Mutex(connection)
    }

    /// What every request says, with its verb.
    func request(_ verb: AgentRequest.OneOf_Verb) -> AgentRequest {
        var request = AgentRequest()
        request.vault = vault
        request.claimedExecutables = claimedExecutables
        if let client { request.client = .init(client) }
        // 0 stands for none.
        if let timeout { request.timeout = max(1, UInt32(seconds: timeout * 1000)) }
        request.verb = verb
        return request
    }

    /// Sends a request and lets `read` take its answer from the connection.
    func ask<Answer: ~Copyable & Sendable>(
        _ request: AgentRequest, _ read: (inout AgentConnection) throws(VaultError) -> Answer
    ) throws(VaultError) -> Answer {
        let frame: [UInt8]
        do { frame = try Frame.bytes(.request, request) } catch { throw .requestTooLong }
        return try frame.withRawSpan { (frame) throws(VaultError) in try converse(frame, read) }
    }

    /// Sends a request with a secret, both from locked memory.
    func ask<Answer: ~Copyable & Sendable>(
        _ request: AgentRequest, secret: borrowing SecretBytes,
        _ read: (inout AgentConnection) throws(VaultError) -> Answer
    ) throws(VaultError) -> Answer {
        let frames: SecretBytes
        do {
            frames = try Frame.bytes(.request, request, followedBy: secret)
        } catch { throw .requestTooLong }
        return try frames.withBytes { (frames) throws(VaultError) in try converse(frames, read) }
    }

    private func converse<Answer: ~Copyable & Sendable>(
        _ frames: RawSpan, _ read: (inout AgentConnection) throws(VaultError) -> Answer
    ) throws(VaultError) -> Answer {
        try connection.withLock { (held) throws(VaultError) -> Answer in
            var connection: AgentConnection
            switch held.take() {
            case .some(let kept): connection = kept
            case .none: connection = try reconnect()
            }
            do throws(VaultError) {
                try connection.send(frames)
                let answer = try read(&connection)
                if connection.isAtRest { held = consume connection }
                return answer
            } catch {
                if connection.isAtRest { held = consume connection }
                throw error
            }
        }
    }

    private func reconnect() throws(VaultError) -> AgentConnection {
        guard let connection = try AgentConnection(to: socket) else { throw .noAgent }
        return connection
    }
}
