package import Vault

/// What a file was found to have.
package struct FileReading: Sendable {
    package var path: String
    package var credentials: [FoundCredential]
    /// What looked like a credential and is none that could be used.
    package var problems: [FileProblem]
    /// How many credentials may be taken.
    let most: Int
    /// Where the first stands that was one too many.
    var lineOfTooMany: Int?

    package init(
        path: String, credentials: [FoundCredential] = [], problems: [FileProblem] = [],
        most: Int = SourceText.mostCredentials
    ) {
        self.path = path
        self.most = most
        self.credentials = credentials
        self.problems = problems
    }
}

/// One entry of a file that cannot be used; the others can.
package struct FileProblem: Sendable, Equatable {
    /// Counted from 1.
    package var line: Int
    /// What the file calls it.
    package var name: String?
    /// Says nothing of a secret.
    package var message: String
    /// Whose entry it is, where that can be read.
    package var clientID: String?
    /// Where nothing is wrong but that its secret is empty or gone: the vault may have it, taken out of this very file.
    package var emptied: EmptiedEntry?

    package init(
        line: Int, name: String? = nil, message: String, clientID: String? = nil, emptied: EmptiedEntry? = nil
    ) {
        self.line = line
        self.name = name
        self.message = message
        self.clientID = clientID
        self.emptied = emptied
    }
}

/// Whose entry it is whose secret is empty or gone.
package struct EmptiedEntry: Sendable, Equatable {
    package var destination: Destination
    /// As in ``FoundCredential/tenant``.
    package var tenant: String?
    package var clientID: String
}

/// A form of file that credentials are read from.
package protocol CredentialFile {
    /// Reads a whole file.
    ///
    /// - Parameters:
    ///   - content: the file as it lies there, byte for byte.
    ///   - path: named in errors, `PATH:LINE: …`.
    ///   - most: how many credentials there may be; each takes locked memory.
    /// - Throws: code `notUnderstood` with the line, for a file that is not of this form as a whole: half of one, not
    ///   UTF-8, keys twice, more credentials than may be.
    static func read(_ content: borrowing SecretBytes, path: String, most: Int) throws(VaultError) -> FileReading
}

extension CredentialFile {
    /// Reads a file on its own.
    package static func read(_ content: borrowing SecretBytes, path: String) throws(VaultError) -> FileReading {
        try read(content, path: path, most: SourceText.mostCredentials)
    }
}
