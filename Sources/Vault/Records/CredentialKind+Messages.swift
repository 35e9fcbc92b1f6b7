package import VaultProtos

/// What the kinds of credentials need beside the secret, as messages.

extension DatabricksAccount {
    package init(_ sealed: SealedProfile.DatabricksAccount) {
        self.init(id: sealed.id, host: sealed.host)
    }
}

extension SealedProfile.DatabricksAccount {
    package init(_ account: DatabricksAccount) {
        self.init()
        id = account.id
        host = account.host
    }
}

extension AssertionSource {
    /// - Returns: nil when there is none, or one of a kind that this program does not know.
    package init?(_ sealed: SealedProfile.AssertionSource) {
        switch sealed.kind {
        case "file": self = .file(sealed.value)
        case "command": self = .command(sealed.value)
        case "environment": self = .environment(sealed.value)
        default: return nil
        }
    }
}

extension SealedProfile.AssertionSource {
    package init(_ source: AssertionSource) {
        self.init()
        (kind, value) =
            switch source {
            case .file(let path): ("file", path)
            case .command(let command): ("command", command)
            case .environment(let name): ("environment", name)
            }
    }
}

extension AssertionForm {
    /// - Returns: nil for an algorithm that this program does not know.
    package init?(_ sealed: SealedProfile.AssertionForm) {
        guard let algorithm = Algorithm(rawValue: sealed.algorithm) else { return nil }
        self.init(algorithm: algorithm, sendsChain: sealed.sendsChain)
    }
}

extension SealedProfile.AssertionForm {
    package init(_ form: AssertionForm) {
        self.init()
        algorithm = form.algorithm.rawValue
        sendsChain = form.sendsChain
    }
}
