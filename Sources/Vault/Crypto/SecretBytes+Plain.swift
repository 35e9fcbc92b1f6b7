private import CSodium

/// Secrets on their way into and out of libraries that know no locked memory. Whoever makes such a copy wipes it.
extension SecretBytes {
    /// Copies a text. The text itself cannot be wiped.
    init(copyingText text: String) {
        self = Array(text.utf8).withRawSpan { SecretBytes(copying: $0) }
    }

    /// A copy of all bytes, or of some, outside locked memory.
    borrowing func array(_ range: Range<Int>? = nil) -> [UInt8] {
        withBytes { bytes in (range ?? 0..<bytes.byteCount).map { bytes.byte(at: $0) } }
    }
}

extension [UInt8] {
    /// Overwrites the bytes.
    mutating func wipe() {
        unsafe withUnsafeMutableBytes { bytes in
            if let start = bytes.baseAddress { unsafe sodium_memzero(start, bytes.count) }
        }
    }
}
