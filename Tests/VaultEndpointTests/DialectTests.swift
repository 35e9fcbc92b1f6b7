import HTTPTypes
import Testing
import Vault

@testable import VaultEndpoint

struct DialectTests {
    @Test(arguments: [
        ("https://adb-1.azuredatabricks.net", "ADB-1.azuredatabricks.net/"),
        ("https://adb-1.azuredatabricks.net:443", "https://adb-1.azuredatabricks.net//"),
    ])
    func `a workspace has several spellings`(one: String, other: String) {
        #expect(WorkspaceHost.isSame(one, other))
    }

    @Test(arguments: [
        ("https://adb-1.azuredatabricks.net", "https://adb-2.azuredatabricks.net"),
        ("https://adb-1.azuredatabricks.net", "http://adb-1.azuredatabricks.net"),
        ("https://adb-1.azuredatabricks.net", "https://adb-1.azuredatabricks.net.evil.example"),
        ("https://adb-1.azuredatabricks.net", ""),
    ])
    func `another workspace is another`(one: String, other: String) {
        #expect(!WorkspaceHost.isSame(one, other))
    }

    @Test func `what trying again does not cure is not told as if it did`() {
        let again: [VaultError.Code] = [.tryAgain, .unavailable, .inputOutput]
        for code in VaultError.Code.allCases {
            let status = Refusal(VaultError(code, "x")).status.code
            #expect((status == 429 || status >= 500) == again.contains(code), "\(code)")
        }
    }

    @Test func `secrets are written in the alphabet of URLs`() {
        let text: [UInt8: String] = [0: "AAAAAAA", 0xff: "______8", 0xfb: "-_v7-_s"]
        for (byte, expected) in text {
            let bytes = [byte, byte, byte, byte, byte].withRawSpan { SecretBytes(copying: $0) }
            #expect(bytes.base64URL.withBytes { String(decoding: $0.array, as: UTF8.self) } == expected)
        }
    }

    @Test func `a Unix socket has no URLs`() {
        #expect(EndpointURLs(authority: nil, path: "x") == EndpointURLs(authority: nil, path: "y"))
        #expect(EndpointURLs(authority: nil, path: "x").identityEndpoint == nil)
        #expect(EndpointURLs(authority: "[::1]:1", path: "x").imdsAuthority == "http://[::1]:1/x")
    }
}
