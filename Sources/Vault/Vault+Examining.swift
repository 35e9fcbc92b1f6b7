/// What is asked by who looks whether all is well with a vault, and not by who uses it. Nothing is changed.
extension Vault {
    /// The format that this program writes, and the newest that it reads.
    package static var format: Int { Int(Schema.version) }

    /// - Throws: as ``inspect(at:)`` does.
    package static func databaseSettings(at path: String) throws(VaultError) -> DatabaseSettings {
        let file = try VaultFile(path)
        try file.checkExisting()
        return try DatabaseSettings(SQLiteConnection(path: file.path, access: .readWrite))
    }

    /// How long one guess at a passphrase takes on this machine: a key is derived from nothing in particular. As with any
    /// derivation, one at a time runs for a vault; the wait for others does not count.
    ///
    /// - Parameter path: of a vault that is there.
    /// - Throws: code `inputOutput` when the machine has not the memory.
    package static func timeOfGuess(_ cost: DerivationCost, forVaultAt path: String) throws(VaultError) -> Duration {
        let file = try VaultFile(path)
        let passphrase = SecretBytes.random(count: 16)
        let salt = Sodium.randomBytes(16)
        guard cost.memory <= Machine.physicalMemory / 2 else { throw tooLarge(cost) }
        var time: Duration?
        let gate = derivationGate(file)
        _ = try gate {
            let start = ContinuousClock.now
            let key = argon2id(passphrase: passphrase, salt: salt, cost: cost)
            let end = ContinuousClock.now
            guard let key else { return nil }
            time = end - start
            return key
        }
        guard let time else { throw tooLarge(cost) }
        return time
    }

    private static func tooLarge(_ cost: DerivationCost) -> VaultError {
        VaultError(
            .inputOutput, "this machine has not the \(cost.memory >> 20) MiB of memory to derive a key",
            hint: "free some memory and try again")
    }
}
