private import CSodium

/// An Ed25519 key that verifies notes, as C2SP has it: `name+id+base64(01 | public key)`.
struct NoteVerifierKey: Sendable, Equatable {
    let name: String
    /// 32 bytes.
    let publicKey: [UInt8]

    /// - Precondition: the name is one (``isName(_:)``), and the key has 32 bytes.
    init(name: String, publicKey: [UInt8]) {
        precondition(Self.isName(name) && publicKey.count == Int(crypto_sign_PUBLICKEYBYTES))
        self.name = name
        self.publicKey = publicKey
    }

    /// - Returns: nil for what is no Ed25519 key of that form, or has the id of another one.
    init?(_ text: String) {
        let parts = text.split(separator: "+", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, Self.isName(String(parts[0])), let key = [UInt8](base64: parts[2]),
            key.count == 1 + Int(crypto_sign_PUBLICKEYBYTES), key[0] == Self.ed25519
        else { return nil }
        self.init(name: String(parts[0]), publicKey: Array(key[1...]))
        guard parts[1].utf8.elementsEqual(id.hexadecimal.utf8) else { return nil }
    }

    private static let ed25519: UInt8 = 0x01

    /// What tells signatures of this key from those of others: 4 bytes.
    var id: [UInt8] {
        Array(sha256(Array(name.utf8) + [0x0a, Self.ed25519] + publicKey).prefix(4))
    }

    var text: String { "\(name)+\(id.hexadecimal)+\(([Self.ed25519] + publicKey).base64)" }

    /// Whether `signature` is one of `message` by this key.
    func verifies(_ signature: [UInt8], of message: [UInt8]) -> Bool {
        guard signature.count == Int(crypto_sign_BYTES) else { return false }
        return unsafe crypto_sign_verify_detached(signature, message, UInt64(message.count), publicKey) == 0
    }

    /// Whether a key may be called so: by something, without spaces and plus signs.
    static func isName(_ name: String) -> Bool {
        !name.isEmpty && name.unicodeScalars.allSatisfy { !$0.properties.isWhitespace && $0 != "+" && $0.value >= 0x20 }
    }
}
