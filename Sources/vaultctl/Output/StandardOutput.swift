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

    /// Writes a secret from the memory it lives in, with text around it, in one call where the system takes it so.
    static func write(_ before: String, _ secret: borrowing SecretBytes, _ after: String) throws(VaultError) {
        let (before, after) = (Array(before.utf8), Array(after.utf8))
        let failure = secret.withBytes { secret in
            unsafe secret.withUnsafeBytes { secret in
                unsafe before.withUnsafeBytes { before in
                    unsafe after.withUnsafeBytes { after in
                        unsafe Descriptor.write([before, secret, after], to: STDOUT_FILENO)
                    }
                }
            }
        }
        if let failure { throw cannotWrite(failure) }
    }

    static var isTerminal: Bool { isatty(STDOUT_FILENO) == 1 }

    /// The columns of the terminal; nil where there is none, or where it does not tell.
    static var width: Int? {
        var size = winsize()
        guard isTerminal, unsafe ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else {
            return nil
        }
        return Int(size.ws_col)
    }

    /// Whether words are coloured: on a terminal, unless `NO_COLOR` (no-color.org) says otherwise.
    static var takesColours: Bool {
        isTerminal && Surroundings.value("NO_COLOR") == nil && Surroundings.value("TERM") != "dumb"
    }

    static func cannotWrite(_ code: Int32) -> VaultError {
        VaultError(.inputOutput, "standard output could not be written: \(Descriptor.text(of: code))")
    }
}
