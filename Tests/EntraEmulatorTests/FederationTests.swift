import FoundationEssentials
import HTTPTypes
import Testing

@testable import EntraEmulator

@Suite struct FederationTests {
    private static let subject = "repo:contoso/etl:ref:refs/heads/main"

    private func emulator(issuer: String = "/external/builds") async throws -> EntraEmulator {
        var directory = Directory.example
        directory.tenants[0].applications[0].federatedCredentials = [
            FederatedCredential(issuer: issuer, subject: Self.subject)
        ]
        return try await Example.emulator(directory)
    }

    @Test func `a token of the issuer stands for a secret`() async throws {
        let emulator = try await emulator()
        let token = try await emulator.externalToken(by: "builds", subject: Self.subject)
        #expect(await emulator.token(Signer.form(token)).status == 200)
    }

    @Test func `the issuer may be written out`() async throws {
        let emulator = try await emulator(issuer: "\(Example.base)/external/builds")
        let token = try await emulator.externalToken(by: "builds", subject: Self.subject)
        #expect(await emulator.token(Signer.form(token)).status == 200)
    }

    @Test(arguments: [
        ("elsewhere", subject, FederatedCredential.usualAudience, 0, 600, 700_211),
        ("builds", subject.uppercased(), FederatedCredential.usualAudience, 0, 600, 700_213),
        ("builds", subject, "api://another", 0, 600, 700_212),
        ("builds", subject, FederatedCredential.usualAudience, -7200, -3600, 700_024),
        ("builds", subject, FederatedCredential.usualAudience, 3600, 7200, 700_024),
    ])
    func `what does not match is named`(
        issuer: String, subject: String, audience: String, notBefore: Int, lifetime: Int, code: Int
    ) async throws {
        let emulator = try await emulator()
        let token = try await emulator.externalToken(
            by: issuer, subject: subject, audience: audience, notBefore: notBefore, lifetime: lifetime)
        #expect(try await emulator.refusal(of: Signer.form(token)) == (401, "invalid_client", [code]))
    }

    @Test func `an application without federation takes no token`() async throws {
        let emulator = try await Example.emulator()
        let token = try await emulator.externalToken(by: "builds", subject: Self.subject)
        #expect(try await emulator.refusal(of: Signer.form(token)) == (401, "invalid_client", [70021]))
    }

    @Test func `right claims with another's signature are refused`() async throws {
        let signer = try await Signer.shared()
        let claims = Signer.claims([
            "iss": "\"\(Example.base)/external/builds\"", "sub": "\"\(Self.subject)\"",
            "aud": "\"\(FederatedCredential.usualAudience)\"",
        ])
        for algorithm in ["RS256", "PS256"] {
            let form = Signer.form(try signer.assertion(claims, algorithm: algorithm))
            #expect(try await emulator().refusal(of: form) == (401, "invalid_client", [700_027]))
        }
    }

    @Test func `an issuer that the emulator does not play cannot be asked for keys`() async throws {
        let signer = try await Signer.shared()
        let claims = Signer.claims([
            "iss": "\"https://token.example\"", "sub": "\"\(Self.subject)\"",
            "aud": "\"\(FederatedCredential.usualAudience)\"",
        ])
        let emulator = try await emulator(issuer: "https://token.example")
        #expect(try await emulator.refusal(of: Signer.form(try signer.assertion(claims))).codes == [50166])
    }

    @Test func `tokens are minted over HTTP`() async throws {
        struct Minted: Decodable {
            let issuer: String
            let token: String
        }
        let emulator = try await emulator()
        let body = #"{"subject":"\#(Self.subject)"}"#
        let answer = await emulator.ask(.post, "/emulator/external/builds/tokens", body)
        #expect(answer.status == 201)
        let minted = try answer.json(Minted.self)
        #expect(minted.issuer == "\(Example.base)/external/builds")
        #expect(await emulator.token(Signer.form(minted.token)).status == 200)
        #expect(await emulator.requests.count == 1, "minting is not counted")
    }
}
