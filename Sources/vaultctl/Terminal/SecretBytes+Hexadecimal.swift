import Vault

extension SecretBytes {
    /// The bytes as lower-case hexadecimal, in locked memory too.
    var hexadecimal: SecretBytes {
        SecretBytes(count: 2 * count) { span in
            withBytes { bytes in
                for index in 0..<bytes.byteCount {
                    let byte = bytes.byte(at: index)
                    span.storeBytes(of: ByteText.hexadecimalDigit(byte >> 4), toByteOffset: 2 * index, as: UInt8.self)
                    span.storeBytes(
                        of: ByteText.hexadecimalDigit(byte & 15), toByteOffset: 2 * index + 1, as: UInt8.self)
                }
            }
        }
    }

    /// What `text` spells in hexadecimal of either case; nil when it is something else.
    init?(hexadecimal text: borrowing SecretBytes) {
        let isSpelled = text.withBytes { text in
            text.byteCount % 2 == 0
                && (0..<text.byteCount).allSatisfy { Self.hexadecimalValue(text.byte(at: $0)) != nil }
        }
        guard isSpelled else { return nil }
        self.init(count: text.count / 2) { span in
            text.withBytes { text in
                for index in 0..<text.byteCount / 2 {
                    let high = Self.hexadecimalValue(text.byte(at: 2 * index)) ?? 0
                    let low = Self.hexadecimalValue(text.byte(at: 2 * index + 1)) ?? 0
                    span.storeBytes(of: high << 4 | low, toByteOffset: index, as: UInt8.self)
                }
            }
        }
    }

    private static func hexadecimalValue(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
