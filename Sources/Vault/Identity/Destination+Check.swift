extension Destination {
    /// Checks that a credential may be sent there, whoever says so.
    ///
    /// - Throws: code `usage` for what is no https address, and for a known cloud's name with other addresses than its own.
    func check() throws(VaultError) {
        for address in [cloud.authority, cloud.graph, cloud.arm, workspace, account?.host].compactMap(\.self) {
            guard Endpoint(address) != nil else {
                throw VaultError(.usage, "an address of the destination is not one that can be asked over https")
            }
        }
        guard Cloud.named(cloud.name).map({ $0 == cloud }) ?? true else {
            throw VaultError(
                .usage, "\(cloud.name) has addresses of its own", hint: "choose another name for your cloud")
        }
        if provider == .databricks, account == nil, workspace == nil {
            throw VaultError(.usage, "a Databricks service principal is of a workspace or of an account")
        }
        // It becomes part of an address.
        guard account.map({ !$0.id.isEmpty && $0.id.utf8.allSatisfy(Self.isInAccountID) }) ?? true else {
            throw VaultError(.usage, "the id of a Databricks account is a GUID")
        }
        switch assertion {
        case .file(let path)? where !path.hasPrefix("/"), .environment(let path)? where path.isEmpty,
            .command(let path)? where path.isEmpty:
            throw VaultError(.usage, "the place that an assertion is taken from is not complete")
        default: break
        }
    }

    /// Whether its addresses are the vendors' own. A place of one's own under a name that others trust takes the
    /// passphrase, and so does what somebody else runs, or has in its environment.
    public var isKnown: Bool {
        switch assertion {
        case .command, .environment: return false
        case .file, nil: break
        }
        // That a known name has its own addresses is ``check()``'s to say.
        guard Cloud.named(cloud.name) != nil else { return false }
        // What goes with tokens, too: a command that gets them asks the workspace.
        if let workspace {
            guard let host = Endpoint(workspace)?.host, Cloud.ofWorkspace(host: host) == cloud else { return false }
        }
        return account.map { $0.host == DatabricksAccount.host(in: cloud) } ?? true
    }

    private static func isInAccountID(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}
