internal import NIOCore
internal import Synchronization

/// The clients that are connected.
///
/// More than ``most`` are not kept: for a new one the one goes that asks for nothing for the longest time. Whoever opens
/// connections and leaves them so takes them from itself, and not from a client that asks at once.
final class Connections: Sendable {
    private struct Connection {
        var channel: any Channel
        /// Counts up with every connection and every request.
        var lastUse: UInt64
        var isBusy = false
        /// Looked for once: nil until then.
        var peer: Peer?
    }

    private struct State {
        var all: [ObjectIdentifier: Connection] = [:]
        var uses: UInt64 = 0
        var end: AsyncStream<Never>.Continuation?

        mutating func use() -> UInt64 {
            uses += 1
            return uses
        }
    }

    static let most = 256

    private let state = Mutex(State())

    /// Takes in a new connection.
    ///
    /// - Returns: one to be closed in its place, which may be the new one itself.
    func admit(_ channel: any Channel) -> (any Channel)? {
        state.withLock { state in
            state.all[ObjectIdentifier(channel)] = Connection(channel: channel, lastUse: state.use())
            guard state.all.count > Self.most else { return nil }
            // Those that are being closed count until they are; another one must go for each.
            let idlest = state.all.filter { !$0.value.isBusy }.min { $0.value.lastUse < $1.value.lastUse }
            guard let idlest else { return channel }
            state.all[idlest.key] = nil
            return idlest.value.channel
        }
    }

    func dismiss(_ channel: any Channel) {
        let end = state.withLock { state in
            state.all[ObjectIdentifier(channel)] = nil
            return state.all.isEmpty ? state.end : nil
        }
        end?.finish()
    }

    func beginRequest(on channel: any Channel) { mark(channel, isBusy: true) }
    func endRequest(on channel: any Channel) { mark(channel, isBusy: false) }

    private func mark(_ channel: any Channel, isBusy: Bool) {
        state.withLock { state in
            let use = state.use()
            state.all[ObjectIdentifier(channel)]?.isBusy = isBusy
            state.all[ObjectIdentifier(channel)]?.lastUse = use
        }
    }

    /// Who is at the other end, where that was found out already.
    func peer(of channel: any Channel) -> Peer? {
        state.withLock { $0.all[ObjectIdentifier(channel)]?.peer }
    }

    func note(_ peer: Peer, of channel: any Channel) {
        state.withLock { $0.all[ObjectIdentifier(channel)]?.peer = peer }
    }

    /// Closes those that ask for nothing, lets the others have their answers, and returns when all are gone or the time is
    /// over.
    func drain(atMost grace: Duration) async {
        let (over, end) = AsyncStream.makeStream(of: Never.self)
        let channels = state.withLock { state in
            state.end = end
            if state.all.isEmpty { end.finish() }
            return state.all.values.map(\.channel)
        }
        for channel in channels { channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent()) }
        let patience = Task {
            do { try await Task.sleep(for: grace) } catch { return }
            end.finish()
        }
        for await _ in over {}
        patience.cancel()
    }

    func closeAll() {
        for channel in state.withLock({ $0.all.values.map(\.channel) }) { channel.close(promise: nil) }
    }
}
