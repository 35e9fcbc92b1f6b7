public import FoundationEssentials

/// Everything that lies outside a vault and its file: the clock, the network, who asks, and where anchors are kept.
public struct VaultEnvironment: Sendable {
    public var now: @Sendable () -> Date
    public var transport: any HTTPTransport
    public var caller: Caller
    /// Holds the anchors: `$XDG_STATE_HOME/vaultctl`. Made with mode 0700 when missing.
    public var stateDirectory: String
    /// Lets time pass while nothing is to be done.
    public var sleep: @Sendable (Duration) async throws -> Void

    public init(
        now: @escaping @Sendable () -> Date, transport: any HTTPTransport, caller: Caller, stateDirectory: String,
        sleep: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
    ) {
        self.now = now
        self.transport = transport
        self.caller = caller
        self.stateDirectory = stateDirectory
        self.sleep = sleep
    }
}
