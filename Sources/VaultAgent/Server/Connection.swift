private import CLinux
private import Glibc
internal import Synchronization
internal import Vault
internal import VaultProtos

/// One client of the agent: its requests, one after the other.
final class Connection: Sendable {
    private let socket: Int32
    private let agent: Agent
    private let loop: EventLoop
    private let memory: Mutex<SecretBytes?>
    private let task = Mutex<Task<Void, Never>?>(nil)

    /// - Parameter memory: for its channel, taken elsewhere than on the loop: while a key is derived, the kernel may keep
    ///   whoever asks for memory waiting for a tenth of a second. Nil: taken when it is served.
    init(_ socket: Int32, of agent: Agent, _ loop: EventLoop, _ memory: consuming SecretBytes? = nil) {
        self.socket = socket
        self.agent = agent
        self.loop = loop
        self.memory = Mutex(memory)
    }

    /// Answers until the client hangs up, breaks a rule, or the connection is cancelled.
    func serve() async {
        await run { await self.answer() }
    }

    /// Does `work` so that ``cancel()`` ends it.
    func run(_ work: @escaping @Sendable () async -> Void) async {
        let task = task.withLock { task in
            let new = Task(executorPreference: loop) { await work() }
            task = new
            return new
        }
        await task.value
    }

    /// Ends the work on the request that is being answered, which is then answered with a failure, the last.
    func cancel() {
        task.withLock { $0 }?.cancel()
    }

    private func answer() async {
        let channel = FrameChannel(socket, loop, memory.withLock { $0.take() } ?? FrameChannel.memory())
        var (pid, uid) = (pid_t(0), uid_t(0))
        guard unsafe linux_peer(socket, &pid, &uid) == 0 else { return }
        guard uid == geteuid() else {
            return await refuse(channel, VaultError(.locked, "this agent answers its own user only"))
        }
        let admission = agent.admit(pid)
        defer { agent.dismiss(pid, admission) }
        do {
            switch admission {
            case .full:
                while !Task.isCancelled, let request = try await channel.nextRequest() {
                    try await Answering(agent: agent, connection: self, peer: pid, channel: channel).answer(request)
                }
            case .surplus:
                // However many are connected, whoever wants to lock gets through.
                guard let request = try await channel.nextRequest(within: .milliseconds(300)), case .lock = request.verb
                else {
                    throw Self.tooMany
                }
                try await Answering(agent: agent, connection: self, peer: pid, channel: channel).answer(request)
            case .refused:
                throw Self.tooMany
            }
        } catch ChannelEnd.tooSlow where admission == .surplus {
            await refuse(channel, Self.tooMany)
        } catch ChannelEnd.noRoom {
            await refuse(channel, Self.tooMany)
        } catch ChannelEnd.refused(let refusal) {
            await refuse(channel, refusal.error)
        } catch ChannelEnd.unexpected {
            await refuse(channel, VaultError(.usage, "a frame of another kind was expected"))
        } catch let error as VaultError {
            await refuse(channel, error)
        } catch {
            // The client is gone, or too slow to be told anything.
        }
    }

    private static let tooMany = VaultError(
        .tryAgain, "too many clients are connected to the agent", hint: "try again in a moment")

    /// Says why before it hangs up. A client that is gone cannot be told, and loses nothing by that.
    private func refuse(_ channel: FrameChannel, _ error: VaultError) async {
        do { try await channel.send(.last, AgentAnswer(.failure(error.failure))) } catch {}
    }
}

extension FrameHeader.Refusal {
    /// What the client is told.
    var error: VaultError {
        switch self {
        case .otherVersion(let version):
            VaultError(
                .unavailable, "the agent speaks version \(Frame.version), the client version \(version)",
                hint: "vaultctl lock, and unlock with the same program")
        case .unknownKind, .reservedNotZero, .tooShort: VaultError(.usage, "what the client sent is no frame")
        case .tooLong: VaultError(.usage, "the client sent a frame longer than \(Frame.longest) bytes")
        }
    }
}
