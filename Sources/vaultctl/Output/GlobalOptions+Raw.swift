import Vault

/// Results that have a text of their own, as checkpoints and proofs have.
extension GlobalOptions {
    /// Writes the text itself with `-o raw`, which is the default off a terminal; else what the record shows of it.
    func write(_ record: Record, raw text: String) throws(VaultError) {
        let chosen = output ?? Surroundings.value("VAULTCTL_OUTPUT")
        if chosen == "raw" || chosen == nil && !StandardOutput.isTerminal {
            try StandardOutput.write(text)
        } else {
            try recordOutput().write(record)
        }
    }

    /// - Throws: code `usage` for a format that ``write(_:raw:)`` has not, before anything is done.
    func checkRawOutput() throws(VaultError) {
        guard output != "raw", Surroundings.value("VAULTCTL_OUTPUT") != "raw" else { return }
        _ = try recordOutput()
    }
}
