internal import FoundationEssentials
internal import Vault
internal import VaultProtos

/// What every request says beside its verb.
extension AgentRequest {
    /// The vault that is meant.
    /// - Throws: code `usage` unless it is an absolute path.
    func checkedVault() throws(VaultError) -> String {
        guard vault.utf8.first == UInt8(ascii: "/"), vault.utf8.count < 4096, !vault.utf8.contains(0) else {
            throw VaultError(.usage, "the path of the vault is not an absolute one")
        }
        return vault
    }

    /// The executables that the asking process claims.
    /// - Throws: code `usage` when there are more than 8, or one is longer than a path can be: an entry of the record
    ///   has room for no more.
    func checkedExecutables() throws(VaultError) -> [String] {
        guard claimedExecutables.count <= 8, claimedExecutables.allSatisfy({ $0.utf8.count <= 4096 }) else {
            throw VaultError(.usage, "more executables are claimed than the record has room for")
        }
        return claimedExecutables
    }

    /// Whom the asking process claims to ask for.
    /// - Throws: code `usage` for an executable that is longer than a path can be.
    func checkedClient() throws(VaultError) -> Caller.Client? {
        guard hasClient else { return nil }
        guard client.executable.utf8.count <= 4096 else {
            throw VaultError(.usage, "the client's executable is longer than the record has room for")
        }
        return Caller.Client(client)
    }

    /// How long one request to the identity provider may take, in seconds, ten minutes at most; nil: as long as the agent
    /// has it.
    var providerTimeout: TimeInterval? { timeout == 0 ? nil : min(TimeInterval(timeout) / 1000, 600) }
}

extension AgentRequest.Named {
    init(_ name: ProfileName) {
        self.init()
        self.name = name.description
    }

    func checkedName() throws(VaultError) -> ProfileName { try ProfileName(name) }
}

extension AgentRequest.Profiles {
    func checkedTags() throws(VaultError) -> [Tag] {
        try tags.map { (tag) throws(VaultError) in try Tag(tag) }
    }
}

extension AgentRequest.Edit {
    func checkedName() throws(VaultError) -> ProfileName { try ProfileName(name) }
}

extension AgentRequest.Rename {
    func checkedNames() throws(VaultError) -> (old: ProfileName, new: ProfileName) {
        (try ProfileName(name), try ProfileName(newName))
    }
}

extension AgentRequest.Check {
    func checkedNames() throws(VaultError) -> [ProfileName] {
        try names.map { (name) throws(VaultError) in try ProfileName(name) }
    }
}

extension AgentRequest.ReplaceSecret {
    init(name: ProfileName, expiresAt: Date?, grace: TimeInterval) {
        self.init()
        self.name = name.description
        expires = expiresAt?.milliseconds ?? 0
        self.grace = grace
    }

    func checkedName() throws(VaultError) -> ProfileName { try ProfileName(name) }

    func checkedExpiry() throws(VaultError) -> Date? { try Date(checked: expires) }

    /// Seconds.
    func checkedGrace() throws(VaultError) -> TimeInterval { try TimeInterval(checked: grace, "grace") }
}
