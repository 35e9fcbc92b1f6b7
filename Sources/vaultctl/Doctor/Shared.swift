import Synchronization

/// What takes a while and several want to know: done once, as soon as somebody asks.
final class Shared<Value: Sendable>: Sendable {
    private let work: @Sendable () async -> Value
    private let task = Mutex<Task<Value, Never>?>(nil)

    init(_ work: @escaping @Sendable () async -> Value) {
        self.work = work
    }

    var value: Value {
        get async {
            let task = task.withLock { task in
                if let task { return task }
                let new = Task { [work] in await work() }
                task = new
                return new
            }
            return await task.value
        }
    }
}
