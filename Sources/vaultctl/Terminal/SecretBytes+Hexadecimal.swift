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
}
