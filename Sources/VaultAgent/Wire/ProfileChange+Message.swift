internal import FoundationEssentials
internal import Vault
internal import VaultProtos

extension ProfileChange {
    /// An absent field is one that stays as it is; an empty one is cleared.
    func message(for name: ProfileName) -> AgentRequest.Edit {
        var message = AgentRequest.Edit()
        message.name = name.description
        if let tenant { message.tenant = tenant }
        if let clientID { message.clientID = clientID }
        if let audience { message.audience = audience.message }
        if let subscription { message.subscription = subscription }
        message.addedTags = addedTags.map(\.description)
        message.removedTags = removedTags.map(\.description)
        if let about { message.about = about }
        message.secretExpires = secretExpiresAt?.milliseconds ?? 0
        message.keyID = keyID ?? ""
        return message
    }

    /// What is to change; whose profile it is, is in the message's `name`.
    ///
    /// - Throws: code `usage` for a tag or a time that is not allowed, or an audience that is none.
    init(_ message: AgentRequest.Edit) throws(VaultError) {
        self.init(
            tenant: message.hasTenant ? message.tenant : nil,
            clientID: message.hasClientID ? message.clientID : nil,
            audience: message.hasAudience ? try AudienceChoice(message.audience) : nil,
            subscription: message.hasSubscription ? message.subscription : nil,
            addedTags: try message.addedTags.map { (tag) throws(VaultError) in try Tag(tag) },
            removedTags: try message.removedTags.map { (tag) throws(VaultError) in try Tag(tag) },
            about: message.hasAbout ? message.about : nil, secretExpiresAt: try Date(checked: message.secretExpires),
            keyID: try message.checkedKeyID())
    }
}

extension AgentRequest.Edit {
    /// The provider's id of the credential that the change is about.
    /// - Throws: code `usage` for what is no id.
    fileprivate func checkedKeyID() throws(VaultError) -> String? {
        guard keyID.utf8.count <= 128, keyID.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) else {
            throw VaultError(.usage, "the id of a credential has at most 128 printable characters")
        }
        return keyID.nonEmpty
    }
}
