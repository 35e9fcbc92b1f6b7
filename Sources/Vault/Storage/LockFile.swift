private import CLinux
private import Dispatch
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
        /// An agent listens at the socket that the file belongs to.
        case listening
        /// A token with this tag is being asked for.
        case token(RowTag)

        var offset: Int64 {
            switch self {
            case .derivation: 0
            case .anchor: 1
            case .writing: 2
            case .creation: 3
            case .listening: 0
            case .token(let tag): 65_536 + Int64(littleEndianBytes: tag.bytes.prefix(6))
            }
        }
    }

    /// Waits until the byte is free and takes it, blocking this thread.
    ///
    /// - Returns: the lock; whoever takes it says when it ends.
    /// - Throws: code `inputOutput`.
    func take(_ purpose: Purpose) throws(VaultError) -> HeldLock {
        // A lock that is waited for is held when the call returns.
        guard let held = try take(purpose, waits: true) else { preconditionFailure("a lock that nobody waited for") }
        return held
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

    /// Waits for the byte while other tasks go on: the wait is as long as another process asks its provider.
    func takeWithoutBlocking(_ purpose: Purpose) async throws(VaultError) -> HeldLock {
        // Seldom does anybody wait, and a thread that waits is not to be had for nothing.
        if let held = try takeIfFree(purpose) { return held }
        let result = await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                do throws(VaultError) {
                    continuation.resume(returning: Result<HeldLock, VaultError>.success(try take(purpose)))
                } catch {
                    continuation.resume(returning: .failure(error))
                }
            }
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
