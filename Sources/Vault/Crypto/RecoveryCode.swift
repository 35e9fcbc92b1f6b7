/// A recovery code: 20 random bytes, shown as nine groups of four characters of which the last group is a checksum
/// (FORMAT.md, key slot).
enum RecoveryCode {
    static let secretLength = 20
    private static let alphabet = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)
    private static let secretCharacters = 32
    private static let length = 36

    /// The code as a person writes it down.
    static func text(of secret: borrowing SecretBytes) -> SecretBytes {
        precondition(secret.count == secretLength)
        let checksum = checksum(of: secret)
        return SecretBytes(count: length + length / 4 - 1) { target in
            secret.withBytes { secret in
                for index in 0..<length {
                    let digit =
                        index < secretCharacters
                        ? fiveBits(at: index) { secret.byte(at: $0) }
                        : fiveBits(at: index - secretCharacters) { checksum[$0] }
                    target.storeBytes(of: alphabet[Int(digit)], toByteOffset: index + index / 4, as: UInt8.self)
                    if index % 4 == 3, index != length - 1 {
                        target.storeBytes(of: UInt8(ascii: "-"), toByteOffset: index + index / 4 + 1, as: UInt8.self)
                    }
                }
            }
        }
    }

    /// The secret that `text` spells; nil when it is no recovery code, as a passphrase is none.
    static func secret(from text: borrowing SecretBytes) -> SecretBytes? {
        guard text.count <= 128 else { return nil }
        let digits = SecretBytes(count: length + 1) { target in
            text.withBytes { text in
                var count = 0
                for offset in 0..<text.byteCount where count <= length {
                    let character = text.byte(at: offset)
                    if character == UInt8(ascii: "-") || character == UInt8(ascii: " ") { continue }
                    guard let digit = digit(character), count < length else {
                        count = length + 1
                        break
                    }
                    target.storeBytes(of: digit, toByteOffset: count, as: UInt8.self)
                    count += 1
                }
                // The last byte tells whether there were exactly as many digits as a code has.
                target.storeBytes(of: count == length ? 1 : 0, toByteOffset: length, as: UInt8.self)
            }
        }
        let complete = digits.withBytes { $0.byte(at: length) == 1 }
        guard complete else { return nil }
        let secret = SecretBytes(count: secretLength) { target in
            digits.withBytes { digits in
                for bit in 0..<secretLength * 8 {
                    let digit = digits.byte(at: bit / 5)
                    guard digit >> (4 - bit % 5) & 1 == 1 else { continue }
                    let byte = target.byte(at: bit / 8)
                    target.storeBytes(of: byte | 0x80 >> (bit % 8), toByteOffset: bit / 8, as: UInt8.self)
                }
            }
        }
        let checksum = checksum(of: secret)
        let given = digits.withBytes { digits in
            (0..<4).map { digits.byte(at: secretCharacters + $0) }
        }
        guard given == (0..<4).map({ fiveBits(at: $0) { checksum[$0] } }) else { return nil }
        return secret
    }

    private static func checksum(of secret: borrowing SecretBytes) -> [UInt8] {
        var hash = Blake2b()
        hash.update("vault.recovery.v1")
        secret.withBytes { hash.update($0) }
        return Array(hash.finish().prefix(3))
    }

    /// Five bits, most significant first, of the bytes that `byte` gives.
    private static func fiveBits(at index: Int, _ byte: (Int) -> UInt8) -> UInt8 {
        (index * 5..<index * 5 + 5).reduce(0) { $0 << 1 | byte($1 / 8) >> (7 - $1 % 8) & 1 }
    }

    private static func digit(_ character: UInt8) -> UInt8? {
        let upper = (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(character) ? character - 0x20 : character
        let canonical =
            switch upper {
            case UInt8(ascii: "I"), UInt8(ascii: "L"): UInt8(ascii: "1")
            case UInt8(ascii: "O"): UInt8(ascii: "0")
            default: upper
            }
        return alphabet.firstIndex(of: canonical).map(UInt8.init)
    }
}
