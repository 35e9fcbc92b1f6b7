private import CSodium
private import Glibc
internal import Synchronization

/// Memory for secrets from `sodium_malloc`: at the end of a page, with a guard page behind it, locked against swapping and
/// left out of core files.
///
/// Getting it takes the kernel a dozen calls and giving it up as many, so some of what was given back is kept, wiped and
/// locked as it is, for the next of the same size.
@safe
package enum GuardedMemory {
    private struct Kept: ~Copyable {
        /// By size, so that each still ends where its guard page begins.
        var bySize: [Int: [UInt]] = [:]
        var count = 0
    }

    private static let kept = Mutex(Kept())
    /// Pages that are kept locked at the most, or nearly so.
    private static let mostKept = 128
    private static let longestKept = 8192
    private static let unlocked = Atomic<Int>(0)

    /// Whether the system refused to lock any of it, as when the limit is too low (`ulimit -l`). Secrets may then reach
    /// swap.
    package static var isLocked: Bool { unlocked.load(ordering: .relaxed) == 0 }

    /// - Returns: `size` bytes that hold zeros.
    static func take(_ size: Int) -> UnsafeMutableRawPointer {
        let address = kept.withLock { kept -> UInt? in
            guard let address = kept.bySize[size]?.popLast() else { return nil }
            kept.count -= 1
            return address
        }
        if let address, let memory = unsafe UnsafeMutableRawPointer(bitPattern: address) { return unsafe memory }
        // It is refused only when the address space or the kernel's generator is gone, where nothing can go on.
        guard Sodium.isReady, let memory = unsafe sodium_malloc(size) else { fatalError("no memory for a secret") }
        // sodium_malloc does not tell whether it could lock.
        if unsafe mlock(memory, size) != 0 { unlocked.add(1, ordering: .relaxed) }
        unsafe sodium_memzero(memory, size)
        return unsafe memory
    }

    /// Wipes and takes back what ``take(_:)`` gave.
    static func giveBack(_ memory: UnsafeMutableRawPointer, _ size: Int) {
        unsafe sodium_memzero(memory, size)
        let address = UInt(bitPattern: memory)
        let isKept = kept.withLock { kept in
            guard size <= longestKept, kept.count < mostKept else { return false }
            kept.bySize[size, default: []].append(address)
            kept.count += 1
            return true
        }
        if !isKept { unsafe sodium_free(memory) }
    }
}
