import FoundationEssentials
import Glibc
import Testing
import Vault

@testable import vaultctl

/// Serialized: the zone is the process's.
@Suite(.serialized)
struct TokenFormatTests {
    private func details(
        audience: String = "databricks", workspace: String? = "https://adb-1.azuredatabricks.net",
        subscription: String? = nil, expires: Double = 1_795_360_281
    ) throws -> TokenDetails {
        TokenDetails(
            profile: try ProfileName("ci"), tenant: "t-1", clientID: "c-1", subscription: subscription,
            workspace: workspace, audience: try Audience(resource: audience, in: .azureCloud), tokenType: "Bearer",
            issuedAt: Date(timeIntervalSince1970: expires - 3600), expiresAt: Date(timeIntervalSince1970: expires),
            source: .provider, auditSequence: 7)
    }

    private func secret(_ text: String) -> SecretBytes {
        let bytes = Array(text.utf8)
        return SecretBytes(count: bytes.count) { span in
            for (index, byte) in bytes.enumerated() { span.storeBytes(of: byte, toByteOffset: index, as: UInt8.self) }
        }
    }

    private func rendered(_ format: TokenFormat, _ details: TokenDetails, omitsSubscription: Bool = false) throws
        -> String
    {
        let document = try #require(TokenDocument(details, as: format, omitsSubscription: omitsSubscription))
        let token = "eyJ0.a-b_c.sig"
        try document.check(secret(token))
        return document.before + token + document.after
    }

    private func inZone(_ zone: String, _ body: () throws -> Void) throws {
        let before = ProcessInfo.processInfo.environment["TZ"]
        unsafe setenv("TZ", zone, 1)
        defer {
            if let before { _ = unsafe setenv("TZ", before, 1) } else { _ = unsafe unsetenv("TZ") }
            tzset()
        }
        try body()
    }

    @Test func `az has the shape of az`() throws {
        try inZone("UTC") { () throws in
            #expect(
                try rendered(.az, details()) == """
                    {
                      "accessToken": "eyJ0.a-b_c.sig",
                      "expiresOn": "2026-11-22 15:11:21.000000",
                      "expires_on": 1795360281,
                      "subscription": "t-1",
                      "tenant": "t-1",
                      "tokenType": "Bearer"
                    }

                    """)
            #expect(try rendered(.az, details(subscription: "s-1")).contains(#""subscription": "s-1","#))
            #expect(try !rendered(.az, details(), omitsSubscription: true).contains("subscription"))
        }
    }

    @Test func `both sides of a clock change are told apart by expires_on`() throws {
        // 25 October 2026 in Berlin: 02:30 happens twice.
        try inZone("CET-1CEST,M3.5.0,M10.5.0/3") { () throws in
            let (before, after) = (1_792_888_200.0, 1_792_891_800.0)
            for moment in [before, after] {
                let json = try rendered(.az, details(expires: moment))
                #expect(json.contains(#""expiresOn": "2026-10-25 02:30:00.000000""#))
                #expect(json.contains(#""expires_on": \#(Int(moment)),"#))
            }
        }
        try inZone("EST5EDT,M3.2.0,M11.1.0") { () throws in
            #expect(try rendered(.az, details()).contains(#""expiresOn": "2026-11-22 10:11:21.000000""#))
        }
    }

    @Test func `env is quoted for a shell`() throws {
        #expect(
            try rendered(.env, details()) == """
                export DATABRICKS_HOST='https://adb-1.azuredatabricks.net'
                export DATABRICKS_TOKEN='eyJ0.a-b_c.sig'

                """)
        #expect(try rendered(.env, details(audience: "arm")) == "export AZURE_ACCESS_TOKEN='eyJ0.a-b_c.sig'\n")
        #expect(shellQuoted("a'b $x") == #"'a'\''b $x'"#)
    }

    @Test func `raw, header and json hold the token`() throws {
        #expect(try rendered(.raw, details()) == "eyJ0.a-b_c.sig\n")
        #expect(try rendered(.header, details()) == "Authorization: Bearer eyJ0.a-b_c.sig\n")
        let json = try rendered(.json, details())
        #expect(json.hasPrefix("{\n  \"accessToken\": \"eyJ0.a-b_c.sig\",\n  \"audience\": "))
        #expect(json.hasSuffix("\n}\n"))
    }

    @Test func `kubectl gets one line`() throws {
        #expect(
            try rendered(.execCredential, details())
                == #"{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1beta1","#
                + #""spec":{"interactive":false},"status":{"expirationTimestamp":"2026-11-22T15:11:21Z","#
                + #""token":"eyJ0.a-b_c.sig"}}"# + "\n")
    }

    @Test(arguments: ["a\"b", "a\\b", "a'b", "a b", "a\nb", "", "é", "a\u{7f}"])
    func `a token that no format can carry is an error`(token: String) throws {
        let document = try #require(TokenDocument(details(), as: .json))
        let secret = secret(token)
        var code: VaultError.Code?
        do { try document.check(secret) } catch { code = error.code }
        #expect(code == .unavailable)
    }
}
