import HTTPTypes
import Testing

@testable import EntraEmulator

@Suite struct WorkspaceTests {
    @Test func `a workspace sends the browser to its own tenant`() async throws {
        var directory = Directory.example
        directory.tenants.append(
            Tenant(
                id: "aaaaaaaa-1111-4111-8111-111111111111", name: "Fabrikam",
                subscriptions: [
                    Subscription(
                        id: "bbbbbbbb-3333-4333-8333-333333333333", name: "Other",
                        workspaces: [
                            Workspace(
                                name: "w", resourceGroup: "g", location: "northeurope",
                                host: "adb-5.5.azuredatabricks.net", workspaceId: "5"
                            )
                        ]
                    )
                ]
            )
        )
        let emulator = try await Example.emulator(directory)
        let listed = await emulator.ask(.get, "/aad/auth", host: "adb-5.5.azuredatabricks.net:8443")
        #expect(listed.status == 302)
        let prefix = "\(Example.base)/aaaaaaaa-1111-4111-8111-111111111111/oauth2/authorize?client_id="
        #expect(listed.field(.location)?.hasPrefix(prefix) == true)
        let other = await emulator.ask(.get, "/aad/auth")
        #expect(other.field(.location)?.hasPrefix("\(Example.base)/\(Example.tenant)/oauth2/authorize?") == true)
    }

    @Test func `without a workspace there is nothing to sign in to`() async throws {
        let emulator = try await Example.emulator(Directory(tenants: []))
        #expect(await emulator.ask(.get, "/aad/auth").status == 404)
    }
}
