import Glibc
import Vault
import VaultEndpoint

/// The variables by which clients find an endpoint. Their values are in the alphabet of URLs, so that shells and
/// `docker --env-file` read the same lines.
struct EndpointVariables {
    private let plain: [(name: String, value: String)]
    private let header: SharedSecret

    init(_ server: EndpointServer, _ settings: EndpointSettings, socket: String?) {
        let urls = server.urls
        header = settings.header
        let isSocket = socket != nil
        let known: [(String, String?)] = [
            ("IDENTITY_ENDPOINT", urls.identityEndpoint), ("MSI_ENDPOINT", urls.msiEndpoint),
            ("AZURE_POD_IDENTITY_AUTHORITY_HOST", urls.imdsAuthority),
            ("DATABRICKS_METADATA_SERVICE_URL", urls.databricksMetadataURL),
            ("DATABRICKS_HOST", isSocket ? nil : settings.workspace),
            // No SDK takes a socket by a variable; what is meant for one would go to a port that is somebody else's.
            ("VAULTCTL_ENDPOINT_SOCKET", socket), ("VAULTCTL_ENDPOINT_PATH", isSocket ? settings.path : nil),
        ]
        plain = known.compactMap { name, value in value.map { (name, $0) } }
    }

    /// All variables, as `KEY=VALUE` lines or as a shell's `export`.
    private func text(exported: Bool) -> SecretBytes {
        let prefix = exported ? "export " : ""
        let lines = plain.map { "\(prefix)\($0.name)=\(exported ? shellQuoted($0.value) : $0.value)\n" }.joined()
        let secrets = ["IDENTITY_HEADER", "MSI_SECRET"].map { "\(prefix)\($0)=" }
        let quote = exported ? "'" : ""
        let parts = [lines + secrets[0] + quote, quote + "\n" + secrets[1] + quote, quote + "\n"].map { Array($0.utf8) }
        return SecretBytes(count: parts.reduce(0) { $0 + $1.count } + 2 * header.bytes.count) { text in
            var end = 0
            for (index, part) in parts.enumerated() {
                part.withRawSpan { text.write($0, at: end) }
                end += part.count
                guard index < 2 else { continue }
                header.bytes.withBytes { text.write($0, at: end) }
                end += header.bytes.count
            }
        }
    }

    func print() throws(VaultError) { try StandardOutput.write(text(exported: true)) }

    /// Writes the file, mode 0600, so that a reader finds all of it or what was there before; a file that a process before
    /// this one left is replaced.
    ///
    /// - Throws: codes `exists` when there is something else than a file of ours, `inputOutput`.
    func write(to path: String) throws(VaultError) -> VariableFile {
        try VariableFile(Surroundings.absolute(path), text(exported: false))
    }
}

/// A file of variables that goes with the process.
struct VariableFile {
    private let path: String
    private let status: stat

    fileprivate init(_ path: String, _ text: borrowing SecretBytes) throws(VaultError) {
        var old = stat()
        if unsafe lstat(path, &old) == 0 {
            guard old.st_mode & S_IFMT == S_IFREG, old.st_uid == geteuid() else {
                throw VaultError(
                    .exists, "there is something else than a file of yours at \(path)", hint: "move it away")
            }
        }
        let temporary = "\(path).\(getpid())"
        let descriptor = unsafe open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode_t(0o600))
        guard descriptor >= 0 else { throw Self.failure(errno, path) }
        defer { close(descriptor) }
        var failure = text.withBytes { bytes in
            unsafe bytes.withUnsafeBytes { unsafe Descriptor.write($0, to: descriptor) }
        }
        var status = stat()
        if failure == nil, unsafe fstat(descriptor, &status) != 0 || rename(temporary, path) != 0 { failure = errno }
        if let failure {
            _ = unsafe unlink(temporary)
            throw Self.failure(failure, path)
        }
        self.path = path
        self.status = status
    }

    /// Takes the file away, unless somebody has put another one in its place.
    func remove() {
        var found = stat()
        guard unsafe lstat(path, &found) == 0, found.st_ino == status.st_ino, found.st_dev == status.st_dev else {
            return
        }
        _ = unsafe unlink(path)
    }

    private static func failure(_ code: Int32, _ path: String) -> VaultError {
        VaultError(.inputOutput, "the variables could not be written to \(path): \(Descriptor.text(of: code))")
    }
}
