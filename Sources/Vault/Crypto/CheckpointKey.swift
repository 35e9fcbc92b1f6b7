private import CSodium

/// The key that signs checkpoints.
extension Keyring {
    /// Its public half as a C2SP verifier key: `name+id+base64`.
    var checkpointVerifierKey: String { checkpointKey.text }

    /// Its public half.
    var checkpointKey: NoteVerifierKey { withCheckpointKeys { key, _ in key } }

    /// Signs a checkpoint of this vault.
    func sign(_ checkpoint: Checkpoint) -> SignedNote {
        let text = checkpoint.text
        return withCheckpointKeys { key, secretKey in
            let message = Array(text.utf8)
            var signature = [UInt8](repeating: 0, count: Int(crypto_sign_BYTES))
            unsafe secretKey.withPointer { secretKey, _ in
                _ = unsafe crypto_sign_detached(&signature, nil, message, UInt64(message.count), secretKey)
            }
            return SignedNote(text: text, signatures: [.init(keyName: key.name, keyID: key.id, bytes: signature)])
        }
    }

    /// Derives both halves from the seed and lends them.
    private func withCheckpointKeys<Result>(_ body: (NoteVerifierKey, RawSpan) -> Result) -> Result {
        var publicKey = [UInt8](repeating: 0, count: Int(crypto_sign_PUBLICKEYBYTES))
        let secretKey = withSigningSeed { seed in
            SecretBytes(count: Int(crypto_sign_SECRETKEYBYTES)) { secretKey in
                unsafe secretKey.withMutablePointer { secretKey, _ in
                    unsafe seed.withPointer { seed, _ in
                        _ = unsafe crypto_sign_seed_keypair(&publicKey, secretKey, seed)
                    }
                }
            }
        }
        let key = NoteVerifierKey(name: Checkpoint.origin(ofVault: vaultID), publicKey: publicKey)
        return secretKey.withBytes { body(key, $0) }
    }
}
