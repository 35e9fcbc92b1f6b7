import ArgumentParser
import Glibc
import Vault

/// Where a secret comes from. Never an argument.
enum SecretSource: Equatable {
    case prompt
    case file(String)
    case descriptor(Int32, option: String)
}

extension SecretSource {
    /// Reads the secret, or asks for it.
    ///
    /// - Parameters:
    ///   - what: names it in errors, with its article.
    ///   - hint: how to give it where nobody can be asked.
    /// - Throws: `locked` when nobody can be asked, `usage` when it is empty or too long, `inputOutput` when it cannot
    ///   be read.
    func read(
        _ what: String, prompt: String, hint: String, global: GlobalOptions
    ) throws(VaultError) -> SecretBytes {
        switch self {
        case .prompt:
            return try global.terminal(toAskFor: what, hint: hint).secret(prompt, what: what)
        case .file(let path):
            return try Self.contents(of: path, what: what, console: global.console).droppingNewline(what: what)
        case .descriptor(let number, let option):
            guard number == STDIN_FILENO || number > STDERR_FILENO, Descriptor.isOpen(number) else {
                throw VaultError(.usage, "the descriptor given for \(option) is not open for reading")
            }
            guard isatty(number) == 0 else {
                throw VaultError(
                    .usage, "\(option) would show the secret on the terminal",
                    hint: "leave \(option) out to be asked for it")
            }
            return try SecretBytes.reading(number, what: what).droppingNewline(what: what)
        }
    }

    /// Reads a file byte for byte.
    static func contents(of path: String, what: String, console: Console) throws(VaultError) -> SecretBytes {
        let file = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY)
        guard file >= 0 else {
            throw VaultError(.inputOutput, "\(what) could not be read from \(path): \(Descriptor.text(of: errno))")
        }
        defer { close(file) }
        var status = stat()
        if unsafe fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_mode & 0o007 != 0 {
            console.note("\(path) can be read by every user of this machine; chmod 600 it")
        }
        return try SecretBytes.reading(file, what: what)
    }

    /// - Throws: code `usage` when two of the secrets would be read from the same open file.
    static func refuseSharing(_ sources: [SecretSource]) throws(VaultError) {
        let descriptors = sources.compactMap(\.descriptor)
        guard Set(descriptors).count == descriptors.count else {
            throw VaultError(
                .usage, "two secrets would be read from the same descriptor",
                hint: "give one of them in a file or on another descriptor")
        }
    }

    /// The open file that is read, also where a path names one.
    var descriptor: Int32? {
        switch self {
        case .prompt: return nil
        case .descriptor(let number, _): return number
        case .file("/dev/stdin"): return STDIN_FILENO
        case .file(let path):
            let folder = ["/dev/fd/", "/proc/self/fd/"].first { path.hasPrefix($0) }
            return folder.flatMap { Int32(path.dropFirst($0.count)) }
        }
    }
}

/// The options that say where a client secret comes from.
struct SecretOptions: ParsableArguments {
    @Flag(help: "Read the client secret from standard input.")
    var secretStdin = false

    @Option(help: ArgumentHelp("Read the client secret from this file.", valueName: "path"))
    var secretFile: String?

    @Option(help: ArgumentHelp("Read the client secret from this open file descriptor.", valueName: "n"))
    var secretFd: Int32?

    func validate() throws {
        guard [secretStdin, secretFile != nil, secretFd != nil].count(where: { $0 }) <= 1 else {
            throw ValidationError("give one of --secret-stdin, --secret-file and --secret-fd")
        }
    }

    var isGiven: Bool { source != .prompt }

    var source: SecretSource {
        if secretStdin { return .descriptor(STDIN_FILENO, option: "--secret-stdin") }
        if let secretFile { return .file(secretFile) }
        return secretFd.map { .descriptor($0, option: "--secret-fd") } ?? .prompt
    }

    func read(prompt: String, unlock: UnlockOptions) throws(VaultError) -> SecretBytes {
        try SecretSource.refuseSharing([source, unlock.claimedSource])
        return try source.read(
            "the client secret", prompt: prompt, hint: "use --secret-stdin, --secret-file or --secret-fd",
            global: unlock.global)
    }
}
