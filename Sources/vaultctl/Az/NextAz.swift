import Glibc
import Vault

/// The az that comes after this program on the `PATH`: the real one, for what is not answered here.
struct NextAz {
    private let path: String
    private let identity: FileIdentity
    private let trail: Trail

    /// Looks for the first program named az that is not this one. Which one that is says the file, not its name; places
    /// on the `PATH` that are relative to the working directory are left out.
    ///
    /// - Throws: status 127, as a shell has it for a command that is not there.
    static func find() throws(AzFailure) -> NextAz {
        let trail = Trail.found
        guard trail.depth < Trail.deepest else {
            throw .failed(
                "az was handed on \(trail.depth) times without end", hint: "an az on the PATH calls vaultctl az again",
                status: 127)
        }
        let own = FileIdentity("/proc/self/exe")
        for directory in (Surroundings.value("PATH") ?? "").split(separator: ":") where directory.hasPrefix("/") {
            let path = directory + "/az"
            guard let identity = FileIdentity(String(path)), identity != own, !trail.seen.contains(identity),
                unsafe access(String(path), X_OK) == 0
            else { continue }
            return NextAz(path: String(path), identity: identity, trail: trail)
        }
        throw .failed(
            "vaultctl stands in for az and does not do this, and there is no other az on the PATH",
            hint: "install azure-cli; vaultctl does account get-access-token, show, list and set, version, and "
                + "login --service-principal",
            status: 127)
    }

    /// Becomes it. What this process changed for itself is undone where the system lets it.
    func run(_ words: [String], configDirectory: String?) throws(AzFailure) -> Never {
        if let configDirectory { unsafe setenv("AZURE_CONFIG_DIR", configDirectory, 1) }
        trail.leave(for: identity)
        ProcessGuard.inherited.restore()
        // Given back to nobody: this process is another then, or ends.
        let arguments = unsafe ([path] + words).map { unsafe strdup($0) } + [nil]
        _ = unsafe execv(path, arguments)
        throw .failed("\(path) could not be run: \(Descriptor.text(of: errno))", status: 126)
    }
}

/// Which file something is, whatever its name.
private struct FileIdentity: Equatable {
    let device: UInt
    let number: UInt

    /// Nil for what is no file that could be run.
    init?(_ path: String) {
        var status = stat()
        guard unsafe stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        (device, number) = (UInt(status.st_dev), UInt(status.st_ino))
    }

    init?(text: Substring) {
        let parts = text.split(separator: ".").compactMap { UInt($0) }
        guard parts.count == 2 else { return nil }
        (device, number) = (parts[0], parts[1])
    }

    var text: String { "\(device).\(number)" }
}

/// Where a call has been already, in the environment: two copies of this program, or a script that calls it, would hand a
/// call to each other without end.
private struct Trail {
    /// Programs that this very process has been.
    var seen: [FileIdentity] = []
    /// How often a call was handed on, by processes that started each other.
    var depth = 0

    /// az may start az, but not often.
    static let deepest = 16

    private static let variable = "VAULTCTL_AZ_TRAIL"

    static var found: Trail {
        var parts = (Surroundings.value(variable) ?? "").split(separator: ":")[...]
        guard let depth = parts.popFirst().flatMap({ Int($0) }), depth >= 0, let process = parts.popFirst() else {
            return Trail()
        }
        // exec keeps the process: in another one the same program may be run again.
        let seen = process == String(getpid()) ? parts.compactMap { FileIdentity(text: $0) } : []
        return Trail(seen: seen, depth: depth)
    }

    func leave(for next: FileIdentity) {
        let own = FileIdentity("/proc/self/exe").map { [$0] } ?? []
        let parts = ["\(depth + 1)", "\(getpid())"] + (seen + own + [next]).map(\.text)
        unsafe setenv(Self.variable, parts.joined(separator: ":"), 1)
    }
}
