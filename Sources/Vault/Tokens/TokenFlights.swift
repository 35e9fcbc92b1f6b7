internal import Synchronization

/// Which tokens are being asked for in this process, so that each is asked for once and the others wait for it.
///
/// Other processes are kept out by a lock; waiting for that takes a thread for each, this takes none.
final class TokenFlights: Sendable {
    private let waiting = Mutex<[RowTag: [CheckedContinuation<Void, Never>]]>([:])

    /// - Returns: true for the one who is to ask, and must call ``end(_:)``; false for whoever waited until that was over.
    func begin(_ tag: RowTag) async -> Bool {
        let isFirst = waiting.withLock { waiting in
            guard waiting[tag] == nil else { return false }
            waiting[tag] = []
            return true
        }
        if isFirst { return true }
        await withCheckedContinuation { continuation in
            let isOver = waiting.withLock { waiting in
                guard waiting[tag] != nil else { return true }
                waiting[tag]?.append(continuation)
                return false
            }
            if isOver { continuation.resume() }
        }
        return false
    }

    func end(_ tag: RowTag) {
        let waiting = waiting.withLock { $0.removeValue(forKey: tag) ?? [] }
        for continuation in waiting { continuation.resume() }
    }
}
