/// Bytes that come in pieces, collected in locked memory that grows by doubling.
///
/// A token endpoint's answer and the form that asks for it are both secrets before they are complete, so neither is
/// ever built in a `String` or `Data`. What the buffer outgrows is wiped.
struct LockedBuffer: ~Copyable {
    private var storage: SecretBytes
    private(set) var count = 0

    /// A buffer that takes `capacity` bytes before it grows.
    init(capacity: Int = 512) {
        storage = SecretBytes(count: max(capacity, 16)) { _ in }
    }

    mutating func append(_ byte: UInt8) {
        reserve(1)
        storage.withMutableBytes { $0.storeBytes(of: byte, toByteOffset: count, as: UInt8.self) }
        count += 1
    }

    mutating func append(_ bytes: RawSpan) {
        reserve(bytes.byteCount)
        storage.withMutableBytes { $0.write(bytes, at: count) }
        count += bytes.byteCount
    }

    /// The bytes so far, in memory of exactly their size; the buffer is empty afterwards.
    mutating func take() -> SecretBytes {
        let taken = filled()
        self = LockedBuffer(capacity: 0)
        return taken
    }

    private mutating func reserve(_ more: Int) {
        guard storage.count - count < more else { return }
        let used = filled()
        storage = SecretBytes(count: max(storage.count * 2, count + more)) { target in
            used.withBytes { target.write($0, at: 0) }
        }
    }

    private borrowing func filled() -> SecretBytes {
        storage.withBytes { SecretBytes(copying: $0.extracting(first: count)) }
    }
}
