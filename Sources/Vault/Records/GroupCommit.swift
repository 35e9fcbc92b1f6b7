private import Dispatch
internal import Synchronization

/// Lets changes that wait at the same time share one durable transaction: making thirty entries durable takes the disk no
/// longer than making one.
///
/// Each change is whole or not there, as if it had a transaction of its own, and is durable when its `write` returns.
final class GroupCommit: Sendable {
    private let records: Records
    private let queue = DispatchQueue(label: "vaultctl.commit")
    private let line = Mutex(Line())
    private let arrival = DispatchSemaphore(value: 0)

    private struct Line {
        var waiting: [any WaitingChange] = []
        var isServed = false
        /// How many shared the last transaction or came while it ran: nearly all of them will ask again.
        var expected = 0
        /// How many have to wait for the transaction to go on; zero while it does not sleep.
        var wanted = 0

        mutating func take(_ most: Int) -> [any WaitingChange] {
            let taken = Array(waiting.prefix(most))
            waiting.removeFirst(taken.count)
            return taken
        }
    }

    /// More would make each wait longer than the disk does.
    private static let largest = 512
    /// How long those that are expected are waited for. Without it they settle into two halves, each of which waits for the
    /// commit of the other.
    private static let gathering = DispatchTimeInterval.milliseconds(1)
    /// So many are run while the others still come; waking up for each would take longer than running it.
    private static let stretch = 8

    init(_ records: Records) {
        self.records = records
    }

    /// The same as ``Records/write(_:)``, shared with whoever else waits.
    ///
    /// - Parameter body: may run twice: when another change of the transaction fails, each gets one of its own.
    func write<Result: ~Copyable & Sendable>(
        _ body: @escaping @Sendable (inout WriteTransaction) throws(VaultError) -> Result
    ) async throws(VaultError) -> Result {
        let result = try await writeUnlessNil { (transaction) throws(VaultError) -> Result? in try body(&transaction) }
        guard let result else { throw VaultError(.internalError, "a transaction without a result") }
        return result
    }

    /// The same as ``Records/writeUnlessNil(_:)``, shared with whoever else waits.
    func writeUnlessNil<Result: ~Copyable & Sendable>(
        _ body: @escaping @Sendable (inout WriteTransaction) throws(VaultError) -> Result?
    ) async throws(VaultError) -> Result? {
        let change = Change(body)
        await withCheckedContinuation { continuation in
            unsafe change.settled = continuation
            enqueue(change)
        }
        return try change.takeResult()
    }

    private func enqueue(_ change: any WaitingChange) {
        let (mustServe, mustWake) = line.withLock { line in
            line.waiting.append(change)
            let mustWake = line.wanted > 0 && line.waiting.count >= line.wanted
            if mustWake { line.wanted = 0 }
            defer { line.isServed = true }
            return (!line.isServed, mustWake)
        }
        if mustServe { queue.async { self.serve() } }
        if mustWake { arrival.signal() }
    }

    /// Commits until nobody waits.
    private func serve() {
        while line.withLock({ line in
            line.isServed = !line.waiting.isEmpty
            return line.isServed
        }) {
            commit()
        }
    }

    /// One transaction for those that wait, and for those that come while it runs.
    private func commit() {
        var group: [any WaitingChange] = []
        var mustSeparate = false
        do throws(VaultError) {
            _ = try records.writeUnlessNil { (transaction) throws(VaultError) -> Bool? in
                let (before, deadline) = (transaction.changes, DispatchTime.now() + Self.gathering)
                while let more = next(after: group.count, until: deadline) {
                    group += more
                    for change in more {
                        let changes = transaction.changes
                        guard change.run(&transaction) || transaction.changes == changes else {
                            // It left a part of itself behind, and what undoes that undoes the others' changes too.
                            mustSeparate = group.count > 1
                            return nil
                        }
                    }
                }
                return transaction.changes > before ? true : nil
            }
        } catch {
            // It may have failed before it came to anybody.
            if group.isEmpty { group = line.withLock { $0.take(Self.largest) } }
            for change in group { change.fail(error) }
        }
        line.withLock { $0.expected = group.count + $0.waiting.count }
        for change in group {
            if mustSeparate { commitAlone(change) }
            change.settle()
        }
    }

    private func commitAlone(_ change: any WaitingChange) {
        do throws(VaultError) {
            _ = try records.writeUnlessNil { (transaction) throws(VaultError) -> Bool? in
                let before = transaction.changes
                return change.run(&transaction) && transaction.changes > before ? true : nil
            }
        } catch {
            change.fail(error)
        }
    }

    /// Who waits for a transaction that holds `count` changes; those that are expected are waited for a little.
    ///
    /// - Returns: nil when it is complete.
    private func next(after count: Int, until deadline: DispatchTime) -> [any WaitingChange]? {
        let (waiting, mustWait) = line.withLock { line in
            let waiting = line.take(Self.largest - count)
            if waiting.isEmpty { line.wanted = min(max(0, line.expected - count), Self.stretch) }
            return (waiting, line.wanted > 0)
        }
        guard waiting.isEmpty else { return waiting }
        guard mustWait else { return nil }
        if arrival.wait(timeout: deadline) == .timedOut {
            let isSignalled = line.withLock { line in
                defer { line.wanted = 0 }
                return line.wanted == 0
            }
            // The last one came as the time was over; its signal must not end the next wait.
            if isSignalled { arrival.wait() }
        }
        let late = line.withLock { $0.take(Self.largest - count) }
        return late.isEmpty ? nil : late
    }
}

/// A change in the line, whatever it results in.
private protocol WaitingChange: Sendable {
    /// - Returns: false when it gave no result, so that nothing of it may stay.
    func run(_ transaction: inout WriteTransaction) -> Bool
    /// Tells that what it did is not durable. An error of its own stays.
    func fail(_ error: VaultError)
    /// Lets its owner go on.
    func settle()
}

private final class Change<Result: ~Copyable & Sendable>: WaitingChange {
    /// At most one of them is there.
    private struct Outcome: ~Copyable {
        var result: Result?
        var failure: VaultError?
    }

    private let body: @Sendable (inout WriteTransaction) throws(VaultError) -> Result?
    private let outcome = Mutex(Outcome())
    /// Set once, before the change is put into the line.
    nonisolated(unsafe) var settled: CheckedContinuation<Void, Never>?

    init(_ body: @escaping @Sendable (inout WriteTransaction) throws(VaultError) -> Result?) {
        self.body = body
    }

    func run(_ transaction: inout WriteTransaction) -> Bool {
        do throws(VaultError) {
            var result = try body(&transaction)
            let isThere = result != nil
            outcome.withLock { $0 = Outcome(result: result.take()) }
            return isThere
        } catch {
            outcome.withLock { $0 = Outcome(failure: error) }
            return false
        }
    }

    func fail(_ error: VaultError) {
        outcome.withLock { outcome in
            if outcome.failure == nil { outcome = Outcome(failure: error) }
        }
    }

    func settle() { unsafe settled?.resume() }

    func takeResult() throws(VaultError) -> Result? {
        var outcome = outcome.withLock { outcome in
            var taken = Outcome()
            swap(&taken, &outcome)
            return taken
        }
        if let failure = outcome.failure { throw failure }
        return outcome.result.take()
    }
}
