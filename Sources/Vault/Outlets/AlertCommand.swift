internal import FoundationEssentials

/// A command of the user's that is given a document when somebody should know of it.
///
/// It sees nothing of what is ours in the environment: how the vault is unlocked is for this program alone.
package struct AlertCommand: Sendable {
    private let command: String

    /// How long it may take.
    private static let patience = Duration.seconds(30)
    /// Bytes that it may print; the last line of them is told when it failed.
    private static let longestOutput = 1 << 20

    package init(_ command: String) { self.command = command }

    /// Runs it with the document on its standard input, and waits for it on this thread.
    ///
    /// - Throws: code `inputOutput`, with the last line that it printed, when it did not end well: then nobody may have been
    ///   told.
    package func run(with document: [UInt8]) throws(VaultError) {
        let shell = ShellCommand(
            command: command, input: document, withheld: Self.isOurs, takesErrors: true,
            patience: Self.patience, longestOutput: Self.longestOutput)
        var last = ""
        let complaint: String?
        do throws(ShellCommand.Failure) {
            complaint = try shell.forEachLine(upTo: 4096, in: ProcessGroup()) { line in
                if !line.isEmpty { last = ShownText.cleaned(String(decoding: line, as: UTF8.self), limit: 160) }
            }
        } catch {
            switch error {
            case .notStarted(let why): throw failed(why)
            case .tooMuch: throw failed("it printed more than 1 MiB")
            case .tooLong: throw failed("it did not end in \(Self.patience.components.seconds) s")
            case .cancelled: throw failed("it was killed")
            }
        }
        if let complaint { throw failed(last.isEmpty ? complaint : "\(complaint): \(last)") }
    }

    private static func isOurs(_ variable: String) -> Bool {
        // The directory is where systemd puts the passphrase.
        variable.hasPrefix("VAULTCTL_") || variable == "CREDENTIALS_DIRECTORY"
    }

    private func failed(_ why: String) -> VaultError {
        VaultError(
            .inputOutput, "the hook failed: \(why)",
            hint: "what it was to be told is what -o json prints; run it by hand")
    }
}
