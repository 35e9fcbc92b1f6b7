internal import Vault

extension AssertionSource {
    /// The reverse of its description; nil for anything else.
    init?(written: String) {
        guard let space = written.firstIndex(of: " ") else { return nil }
        let rest = String(written[written.index(after: space)...])
        guard !rest.isEmpty else { return nil }
        switch written[..<space] {
        case "file": self = .file(rest)
        case "command": self = .command(rest)
        case "environment": self = .environment(rest)
        default: return nil
        }
    }
}
