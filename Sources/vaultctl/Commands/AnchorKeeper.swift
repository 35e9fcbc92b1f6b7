import ArgumentParser
import Glibc
import Vault

/// Runs the anchor command for a process that has ended already: a verb that nobody types. It has no key, and enforces the
/// time that the command has.
struct AnchorKeeper: Verb {
    static let configuration = CommandConfiguration(
        commandName: "anchor-keeper", abstract: "Run the anchor command for a process that has ended.",
        shouldDisplay: false)

    /// The one that notes of the vault are verified with.
    @Argument var publicKey: String

    @OptionGroup var global: GlobalOptions

    /// Where the command comes from. It stands in no list of processes until it runs.
    private static let command = BackgroundProcess.firstDescriptor

    /// Starts an errand in the background and returns at once.
    static func start(_ errand: AnchorErrand) throws(VaultError) {
        let pipe = try Pipe()
        defer { close(pipe.read) }
        do {
            defer { close(pipe.write) }
            // Shorter than what a pipe takes at once, so that nobody has to read it yet.
            let failure = unsafe Array(errand.command.utf8).withUnsafeBytes {
                unsafe Descriptor.write($0, to: pipe.write)
            }
            if let failure {
                throw VaultError(
                    .inputOutput, "the anchor command could not be handed over: \(Descriptor.text(of: failure))")
            }
        }
        _ = try BackgroundProcess.spawn(
            ["vaultctl", "anchor-keeper", errand.publicKey], as: "what runs the anchor command",
            inheriting: [pipe.read])
    }

    func run() async throws {
        guard Descriptor.isOpen(Self.command),
            let errand = AnchorErrand(
                command: Self.readCommand(), publicKey: publicKey, directory: Surroundings.stateDirectory)
        else { throw VaultError(.usage, "this verb is for vaultctl itself") }
        // Whoever started us has ended: what fails is kept for `status`, and seen by whoever asks the place outside.
        Descriptor.replace(STDERR_FILENO, with: "/dev/null", O_WRONLY)
        _ = unsafe chdir("/")
        _ = try errand.run()
    }

    private static func readCommand() -> String {
        // What was written before we began comes with one call.
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = unsafe bytes.withUnsafeMutableBytes { unsafe Descriptor.read(into: $0, from: command) }
        close(command)
        return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
    }
}
