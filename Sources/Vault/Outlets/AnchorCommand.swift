/// The user's command that keeps notes outside: it is given one, or gives back the last one that it was given.
struct AnchorCommand: Sendable {
    let command: String
    /// In hexadecimal.
    let vaultID: String

    /// How long it may take.
    static let patience = Duration.seconds(10)

    /// Gives it a note, on its standard input, with `VAULTCTL_ANCHOR=put`.
    ///
    /// - Throws: code `unavailable`, with the last line that it printed where it failed.
    func put(_ note: String, in group: ProcessGroup) throws(VaultError) {
        let ended = try run("put", input: Array(note.utf8), takesErrors: true, in: group)
        guard let complaint = ended.complaint else { return }
        let text = String(decoding: ended.output.array(), as: UTF8.self)
        let last = text.split(whereSeparator: \.isNewline).last.map { ShownText.cleaned(String($0), limit: 160) }
        throw failed(last.map { "\(complaint): \($0)" } ?? complaint)
    }

    /// Asks for the last note, with `VAULTCTL_ANCHOR=get`.
    ///
    /// - Returns: nil when it prints nothing, because it was never given one.
    /// - Throws: code `unavailable`.
    func get(in group: ProcessGroup) throws(VaultError) -> [UInt8]? {
        let ended = try run("get", input: [], takesErrors: false, in: group)
        if let complaint = ended.complaint { throw failed(complaint) }
        let output = ended.output.array()
        return output.isEmpty ? nil : output
    }

    private func run(
        _ what: String, input: [UInt8], takesErrors: Bool, in group: ProcessGroup
    ) throws(VaultError) -> ShellCommand.Ended {
        let shell = ShellCommand(
            command: command, input: input, variables: ["VAULTCTL_ANCHOR": what, "VAULTCTL_VAULT": vaultID],
            takesErrors: takesErrors, patience: Self.patience, longestOutput: SignedNote.longest)
        do throws(ShellCommand.Failure) {
            return try shell.run(in: group)
        } catch {
            switch error {
            case .notStarted(let why): throw failed(why)
            case .tooMuch: throw failed("it printed more than \(SignedNote.longest) bytes")
            case .tooLong: throw failed("it did not end in \(Self.patience.components.seconds) s")
            case .cancelled: throw failed("the vault was locked")
            }
        }
    }

    private func failed(_ why: String) -> VaultError {
        VaultError(
            .unavailable, "the anchor command failed: \(why)", hint: "see 'vaultctl config get anchor.command'")
    }
}
