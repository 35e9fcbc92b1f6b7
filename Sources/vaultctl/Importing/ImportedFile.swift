import CredentialFiles
import Glibc
import Vault

/// A file that credentials are imported from, read as a whole.
struct ImportedFile {
    /// As it was named; `-` for standard input.
    var path: String
    var reading: FileReading

    /// A longer one is refused by its reader, which names the first line.
    private static let longest = 16 << 20

    /// Reads what was named, or else what the tool itself would read.
    ///
    /// - Parameter most: how many credentials may be in all of them together.
    /// - Returns: the files that are understood, and why the others are not.
    /// - Throws: code `usage` where nothing was named and nothing is known, `inputOutput` where nothing is there; what is
    ///   wrong with the only file.
    static func read(
        _ format: FileFormat, _ paths: [String], most: Int, console: Console
    ) throws(VaultError) -> (files: [ImportedFile], unread: [(path: String, error: VaultError)]) {
        var files: [ImportedFile] = []
        var unread: [(path: String, error: VaultError)] = []
        var room = most
        for path in try paths.isEmpty ? ownPlaces(of: format) : paths {
            do throws(VaultError) {
                for file in try self.files(at: path, format) {
                    let read = try read(file, format, most: room, console: console)
                    room -= read.reading.credentials.count
                    files.append(read)
                }
            } catch {
                unread.append((path, error))
            }
        }
        if files.isEmpty, unread.count == 1 { throw unread[0].error }
        return (files, unread)
    }

    private static func ownPlaces(of format: FileFormat) throws(VaultError) -> [String] {
        let places = format.places(home: Surroundings.home, Surroundings.value)
        guard let first = places.first else {
            throw VaultError(
                .usage, "no tool keeps \(format.rawValue) files in a place of its own",
                hint: "name the file: vaultctl import --from \(format.rawValue) PATH")
        }
        let there = places.filter { unsafe access($0, F_OK) == 0 }
        guard !there.isEmpty else {
            throw VaultError(
                .inputOutput, "there is no \(first)",
                hint: "name the file: vaultctl import --from \(format.rawValue) PATH")
        }
        return there
    }

    /// The files that a path stands for: of a folder of the Azure CLI those with credentials.
    private static func files(at path: String, _ format: FileFormat) throws(VaultError) -> [String] {
        var status = stat()
        guard path != "-", unsafe stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else { return [path] }
        guard format == .az else { throw VaultError(.inputOutput, "\(path) is a folder", hint: "name the file") }
        let there = FileFormat.azFiles.map { path + "/" + $0 }.filter { unsafe access($0, F_OK) == 0 }
        guard !there.isEmpty else {
            throw VaultError(.inputOutput, "there is no \(FileFormat.azFiles[0]) in \(path)")
        }
        return there
    }

    private static func read(
        _ path: String, _ format: FileFormat, most: Int, console: Console
    ) throws(VaultError) -> ImportedFile {
        let content: SecretBytes
        if path == "-" {
            guard isatty(STDIN_FILENO) == 0 else {
                throw VaultError(
                    .usage, "- would show the secrets on the terminal", hint: "name the file, or use a pipe")
            }
            content = try SecretBytes.reading(STDIN_FILENO, what: "standard input", longest: longest)
        } else {
            content = try bytes(of: path, console: console)
        }
        var reading = try format.read(content, path: path, most: most)
        if format == .az, path != "-" { try folder(of: path).complete(&reading) }
        return ImportedFile(path: path, reading: reading)
    }

    private static func folder(of path: String) throws(VaultError) -> AzFolder {
        let folder = Self.directory(of: path)
        func companion(_ name: String) throws(VaultError) -> SharedSecret? {
            let path = folder + "/" + name
            return unsafe access(path, F_OK) == 0 ? SharedSecret(try bytes(of: path, console: nil)) : nil
        }
        return try AzFolder(
            profile: try companion(AzFolder.names.profile), clouds: try companion(AzFolder.names.clouds),
            config: try companion(AzFolder.names.config), path: folder)
    }

    /// Whole, byte for byte.
    ///
    /// - Parameter console: told when everybody can read the file; nil for what is no secret.
    private static func bytes(of path: String, console: Console?) throws(VaultError) -> SecretBytes {
        let file = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY)
        guard file >= 0 else {
            throw VaultError(.inputOutput, "\(path) could not be read: \(Descriptor.text(of: errno))")
        }
        defer { close(file) }
        var status = stat()
        guard unsafe fstat(file, &status) == 0, status.st_mode & S_IFMT != S_IFDIR else {
            throw VaultError(.inputOutput, "\(path) is a folder", hint: "name the file")
        }
        let isRegular = status.st_mode & S_IFMT == S_IFREG
        if isRegular, status.st_mode & 0o007 != 0 {
            console?.note("\(path) can be read by every user of this machine; chmod 600 it")
        }
        guard !isRegular || status.st_size <= longest else {
            throw VaultError(.notUnderstood, "\(path):1: the file is longer than \(longest >> 20) MiB")
        }
        return try SecretBytes.reading(
            file, what: path, longest: longest, expected: isRegular ? Int(status.st_size) : 4095)
    }

    /// The folder that a file lies in.
    static func directory(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}
