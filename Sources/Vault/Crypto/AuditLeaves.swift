internal import Crypto

/// The hashes of neighbouring leaves, one after the other in one buffer: a million in arrays of their own would take longer
/// to store than to hash.
struct AuditLeaves: Sendable {
    private var bytes: [UInt8] = []

    /// Appends the hash of a leaf, `00 | …`.
    mutating func append(hashing leaf: RawSpan) {
        unsafe leaf.withUnsafeBytes { unsafe Self.hash($0, behind: nil, to: &bytes) }
    }

    /// One by one.
    var hashes: [[UInt8]] {
        stride(from: 0, to: bytes.count, by: 32).map { Array(bytes[$0..<$0 + 32]) }
    }

    /// Those from one number to another, joined.
    func joined(_ range: Range<Int>) -> [UInt8] { Array(bytes[32 * range.lowerBound..<32 * range.upperBound]) }

    /// The root of the tree over them.
    ///
    /// - Precondition: there are as many as a power of two.
    var root: [UInt8] {
        var level = bytes
        while level.count > 32 {
            var above: [UInt8] = []
            above.reserveCapacity(level.count / 2)
            unsafe level.withUnsafeBytes { level in
                for start in stride(from: 0, to: level.count, by: 64) {
                    unsafe Self.hash(
                        UnsafeRawBufferPointer(rebasing: level[start..<start + 64]), behind: 0x01, to: &above)
                }
            }
            level = above
        }
        return level
    }

    private static func hash(_ bytes: UnsafeRawBufferPointer, behind first: UInt8?, to target: inout [UInt8]) {
        var hash = SHA256()
        if let first { unsafe withUnsafeBytes(of: first) { unsafe hash.update(bufferPointer: $0) } }
        unsafe hash.update(bufferPointer: bytes)
        unsafe hash.finalize().withUnsafeBytes { unsafe target.append(contentsOf: $0) }
    }
}
