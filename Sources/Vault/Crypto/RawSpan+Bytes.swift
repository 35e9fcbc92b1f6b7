extension MutableRawSpan {
    /// The byte at `offset`.
    ///
    /// - Precondition: it lies within.
    func byte(at offset: Int) -> UInt8 {
        precondition(offset >= 0 && offset < byteCount)
        return unsafe unsafeLoad(fromByteOffset: offset, as: UInt8.self)
    }

    /// Lends the bytes for writing as C functions take them; the pointer is never nil.
    mutating func withMutablePointer<Result>(_ body: (UnsafeMutablePointer<UInt8>, Int) -> Result) -> Result {
        unsafe withUnsafeMutableBytes { bytes in
            if let start = unsafe bytes.bindMemory(to: UInt8.self).baseAddress {
                return unsafe body(start, bytes.count)
            }
            var nothing: UInt8 = 0
            return unsafe withUnsafeMutablePointer(to: &nothing) { unsafe body($0, 0) }
        }
    }

    /// Copies `bytes` to `offset`.
    ///
    /// - Precondition: they fit.
    mutating func write(_ bytes: RawSpan, at offset: Int) {
        precondition(offset >= 0 && bytes.byteCount <= byteCount - offset)
        unsafe withUnsafeMutableBytes { target in
            unsafe bytes.withUnsafeBytes { source in
                guard let from = source.baseAddress, let to = target.baseAddress else { return }
                unsafe (to + offset).copyMemory(from: from, byteCount: source.count)
            }
        }
    }
}

extension RawSpan {
    /// The byte at `offset`.
    ///
    /// - Precondition: it lies within.
    public func byte(at offset: Int) -> UInt8 {
        precondition(offset >= 0 && offset < byteCount)
        return unsafe unsafeLoad(fromByteOffset: offset, as: UInt8.self)
    }

    /// Lends the bytes as C functions take them; the pointer is never nil.
    func withPointer<Result>(_ body: (UnsafePointer<UInt8>, Int) -> Result) -> Result {
        unsafe withUnsafeBytes { bytes in
            if let start = unsafe bytes.bindMemory(to: UInt8.self).baseAddress {
                return unsafe body(start, bytes.count)
            }
            let nothing: UInt8 = 0
            return unsafe withUnsafePointer(to: nothing) { unsafe body($0, 0) }
        }
    }

    /// A copy on the heap: for what is no secret.
    var array: [UInt8] {
        unsafe withUnsafeBytes { unsafe [UInt8]($0) }
    }
}

extension FixedWidthInteger {
    /// The bytes in little-endian order, as the format writes integers.
    var littleEndianBytes: [UInt8] {
        (0..<(Self.bitWidth / 8)).map { UInt8(truncatingIfNeeded: self >> ($0 * 8)) }
    }

    /// The integer that `bytes` spell in little-endian order.
    init(littleEndianBytes bytes: some Sequence<UInt8>) {
        var value: Self = 0
        for (index, byte) in bytes.enumerated() where index < Self.bitWidth / 8 {
            value |= Self(truncatingIfNeeded: byte) << (index * 8)
        }
        self = value
    }
}

extension Array<UInt8> {
    /// Lends the elements as raw bytes.
    func withRawSpan<Result: ~Copyable, Failure: Error>(
        _ body: (RawSpan) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(unsafe span.bytes)
    }

    /// Lends the elements for writing.
    mutating func withMutableRawSpan<Result: ~Copyable, Failure: Error>(
        _ body: (inout MutableRawSpan) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        var elements = mutableSpan
        var bytes = unsafe elements.mutableBytes
        return try body(&bytes)
    }

    /// `L(x)` of the format: the length as u32, then the bytes.
    var lengthPrefixed: [UInt8] { UInt32(count).littleEndianBytes + self }
}
