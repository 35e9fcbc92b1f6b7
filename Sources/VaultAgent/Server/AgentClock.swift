internal import FoundationEssentials
private import Glibc

/// The clocks that decide when a vault is locked.
package struct AgentClock: Sendable {
    /// What both clocks show at one moment, since the machine was started.
    package struct Reading: Sendable {
        /// Runs on while the machine sleeps (`CLOCK_BOOTTIME`).
        package var running: Duration
        /// Stands still while the machine sleeps (`CLOCK_MONOTONIC`).
        package var awake: Duration

        package init(running: Duration, awake: Duration) {
            self.running = running
            self.awake = awake
        }

        /// How long the machine has slept.
        var asleep: Duration { running - awake }
    }

    package var read: @Sendable () -> Reading

    package init(read: @escaping @Sendable () -> Reading) {
        self.read = read
    }

    package static let system = AgentClock {
        // In this order, so that a sleep between the two shows at once.
        let awake = time(of: CLOCK_MONOTONIC)
        return Reading(running: time(of: CLOCK_BOOTTIME), awake: awake)
    }

    private static func time(of clock: Int32) -> Duration {
        var time = timespec()
        // Both clocks are there since Linux 2.6.39.
        _ = unsafe clock_gettime(clock, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }
}

extension Duration {
    /// Seconds.
    var interval: TimeInterval { self / .seconds(1) }
}
