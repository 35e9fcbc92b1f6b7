import CredentialFiles
import Vault

/// A file that secrets are taken out of, with what is in it: read again from what is held open, so that every erasure is one of
/// these very bytes.
final class ShreddedFile {
    /// As it was named.
    let path: String
    /// See ``OriginalFile/isPutBack``.
    let isPutBack: Bool
    private let credentials: [FoundCredential]
    private var original: OriginalFile?

    /// - Throws: why the file cannot be written anew, or what its reader says of it.
    init(_ path: String, _ format: FileFormat) throws(VaultError) {
        let original = try OriginalFile.opened(at: path) { (content) throws(VaultError) in
            try format.read(content, path: path).credentials.compactMap(\.erasure)
        }
        self.path = path
        isPutBack = original.isPutBack
        credentials = try format.read(original.content, path: path).credentials
        self.original = consume original
    }

    /// Which of the credentials, all proven, can be taken out.
    ///
    /// - Returns: for each nil, or why not: the file was changed since they were read, or the same place in it says the secret
    ///   of another one, which would lose it.
    func objections(to proven: [FoundCredential]) -> [VaultError?] {
        let provenAt = Dictionary(proven.map { (Place($0), $0) }, uniquingKeysWith: { first, _ in first })
        let hereAt = Dictionary(credentials.map { (Place($0), $0) }, uniquingKeysWith: { first, _ in first })
        var staying: [Range<Int>: FoundCredential] = [:]
        for credential in credentials where !credential.hasSecret(of: provenAt[Place(credential)]) {
            if let range = credential.erasure?.range { staying[range] = credential }
        }
        return proven.map { found in
            guard found.hasSecret(of: hereAt[Place(found)]) else {
                return VaultError(.tryAgain, "the file was changed since it was read", hint: "run it again")
            }
            guard let other = found.erasure.flatMap({ staying[$0.range] }) else { return nil }
            return VaultError(.finding, "it is the secret of \(other.clientID), too, which is not proven")
        }
    }

    /// Writes the file anew without the secrets of these credentials.
    ///
    /// - Returns: for each why its secret is still somewhere: in another line of the file, or in what was the file; nil where
    ///   it is gone.
    /// - Throws: what keeps the file as it was.
    func erase(_ proven: [FoundCredential]) throws(VaultError) -> [VaultError?] {
        guard let original = original.take() else {
            throw VaultError(.internalError, "a file would be written anew twice")
        }
        let lines = try original.lines(stillHaving: proven)
        let failure = try original.erase(proven.compactMap(\.erasure))
        return lines.map { line in
            failure
                ?? line.map {
                    VaultError(.finding, "it still stands in line \($0) of \(path)", hint: "take it out by hand")
                }
        }
    }
}

/// Where a credential stands in its file.
private struct Place: Hashable {
    var line: Int
    var clientID: String
    var range: Range<Int>?

    init(_ credential: FoundCredential) {
        line = credential.line
        clientID = credential.clientID
        range = credential.erasure?.range
    }
}

extension FoundCredential {
    fileprivate func hasSecret(of other: FoundCredential?) -> Bool {
        guard let secret, let theirs = other?.secret else { return false }
        return secret.bytes.equals(theirs.bytes)
    }
}
