internal import FoundationEssentials
internal import Vault
internal import VaultProtos

extension UnlockLimits {
    /// All of an unlock but the secret, which goes in a frame of its own.
    func message(isKeyFile: Bool) -> AgentRequest.Unlock {
        var message = AgentRequest.Unlock()
        message.isKeyFile = isKeyFile
        message.idleLimit = UInt32(seconds: idle)
        message.absoluteLimit = UInt32(seconds: absolute)
        return message
    }

    /// - Throws: code `usage` unless both are from 1 second to 10 years.
    init(_ message: AgentRequest.Unlock) throws(VaultError) {
        guard message.idleLimit > 0, message.absoluteLimit > 0 else {
            throw VaultError(
                .usage, "a vault cannot be unlocked for less than a second", hint: "vaultctl unlock --help")
        }
        self.init(
            idle: try TimeInterval(checked: Double(message.idleLimit), "time without a request"),
            absolute: try TimeInterval(checked: Double(message.absoluteLimit), "time to stay unlocked"))
    }
}

extension UnlockSecret {
    init(_ message: AgentRequest.Unlock, secret: consuming SecretBytes) {
        self = message.isKeyFile ? .keyFile(secret) : .passphrase(secret)
    }
}
