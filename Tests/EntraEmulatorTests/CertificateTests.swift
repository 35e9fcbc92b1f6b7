import FoundationEssentials
import HTTPTypes
import Testing

@testable import EntraEmulator

@Suite struct CertificateTests {
    /// An emulator whose application has the certificate of `signer`.
    private func emulator(_ signer: Signer, clock: @escaping @Sendable () -> Date = { Example.time }) async throws
        -> EntraEmulator
    {
        var directory = Directory.example
        directory.tenants[0].applications[0].certificates = [signer.certificate]
        return try await Example.emulator(directory, clock: clock)
    }

    @Test(arguments: ["RS256", "PS256"])
    func `an assertion that a registered certificate signed is as good as a secret`(algorithm: String) async throws {
        let signer = try await Signer.shared()
        let emulator = try await emulator(signer)
        let answer = await emulator.token(Signer.form(try signer.assertion(algorithm: algorithm)))
        #expect(answer.status == 200)
        #expect(await emulator.requests.requests.last?.clientId == Example.client)
    }

    @Test func `times with a fraction are times`() async throws {
        let signer = try await Signer.shared()
        let claims = Signer.claims(["iat": "1767225600.25", "nbf": nil, "exp": "1767226200.75"])
        let answer = await (try emulator(signer)).token(Signer.form(try signer.assertion(claims)))
        #expect(answer.status == 200)
    }

    @Test(
        arguments: [
            (["aud": "\"https://login.example/token\""], 401, 700_023),
            (["aud": "[\"\(Example.base)/\(Example.tenant)\"]"], 401, 700_023),
            (["iss": "\"99999999-2222-4222-8222-222222222222\""], 401, 70021),
            (["sub": "\"99999999-2222-4222-8222-222222222222\""], 401, 700_021),
            (["exp": "1767225200"], 401, 700_024),
            (["exp": "1767399000"], 401, 700_024),
            (["nbf": "1767226000"], 401, 700_024),
            (["jti": nil], 400, 50027),
            (["exp": nil], 400, 50027),
        ] as [(KeyValuePairs<String, String?>, Int, Int)])
    func `a claim that is wrong is refused by its own code`(
        changes: KeyValuePairs<String, String?>, status: Int, code: Int
    ) async throws {
        let signer = try await Signer.shared()
        let form = Signer.form(try signer.assertion(Signer.claims(changes)))
        let refusal = try await emulator(signer).refusal(of: form)
        #expect(refusal.status == status)
        #expect(refusal.codes == [code])
    }

    @Test func `a clock five minutes off is forgiven, and no more`() async throws {
        let signer = try await Signer.shared()
        let form = Signer.form(try signer.assertion())
        for (seconds, codes) in [(899.0, []), (900, [700_024]), (-300, []), (-301, [700_024])] {
            let emulator = try await emulator(signer, clock: { Example.time + seconds })
            #expect(try await emulator.refusal(of: form).codes == codes, "\(seconds) s")
        }
    }

    @Test func `a certificate that is not valid yet, or no longer, signs nothing`() async throws {
        let signer = try await Signer.shared()
        let form = Signer.form(try signer.assertion())
        for days in [-2.0, 2] {
            let emulator = try await emulator(signer, clock: { Example.time + days * 86_400 })
            #expect(try await emulator.refusal(of: form).codes == [700_027])
        }
    }

    @Test func `a certificate is registered and taken away over HTTP`() async throws {
        let signer = try await Signer.shared()
        let emulator = try await Example.emulator()
        let form = Signer.form(try signer.assertion())
        #expect(try await emulator.refusal(of: form) == (401, "invalid_client", [700_027]))
        let certificates = "/emulator/applications/\(Example.client)/certificates"
        let body = try JSONEncoder().encode(["pem": signer.certificate])
        #expect(await emulator.ask(.post, certificates, String(decoding: body, as: UTF8.self)).status == 204)
        #expect(await emulator.token(form).status == 200)
        #expect(await emulator.ask(.delete, certificates).status == 204)
        #expect(try await emulator.refusal(of: form).codes == [700_027])
        #expect(await emulator.ask(.post, certificates, #"{"pem":"no certificate"}"#).status == 400)
    }

    @Test func `a signature made for other claims is found out`() async throws {
        let signer = try await Signer.shared()
        let pieces = try signer.assertion().split(separator: ".")
        let other = try signer.assertion(Signer.claims(["jti": "\"2\""])).split(separator: ".")
        let mixed = Signer.form("\(pieces[0]).\(pieces[1]).\(other[2])")
        #expect(try await emulator(signer).refusal(of: mixed) == (401, "invalid_client", [700_027]))
    }

    @Test(arguments: ["", "a", "a.b", "e30.e30.", "e30=.e30.e30", "e30.e30.e30\n", "e30.e30.e30.e30"])
    func `what is no token of three parts is not read`(text: String) {
        #expect(PresentedToken(text) == nil)
    }

    @Test func `base64 for addresses is read to the letter`() {
        #expect(Base64URL.decode("-_8") == Data([0xFB, 0xFF]))
        #expect(Base64URL.decode("") == Data())
        for text in ["+/8", "-_8=", "-_ 8", "é", "-"] { #expect(Base64URL.decode(text) == nil, "\(text)") }
    }
}
