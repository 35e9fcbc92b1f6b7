import Glibc
import Vault

/// Standard output, unbuffered: what was written was either taken by the other side or is an error.
enum StandardOutput {
    /// - Throws: code `inputOutput` when not all of it could be written.
    static func write(_ bytes: [UInt8]) throws(VaultError) {
        let failure = unsafe bytes.withUnsafeBytes { unsafe Descriptor.write($0, to: STDOUT_FILENO) }
        if let failure { throw cannotWrite(failure) }
    }

    static func write(_ text: String) throws(VaultError) { try write(Array(text.utf8)) }

    /// Writes a secret from the memory it lives in.
    static func write(_ secret: borrowing SecretBytes) throws(VaultError) {
        let failure = secret.withBytes { span in
            unsafe span.withUnsafeBytes { unsafe Descriptor.write($0, to: STDOUT_FILENO) }
        }
        if let failure { throw cannotWrite(failure) }
    }

    static var isTerminal: Bool { isatty(STDOUT_FILENO) == 1 }

    /// Whether words are coloured: on a terminal, unless `NO_COLOR` (no-color.org) says otherwise.
    static var takesColours: Bool {
        isTerminal && Surroundings.value("NO_COLOR") == nil && Surroundings.value("TERM") != "dumb"
    }

    private static func cannotWrite(_ code: Int32) -> VaultError {
        VaultError(.inputOutput, "standard output could not be written: \(Descriptor.text(of: code))")
    }
}
