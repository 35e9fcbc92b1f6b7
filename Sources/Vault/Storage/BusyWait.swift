private import CSQLite
private import Glibc

/// How a connection waits for another process: up to 10 seconds in all, in steps whose length chance decides, so that
/// many waiting processes do not wake together.
enum BusyWait {
    /// Microseconds.
    private static let longestStep: UInt32 = 25_000
    private static let patience: Int64 = 10_000_000

    static func install(on handle: OpaquePointer) {
        _ = unsafe sqlite3_busy_handler(
            handle,
            { _, attempt in
                // SQLite gives the number of the attempt alone; with the mean step it tells the time waited.
                let waited = Int64(attempt) * Int64(BusyWait.longestStep) / 2
                guard waited < BusyWait.patience else { return 0 }
                usleep(UInt32.random(in: 500...BusyWait.longestStep))
                return 1
            }, nil)
    }
}
