import Vault

/// An honest guess at how hard a new passphrase is to guess: its length, its kinds of characters and the words that
/// everybody tries first. It sees no dictionary and no leaked list, so it errs on the kind side; it says so.
struct PassphraseStrength: Equatable {
    /// Bits, at most.
    var bits: Int
    var length: Int
    var isASCII: Bool

    /// Fewer characters are refused.
    static let shortest = 8
    /// Below this one guess in 0.6 s is no longer enough of a hurdle.
    static let enough = 50

    init(of passphrase: borrowing SecretBytes) {
        let count = passphrase.count
        (bits, length, isASCII) = passphrase.withBytes { bytes in
            var kinds: Set<Kind> = []
            var effective = 0.0
            var characters = 0
            for index in 0..<count {
                let byte = bytes.byte(at: index)
                kinds.insert(Kind(byte))
                guard byte & 0xc0 != 0x80 else { continue }
                characters += 1
                // aaaa and 1234 add next to nothing.
                let step = index > 0 ? abs(Int(byte) - Int(bytes.byte(at: index - 1))) : 2
                effective += step <= 1 ? 0.25 : 1
            }
            let alphabet = kinds.reduce(0) { $0 + $1.size }
            var bits = effective * Double(alphabet.bitWidth - alphabet.leadingZeroBitCount)
            for word in Self.commonWords where bytes.contains(lowercase: word) { bits -= Double(4 * word.count) }
            return (max(0, Int(bits)), characters, !kinds.contains(.other))
        }
    }

    private enum Kind: Hashable {
        case lower, upper, digit, mark, other

        init(_ byte: UInt8) {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"): self = .lower
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): self = .upper
            case UInt8(ascii: "0")...UInt8(ascii: "9"): self = .digit
            case 0x20...0x7e: self = .mark
            default: self = .other
            }
        }

        /// How many there are to choose from.
        var size: Int {
            switch self {
            case .lower, .upper: 26
            case .digit: 10
            case .mark, .other: 33
            }
        }
    }

    private static let commonWords = [
        "password", "passwort", "passphrase", "secret", "letmein", "welcome", "admin", "login", "master", "qwerty",
        "azerty", "asdf", "dragon", "monkey", "football", "baseball", "iloveyou", "sunshine", "princess", "shadow",
        "summer", "winter", "spring", "autumn", "vault", "azure", "databricks", "changeme", "default", "test",
    ].map { Array($0.utf8) }
}

extension RawSpan {
    fileprivate func contains(lowercase word: [UInt8]) -> Bool {
        guard byteCount >= word.count else { return false }
        for start in 0...(byteCount - word.count) {
            let matches = word.indices.allSatisfy { index in
                let byte = byte(at: start + index)
                let isUpper = (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
                return (isUpper ? byte + 32 : byte) == word[index]
            }
            if matches { return true }
        }
        return false
    }
}

extension PassphraseStrength {
    /// - Throws: code `usage` when the passphrase is too short; what is merely weak is said on `console`.
    func judge(console: Console) throws(VaultError) {
        guard length >= Self.shortest else {
            throw VaultError(
                .usage, "a passphrase has at least \(Self.shortest) characters",
                hint: "five or more unrelated words are good")
        }
        if bits < Self.enough {
            console.note(
                "this passphrase is weak: at most \(bits) bits by its length and characters, "
                    + "\(Self.enough) are advised; five or more unrelated words are good")
        }
        if !isASCII {
            console.note(
                "this passphrase has characters other than ASCII: another terminal may send other bytes for them"
            )
        }
    }
}
