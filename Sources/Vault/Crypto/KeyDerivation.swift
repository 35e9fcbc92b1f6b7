private import CSodium

/// `crypto_kdf_derive_from_key`: a subkey of 32 bytes from a key of 32 bytes.
///
/// - Parameters:
///   - number: which subkey.
///   - context: 8 characters that say what the subkeys are for.
func deriveSubkey(_ number: UInt64, context: StaticString, of key: borrowing SecretBytes) -> SecretBytes {
    precondition(key.count == Int(crypto_kdf_KEYBYTES) && context.utf8CodeUnitCount == Int(crypto_kdf_CONTEXTBYTES))
    return SecretBytes(count: 32) { target in
        unsafe target.withMutablePointer { target, length in
            key.withBytes { key in
                unsafe key.withPointer { key, _ in
                    unsafe context.utf8Start.withMemoryRebound(to: CChar.self, capacity: 8) { context in
                        _ = unsafe crypto_kdf_derive_from_key(target, length, number, context, key)
                    }
                }
            }
        }
    }
}

/// Argon2id (RFC 9106, `crypto_pwhash` with `ALG_ARGON2ID13`): 64 bytes from a passphrase.
///
/// - Returns: nil when the machine has not the memory.
func argon2id(passphrase: borrowing SecretBytes, salt: [UInt8], cost: DerivationCost) -> SecretBytes? {
    precondition(salt.count == Int(crypto_pwhash_SALTBYTES))
    var code: Int32 = -1
    let key = SecretBytes(count: 64) { target in
        unsafe target.withMutablePointer { target, length in
            passphrase.withBytes { passphrase in
                unsafe passphrase.withPointer { passphrase, count in
                    unsafe passphrase.withMemoryRebound(to: CChar.self, capacity: count) { passphrase in
                        code = unsafe crypto_pwhash(
                            target, UInt64(length), passphrase, UInt64(count), salt, cost.passes, Int(cost.memory),
                            crypto_pwhash_ALG_ARGON2ID13)
                    }
                }
            }
        }
    }
    guard code == 0 else { return nil }
    return key
}
