internal import Vault

/// The host of a Databricks workspace or of an accounts console, as people write it: with `https://` or without, with a
/// path that the browser showed, in any case.
struct WorkspaceHost {
    /// `https://host[:port]`, lower case.
    let text: String
    /// Without the port.
    let host: String

    init(_ written: String) throws(ValueFault) {
        let refused = ValueFault(message: "the host is none that can be asked over https")
        var rest = written.lowercased()[...]
        if rest.hasPrefix("https://") {
            rest = rest.dropFirst(8)
        } else if rest.contains("://") {
            throw refused
        }
        rest = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        let parts = rest.split(separator: ":", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), let name = parts.first, !name.isEmpty,
            name.utf8.allSatisfy(Self.isOfName), parts.dropFirst().allSatisfy({ (UInt16($0) ?? 0) > 0 })
        else { throw refused }
        host = String(name)
        text = "https://" + rest
    }

    /// Whether it is the console of accounts, and no workspace.
    var isOfAccounts: Bool { host.hasPrefix("accounts.") || host.hasPrefix("accounts-") }

    private static func isOfName(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"),
            UInt8(ascii: "."), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}
