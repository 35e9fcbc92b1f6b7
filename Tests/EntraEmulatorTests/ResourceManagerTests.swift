import FoundationEssentials
import HTTPTypes
import Synchronization
import Testing

@testable import EntraEmulator

@Suite struct ResourceManagerTests {
    private struct Page<Item: Decodable>: Decodable { let value: [Item] }
    private struct SubscriptionItem: Decodable {
        let subscriptionId: String
        let displayName: String
        let tenantId: String
    }
    private struct WorkspaceItem: Decodable {
        struct Properties: Decodable {
            let workspaceUrl: String
            let workspaceId: String
        }
        let id: String
        let location: String
        let properties: Properties
    }
    private struct Refused: Decodable {
        struct Inner: Decodable { let code: String }
        let error: Inner
    }

    private func get(_ emulator: EntraEmulator, _ path: String, token: String) async -> Answer {
        await emulator.ask(.get, path, fields: [.authorization: "Bearer \(token)"])
    }

    @Test func `a token for Resource Manager lists subscriptions and workspaces`() async throws {
        let emulator = try await Example.emulator()
        let token = try await emulator.accessToken()
        let subscriptions = try await get(emulator, "/subscriptions?api-version=2022-12-01", token: token)
            .json(Page<SubscriptionItem>.self).value
        #expect(subscriptions.map(\.displayName) == ["Fake Sub"])
        #expect(subscriptions.map(\.tenantId) == [Example.tenant])
        let list = "/subscriptions/\(Example.subscription)/providers/Microsoft.Databricks/workspaces"
        let workspaces = try await get(emulator, "\(list)?api-version=2018-04-01", token: token)
            .json(Page<WorkspaceItem>.self).value
        let workspace = try #require(workspaces.first)
        let single = try await get(emulator, "\(workspace.id)?api-version=2018-04-01", token: token)
            .json(WorkspaceItem.self)
        #expect(single.properties.workspaceUrl == "adb-4444444444444444.4.azuredatabricks.net")
        #expect(single.properties.workspaceId == "4444444444444444")
        #expect(single.location == "westeurope")
    }

    @Test func `without a token, or with a forged one, it is 401 with a challenge`() async throws {
        let emulator = try await Example.emulator()
        let none = await emulator.ask(.get, "/subscriptions?api-version=2022-12-01")
        #expect(none.status == 401)
        #expect(none.field(.wwwAuthenticate)?.hasPrefix("Bearer authorization_uri=") == true)
        let other = try await EntraEmulator(base: Example.base, signingKey: SigningKey(), clock: { Example.time })
        let forged = try await get(
            emulator, "/subscriptions?api-version=2022-12-01", token: other.accessToken()
        )
        #expect(forged.status == 401)
        #expect(try forged.json(Refused.self).error.code == "InvalidAuthenticationToken")
    }

    @Test func `a token for another resource is refused`() async throws {
        let emulator = try await Example.emulator()
        let token = try await emulator.accessToken(Example.form(["scope": "https://vault.azure.net/.default"]))
        let answer = await get(emulator, "/subscriptions?api-version=2022-12-01", token: token)
        #expect(answer.status == 401)
        #expect(try answer.json(Refused.self).error.code == "InvalidAuthenticationTokenAudience")
    }

    @Test func `an expired token is refused`() async throws {
        let later = Mutex(0.0)
        let emulator = try await Example.emulator { Example.time + later.withLock { $0 } }
        let token = try await emulator.accessToken()
        later.withLock { $0 = 3599 }
        let answer = await get(emulator, "/subscriptions?api-version=2022-12-01", token: token)
        #expect(answer.status == 401)
        #expect(try answer.json(Refused.self).error.code == "ExpiredAuthenticationToken")
    }

    @Test func `an application sees the subscriptions it has a role on`() async throws {
        var directory = Directory.example
        directory.tenants[0].applications[0].subscriptionIds = []
        let emulator = try await Example.emulator(directory)
        let token = try await emulator.accessToken()
        let all = await get(emulator, "/subscriptions?api-version=2022-12-01", token: token)
        #expect(try all.json(Page<SubscriptionItem>.self).value.isEmpty)
        let one = "/subscriptions/\(Example.subscription)/providers/Microsoft.Databricks/workspaces?api-version=1"
        #expect(await get(emulator, one, token: token).status == 404)
    }

    @Test func `a request without an api-version is refused`() async throws {
        let emulator = try await Example.emulator()
        let answer = try await get(emulator, "/subscriptions", token: emulator.accessToken())
        #expect(answer.status == 400)
    }
}
