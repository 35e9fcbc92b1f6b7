import Testing
import Vault

@testable import vaultctl

struct GitCredentialTests {
    private func request(_ text: String) throws -> GitCredentialRequest {
        try Array(text.utf8).withRawSpan { try GitCredentialRequest($0) }
    }

    @Test func `lines are read up to an empty one`() throws {
        let found = try request("protocol=https\nhost=Dev.Azure.com\nusername=a=b\n\ncapability[]=authtype\n")
        #expect(found.isHTTPS && found.host == "dev.azure.com" && found.username == "a=b")
        #expect(!found.takesAuthenticationType)
        #expect(try request("protocol=https\ncapability[]=authtype").takesAuthenticationType)
        #expect(try request("\nprotocol=https\n") == request(""))
    }

    @Test(
        arguments: [
            ("dev.azure.com", "devops"), ("contoso.visualstudio.com", "devops"), ("dev.azure.com:443", "devops"),
            ("adb-1.2.azuredatabricks.net", nil), ("bricks.example:8443", "databricks"),
            ("bricks.example", nil), ("visualstudio.com", nil), ("evil.example/dev.azure.com", nil),
            ("dev.azure.com.evil.example", nil), ("azuredatabricks.net", nil), ("", nil), ("github.com", nil),
        ] as [(String, String?)])
    func `the host says what the token is for`(host: String, resource: String?) throws {
        let place = Destination(workspace: "https://bricks.example:8443")
        let found = try request("protocol=https\nhost=\(host)\n").audience(of: place)
        #expect(found == resource.map { .resource($0) })
        #expect(try request("protocol=http\nhost=\(host)\n").audience(of: place) == nil)
    }

    @Test(
        arguments: [
            ("adb-1.2.azuredatabricks.net", "databricks"), ("adb-1.2.databricks.azure.us", nil),
            ("adb-1.2.databricks.azure.cn", nil), ("adb-1.2.azuredatabricks.net:8443", nil),
        ] as [(String, String?)])
    func `without a workspace of its own a profile is for those of its cloud`(host: String, resource: String?) throws {
        let asked = try request("protocol=https\nhost=\(host)\n")
        #expect(asked.audience(of: Destination()) == resource.map { .resource($0) })
        #expect(asked.audience(of: Destination(provider: .databricks, account: .init(id: "a", host: "b"))) == nil)
    }

    @Test(
        arguments: [
            (nil, ExecCredentialVersion.v1beta1), ("{}", .v1beta1), (#"{"apiVersion":""}"#, .v1beta1),
            (#"{"apiVersion":"client.authentication.k8s.io/v1"}"#, .v1),
            (#"{"apiVersion":"client.authentication.k8s.io/v2"}"#, nil), ("[]", nil), ("{", nil),
        ] as [(String?, ExecCredentialVersion?)])
    func `kubectl gets the version that it asks for`(info: String?, version: ExecCredentialVersion?) throws {
        guard let version else {
            #expect(throws: VaultError.self) { try ExecCredentialVersion(execInfo: info) }
            return
        }
        #expect(try ExecCredentialVersion(execInfo: info) == version)
    }
}
