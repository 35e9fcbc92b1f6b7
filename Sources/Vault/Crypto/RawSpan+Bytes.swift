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
    package mutating func write(_ bytes: RawSpan, at offset: Int) {
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
    @inlinable public func byte(at offset: Int) -> UInt8 {
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
    package var array: [UInt8] {
        unsafe withUnsafeBytes { unsafe [UInt8]($0) }
    }
}

extension Array<UInt8> {
    /// Lends the elements as raw bytes.
    package func withRawSpan<Result: ~Copyable, Failure: Error>(
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
}
