/// What kind of refusal an AADSTS code is, and what to do about it (wire reference, 1.3).
///
/// In the hints NAME stands for the profile, as it does in the help: a provider knows no profile.
struct EntraErrorKind: Equatable {
    let code: VaultError.Code
    let hint: String?

    init(_ refusal: ProviderRefusal, status: Int) {
        let isTransient =
            refusal.aadsts.map(Self.transient.contains) == true || refusal.error == "temporarily_unavailable"
            || status == 429 || status >= 500
        code = isTransient ? .tryAgain : .refused
        hint = isTransient ? nil : Self.hint(refusal)
    }

    /// Transient trouble, throttling, and a loop of requests.
    private static let transient: Set<Int> = [90033, 90055, 50196]

    private static func hint(_ refusal: ProviderRefusal) -> String? {
        switch refusal.aadsts {
        case 7_000_215:
            "store the secret's value, not its id: vaultctl rotate NAME --secret-stdin; "
                + "one made minutes ago may need some more to be known"
        case 7_000_222:
            "make a new secret at the provider, then: vaultctl rotate NAME --secret-stdin"
        case 7_000_218:
            "the application takes no client secret; let its owner allow one, or check --client-id"
        case 700_016:
            "check --client-id, --tenant and --cloud; an application made minutes ago may need some more to be known"
        case 90002: "check --tenant and --cloud"
        case 900_023: "--tenant takes a directory id or a verified domain name"
        case 500_011: "check --resource; the tenant knows no service of that name"
        case 70011, 1_002_012: "check --resource or --scope; a scope is a resource followed by /.default"
        case 700_027, 50012: "the certificate is not the one registered with the application"
        case 700_024: "check this machine's clock; the assertion is outside its time"
        case 70021, 700_211, 700_213:
            "check issuer, subject and audience of the application's federated credential"
        case 53003: "a conditional access policy of the tenant blocks this sign-in; ask its administrator"
        case 7_000_112: "the application is disabled in this tenant; let its owner enable it"
        default: nil
        }
    }
}
