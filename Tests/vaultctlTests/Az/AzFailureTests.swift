import Testing
@testable import Vault
@testable import vaultctl

/// Client libraries decide by this text whether the next credential is tried (wire reference, 4.2).
struct AzFailureTests {
    @Test(arguments: VaultError.Code.allCases)
    func `only what is not there lets a chain go on`(code: VaultError.Code) {
        let failure = AzFailure(VaultError(code, "it is so", hint: "do that"))
        let goesOn = [.notFound, .locked].contains(code)
        #expect(failure.lines.joined().contains("az login") == goesOn)
        #expect(failure.lines.contains("vaultctl: hint: do that"))
        #expect(failure.lines[0] == (goesOn ? "ERROR: Please run 'az login' to setup account." : "ERROR: it is so"))
    }

    @Test func `a refusal has its code, whatever the provider said`() {
        for text in [nil, "no code in here"] {
            let refusal = ProviderRefusal(error: "invalid_client", aadsts: 700_016, text: text)
            let failure = AzFailure(VaultError(.refused, "refused: AADSTS700016: unknown", refusal: refusal))
            #expect(failure.lines[0] == "ERROR: refused: AADSTS700016: unknown")
        }
        let refusal = ProviderRefusal(error: "x", aadsts: 1, text: "AADSTS1: all of it. Trace ID: 2")
        #expect(
            AzFailure(VaultError(.refused, "m", refusal: refusal)).lines[0] == "ERROR: AADSTS1: all of it. Trace ID: 2")
    }
}
