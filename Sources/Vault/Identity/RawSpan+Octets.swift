extension RawSpan {
    /// One byte of the span.
    ///
    /// - Precondition: `0 <= offset < byteCount`, which `unsafeLoad` checks; every bit pattern is a `UInt8`.
    func octet(at offset: Int) -> UInt8 {
        unsafe unsafeLoad(fromByteOffset: offset, as: UInt8.self)
    }
}
