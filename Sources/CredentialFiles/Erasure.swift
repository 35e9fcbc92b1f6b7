/// The bytes of a file that go when the secret in them is taken out, and what stands there afterwards: the rest of the file
/// stays as it is, and can still be read by whoever reads such files.
package struct Erasure: Sendable, Equatable {
    /// Offsets from the beginning of the file.
    package var range: Range<Int>
    /// No secret, and mostly nothing.
    package var replacement: [UInt8]

    package init(_ range: Range<Int>, replacement: [UInt8] = []) {
        self.range = range
        self.replacement = replacement
    }
}
