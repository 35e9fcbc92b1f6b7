import Glibc
import Vault

/// A certificate with its key in a file that another file names.
enum CertificateFile {
    /// Reads it into the form in which it is stored.
    ///
    /// - Parameters:
    ///   - path: as it was written; a relative one is relative to whoever wrote it, which nobody knows any more.
    ///   - folder: of the file that names it.
    /// - Throws: code `notUnderstood` where it cannot be found or used.
    static func sealed(at path: String, besides folder: String, console: Console) throws(VaultError) -> SecretBytes {
        let candidates = path.hasPrefix("/") ? [path] : [Surroundings.absolute(path), folder + "/" + path]
        guard let found = candidates.first(where: { unsafe access($0, F_OK) == 0 }) else {
            throw VaultError(
                .notUnderstood,
                path.hasPrefix("/")
                    ? "its certificate is not there: \(path)"
                    : "its certificate is neither in this folder nor beside the file: \(path)",
                hint: "run it where that path is right, or add it with --certificate")
        }
        return try sealed(try SecretSource.contents(of: found, what: "the certificate", console: console))
    }

    /// The same of text.
    static func sealed(_ pem: borrowing SecretBytes) throws(VaultError) -> SecretBytes {
        do throws(VaultError) {
            return try ClientCertificate(pem: pem) { () throws(VaultError) in
                throw VaultError(.notUnderstood, "its certificate has a password: add it with --certificate")
            }.sealed
        } catch {
            throw VaultError(.notUnderstood, error.message, hint: error.hint)
        }
    }
}
