private import CLinux
internal import Dispatch
private import Glibc
private import Synchronization

/// Locks between processes: open-file-description locks on single bytes of one file, which die with their holder.
package struct LockFile: Sendable {
    let path: String

    package init(path: String) {
        self.path = path
    }

    /// Which byte is locked.
    package enum Purpose: Sendable {
        case derivation
        case anchor
        case writing
        case creation
        /// A copy of the vault is made, or takes its place.
        case copying
        /// An agent listens at the socket that the file belongs to.
        case listening
        /// A note is put where errands find it.
        case noteFile
        /// Whoever runs the next errand.
        case nextErrand
        /// An errand is run.
        case errand
        /// A token with this tag is being asked for.
        case token(RowTag)
        /// The credentials of the application with this tag are being rotated.
        case rotation(RowTag)

        var offset: Int64 {
            switch self {
            case .derivation: 0
            case .anchor: 1
            case .writing: 2
            case .creation: 3
            case .copying: 4
            case .listening, .noteFile: 0
            case .nextErrand: 1
            case .errand: 2
            case .token(let tag): 65_536 + Int64(littleEndianBytes: tag.bytes.prefix(6))
            // Beyond all of those.
            case .rotation(let tag): 1 << 50 + Int64(littleEndianBytes: tag.bytes.prefix(6))
            }
        }

        /// How long it is waited for at the most: many times as long as all who may be in the queue should need.
        fileprivate var patience: DispatchTimeInterval {
            switch self {
            case .derivation: .seconds(300)
            case .anchor, .writing, .creation, .copying, .listening, .noteFile, .nextErrand, .errand, .token,
                .rotation:
                .seconds(15)
            }
        }
    }

    /// Waits until the byte is free and takes it, blocking this thread.
    ///
    /// - Parameter patience: how long it is waited for; nil: as long as whoever holds it should ever need.
    /// - Returns: the lock; whoever takes it says when it ends.
    /// - Throws: codes `inputOutput`, and `tryAgain` when another process holds it for longer than it ever should.
    func take(_ purpose: Purpose, within patience: DispatchTimeInterval? = nil) throws(VaultError) -> HeldLock {
        if let held = try takeIfFree(purpose) { return held }
        return try inLine(for: purpose).result(within: patience ?? purpose.patience)
    }

    /// Waits for the byte while other tasks go on: the wait is as long as another process asks its provider.
    ///
    /// - Throws: code `inputOutput`; `tryAgain` when the task is cancelled.
    func takeWithoutBlocking(_ purpose: Purpose) async throws(VaultError) -> HeldLock {
        if let held = try takeIfFree(purpose) { return held }
        return try await inLine(for: purpose).result()
    }

    /// The kernel queues those who wait, for as long as it takes. Another thread stands in the queue, so that the wait can
    /// be given up when the one before us was stopped and does not go on.
    private func inLine(for purpose: Purpose) -> LockWait {
        let wait = LockWait()
        DispatchQueue(label: "vaultctl.lock").async {
            do throws(VaultError) {
                guard let held = try take(purpose, waits: true) else { preconditionFailure("a wait without a lock") }
                wait.end(.success(held))
            } catch {
                wait.end(.failure(error))
            }
        }
        return wait
    }

    /// Takes the byte if it is free.
    ///
    /// - Returns: nil when another holds it.
    /// - Throws: code `inputOutput`.
    package func takeIfFree(_ purpose: Purpose) throws(VaultError) -> HeldLock? {
        try take(purpose, waits: false)
    }

    private func take(_ purpose: Purpose, waits: Bool) throws(VaultError) -> HeldLock? {
        do throws(Errno) {
            let file = try FileDescriptor(opening: path, O_RDWR | O_CREAT)
            while linux_ofd_lock(file.number, Int16(F_WRLCK), purpose.offset, 1, waits ? 1 : 0) != 0 {
                if !waits, errno == EAGAIN || errno == EACCES { return nil }
                guard errno == EINTR else { throw Errno(number: errno) }
            }
            return HeldLock(file)
        } catch {
            throw .system(error.number, "cannot lock", path: path)
        }
    }
}

/// A wait for a lock that may be given up.
private final class LockWait: Sendable {
    private struct State {
        var result: Result<HeldLock, VaultError>?
        var waiting: CheckedContinuation<Result<HeldLock, VaultError>, Never>?
        var isGivenUp = false
    }

    private let state = Mutex(State())
    private let ended = DispatchSemaphore(value: 0)

    /// The wait is over; nobody may want the lock any more.
    func end(_ result: Result<HeldLock, VaultError>) {
        let (isGivenUp, waiting) = state.withLock { state in
            state.result = result
            return (state.isGivenUp, state.waiting.take())
        }
        if isGivenUp, case .success(let held) = result { held.release() }
        waiting?.resume(returning: result)
        ended.signal()
    }

    /// Blocks this thread, for a time.
    func result(within patience: DispatchTimeInterval) throws(VaultError) -> HeldLock {
        _ = ended.wait(timeout: .now() + patience)
        let result = state.withLock { state in
            state.isGivenUp = state.result == nil
            return state.result
        }
        guard let result else {
            throw VaultError(
                .tryAgain, "the vault is busy: another process does not get done with it",
                hint: "try again; a process that was stopped must go on, or be killed")
        }
        return try result.get()
    }

    /// Suspends the task, until it is cancelled.
    func result() async throws(VaultError) -> HeldLock {
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let known = state.withLock { state -> Result<HeldLock, VaultError>? in
                    if let result = state.result { return result }
                    if state.isGivenUp { return .failure(.cancelled) }
                    state.waiting = continuation
                    return nil
                }
                if let known { continuation.resume(returning: known) }
            }
        } onCancel: {
            let waiting = state.withLock { state in
                state.isGivenUp = state.result == nil
                return state.result == nil ? state.waiting.take() : nil
            }
            waiting?.resume(returning: .failure(.cancelled))
        }
        return try result.get()
    }
}

/// A lock that is held until it is released; the end of the process releases it too.
package final class HeldLock: Sendable {
    private let file: Mutex<FileDescriptor?>

    fileprivate init(_ file: consuming FileDescriptor) {
        self.file = Mutex(file)
    }

    /// Lets go. Closing the one descriptor of the open file is what ends the lock.
    package func release() {
        file.withLock { $0 = nil }
    }
}
