private import CSodium

/// Secret bytes in one owner: guarded, locked memory that is wiped when the owner goes.
///
/// The memory comes from `sodium_malloc`: it lies at the end of a page with a guard page behind it, is locked against
/// swapping where the limit allows, and is left out of core files. The type cannot be copied, interpolated, compared
/// with `==` or encoded, so a secret reaches a log or an error text only through code that says so.
@safe
public struct SecretBytes: ~Copyable, @unchecked Sendable {
    // Written only before `init` returns, so that sharing it between threads is sound.
    private let base: UnsafeMutableRawPointer
    public let count: Int

    /// Makes `count` bytes and lets `fill` write them.
    ///
    /// - Parameter fill: gets zeroed memory; what it throws is passed on, and the memory is wiped.
    public init<Failure: Error>(
        count: Int, fill: (inout MutableRawSpan) throws(Failure) -> Void
    ) throws(Failure) {
        let memory = unsafe Self.lockedZeros(count)
        var span = unsafe MutableRawSpan(_unsafeStart: memory, byteCount: count)
        do {
            try fill(&span)
        } catch {
            unsafe GuardedMemory.giveBack(memory, max(count, 1))
            throw error
        }
        unsafe base = memory
        self.count = count
    }

    /// Copies `bytes`; the caller wipes the original if it was a secret.
    public init(copying bytes: RawSpan) {
        let memory = unsafe Self.lockedZeros(bytes.byteCount)
        unsafe bytes.withUnsafeBytes { source in
            if let start = source.baseAddress { unsafe memory.copyMemory(from: start, byteCount: source.count) }
        }
        unsafe base = memory
        count = bytes.byteCount
    }

    /// No bytes at all, for a request without a body.
    public init() {
        unsafe base = unsafe Self.lockedZeros(0)
        count = 0
    }

    /// Random bytes from the kernel's generator.
    public static func random(count: Int) -> SecretBytes {
        let secret = SecretBytes(count: count) { _ in }
        unsafe randombytes_buf(secret.base, count)
        return secret
    }

    /// Guarded memory that holds zeros; the caller gives it back.
    private static func lockedZeros(_ count: Int) -> UnsafeMutableRawPointer {
        unsafe GuardedMemory.take(max(count, 1))
    }

    deinit { unsafe GuardedMemory.giveBack(base, max(count, 1)) }

    public var isEmpty: Bool { count == 0 }

    /// Lends the bytes for the time of `body`.
    public borrowing func withBytes<Result: ~Copyable, Failure: Error>(
        _ body: (RawSpan) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let span = unsafe RawSpan(_unsafeStart: base, byteCount: count)
        return try body(span)
    }

    /// Lends the bytes for writing; the caller holds the only reference, so nobody reads meanwhile.
    package mutating func withMutableBytes<Result: ~Copyable, Failure: Error>(
        _ body: (inout MutableRawSpan) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        var span = unsafe MutableRawSpan(_unsafeStart: base, byteCount: count)
        return try body(&span)
    }

    /// Overwrites the bytes with zeros.
    package mutating func wipe() {
        unsafe sodium_memzero(base, count)
    }

    /// Lends the bytes as C takes them.
    borrowing func withUnsafeBytes<Result: ~Copyable, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try unsafe body(UnsafeRawBufferPointer(start: base, count: count))
    }

    /// Another owner of the same bytes.
    public borrowing func copy() -> SecretBytes {
        withBytes { SecretBytes(copying: $0) }
    }

    /// Whether both hold the same bytes, in a time that depends on the lengths alone.
    public borrowing func equals(_ other: borrowing SecretBytes) -> Bool {
        guard count == other.count else { return false }
        return unsafe sodium_memcmp(base, other.base, count) == 0
    }

    /// Some of the bytes as an owner of their own.
    ///
    /// - Precondition: `range` lies within the bytes.
    borrowing func slice(_ range: Range<Int>) -> SecretBytes {
        withBytes { SecretBytes(copying: $0.extracting(range)) }
    }

    /// Both, one after the other.
    borrowing func appending(_ other: borrowing SecretBytes) -> SecretBytes {
        SecretBytes(count: count + other.count) { target in
            withBytes { target.write($0, at: 0) }
            other.withBytes { target.write($0, at: count) }
        }
    }
}
