import FoundationEssentials
import Testing

@testable import EntraEmulator

@Suite struct DirectoryTests {
    @Test func `the example survives its JSON form`() throws {
        let json = try Directory.example.json()
        #expect(try Directory(json: json).json() == json)
    }

    @Test func `all but identifiers may be left out`() throws {
        let text = """
            {"tenants":[{"id":"11111111-1111-4111-8111-111111111111","applications":[
              {"clientId":"c","secrets":[{"value":"s","end":"2027-01-01T00:00:00Z"}]}]}]}
            """
        let directory = try Directory(json: Data(text.utf8))
        #expect(directory.tokenLifetime == 3599)
        let application = try #require(directory.tenants.first?.application("C"))
        #expect(application.enabled)
        #expect(application.secrets.first?.end == Date(timeIntervalSince1970: 1_798_761_600))
        #expect(application.secrets.first?.keyId.isEmpty == false)
    }

    @Test func `credentials other than secrets have defaults, too`() throws {
        let text = """
            {"tenants":[{"id":"t","applications":[
              {"clientId":"c","federatedCredentials":[{"issuer":"/external/x","subject":"s"}]}],
              "subscriptions":[{"id":"s","workspaces":[
                {"name":"w","host":"h","servicePrincipals":[{"clientId":"d"}]}]}]}]}
            """
        let directory = try Directory(json: Data(text.utf8))
        let application = try #require(directory.tenants.first?.application("c"))
        #expect(application.certificates.isEmpty)
        #expect(application.federatedCredentials.first?.audience == "api://AzureADTokenExchange")
        let workspace = try #require(directory.workspace(at: "h")?.workspace)
        #expect(workspace.servicePrincipals.first?.active == true)
        #expect(workspace.accountId == Workspace.usualAccountId)
        #expect(directory.databricksAccounts.isEmpty)
    }

    @Test func `a certificate that is none is refused with the directory`() {
        let text = #"{"tenants":[{"id":"t","applications":[{"clientId":"c","certificates":["-----"]}]}]}"#
        #expect(throws: DecodingError.self) { try Directory(json: Data(text.utf8)) }
    }

    @Test func `a tenant is known by its domain, in any case`() {
        #expect(Directory.example.tenant(named: "Contoso.OnMicrosoft.com")?.id == Example.tenant)
        #expect(Directory.example.tenant(named: "contoso") == nil)
    }
}
