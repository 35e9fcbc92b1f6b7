extension ProviderRefusal {
    /// Whether it is what a fresh credential is refused with until all of the provider's replicas know it (wire reference,
    /// 8.3).
    func isUnknownCredential(_ grant: GrantRequest) -> Bool {
        guard grant.provider == .entra else { return error == "invalid_client" }
        if case .certificate = grant.proof { return aadsts == 700_027 }
        return aadsts == 7_000_215
    }

    /// Whether it is about the credential, so that another one, or the same a little later, may be accepted.
    func isOfCredential(_ grant: GrantRequest) -> Bool {
        isUnknownCredential(grant) || aadsts == 7_000_222 || aadsts == 700_016
    }
}
