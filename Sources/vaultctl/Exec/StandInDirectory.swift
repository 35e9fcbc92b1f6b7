import Glibc
import Vault

/// The directory on a command's `PATH` in which `az` is this program. There is one for all runs and it stays: what holds one
/// link needs no tidying up, and a run that is killed leaves nothing of its own.
enum StandInDirectory {
    /// Beside the agent's socket, wherever that would lie.
    ///
    /// - Parameter vault: absolute.
    static func path(forVault vault: String) -> String {
        if let runtime = Surroundings.value("XDG_RUNTIME_DIR"), runtime.hasPrefix("/") {
            return (runtime.hasSuffix("/") ? runtime : runtime + "/") + "vaultctl/bin"
        }
        let parent = PrivateDirectory.parent(of: vault)
        return (parent == "/" ? "" : parent) + "/run/bin"
    }

    /// Makes what is missing there, and makes right what is wrong.
    ///
    /// - Throws: code `locked` when others could put a program of theirs there; `exists` when it cannot be made.
    static func make(_ directory: String) throws(VaultError) {
        try PrivateDirectory.make(directory)
        try PrivateDirectory.check(PrivateDirectory.parent(of: directory))
        try PrivateDirectory.check(directory)
        let program = ThisProgram.path
        guard program != ThisProgram.link else {
            throw VaultError(
                .unavailable, "this program was replaced while it ran, so that az cannot lead to it",
                hint: "run the command again")
        }
        let link = directory + "/az"
        guard target(of: link) != program else { return }
        // In one step, as others may be looking for it just now.
        let new = "\(link).\(getpid())"
        guard unsafe symlink(program, new) == 0, unsafe rename(new, link) == 0 else {
            let code = errno
            _ = unsafe unlink(new)
            throw VaultError(.exists, "cannot create \(link): \(Descriptor.text(of: code))")
        }
    }

    private static func target(of link: String) -> String? {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = unsafe readlink(link, &buffer, buffer.count)
        guard count > 0, count < buffer.count else { return nil }
        return String(decoding: buffer.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
