@testable package import Vault

/// The bytes that hexadecimal digits spell.
package func bytes(_ hexadecimal: String) -> [UInt8] {
    let digits = hexadecimal.compactMap(\.hexDigitValue)
    return stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] * 16 + digits[$0 + 1]) }
}

extension SecretBytes {
    /// A test's secret, which is none.
    package init(_ text: String) {
        self = Array(text.utf8).withRawSpan { SecretBytes(copying: $0) }
    }

    package init(bytes: [UInt8]) {
        self = bytes.withRawSpan { SecretBytes(copying: $0) }
    }

    /// What a test compares.
    package var exposed: [UInt8] { withBytes { $0.array } }

    package var exposedText: String { String(decoding: exposed, as: UTF8.self) }
}
