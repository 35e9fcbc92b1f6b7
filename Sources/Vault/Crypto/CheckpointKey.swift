private import CSodium
private import FoundationEssentials

extension Keyring {
    /// The public half of the key that signs checkpoints, as a C2SP verifier key: `name+hash+base64`.
    var checkpointVerifierKey: String {
        var publicKey = [UInt8](repeating: 0, count: Int(crypto_sign_PUBLICKEYBYTES))
        withSigningSeed { seed in
            _ = SecretBytes(count: Int(crypto_sign_SECRETKEYBYTES)) { secretKey in
                unsafe secretKey.withMutablePointer { secretKey, _ in
                    unsafe seed.withPointer { seed, _ in
                        _ = unsafe crypto_sign_seed_keypair(&publicKey, secretKey, seed)
                    }
                }
            }
        }
        let name = "vaultctl/" + vaultID.hexadecimal
        let signed: [UInt8] = [0x01] + publicKey  // 01: Ed25519
        let hash = sha256(Array(name.utf8) + [0x0a] + signed).prefix(4)
        return "\(name)+\(hash.hexadecimal)+\(Data(signed).base64EncodedString())"
    }
}
