import FoundationEssentials
import HTTPTypes
import Testing

@testable import Vault

private let guid = "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee"

@Suite struct WorkspaceDiscoveryTests {
    let ours = Cloud(name: "Ours", authority: "https://localhost:8443/", graph: "https://g", arm: "https://a")

    func tenant(_ location: String?, status: Int = 302, transport: ScriptedTransport? = nil) async throws(VaultError)
        -> String
    {
        let transport =
            transport
            ?? ScriptedTransport([.answer(status: status, fields: location.map { ["Location": $0] } ?? [:], body: "")])
        let discovery = WorkspaceDiscovery(transport: transport, clock: StoppedClock().clock())
        return try await discovery.tenant(of: "https://adb-1.2.azuredatabricks.net/?o=1", in: ours)
    }

    @Test(arguments: [
        "https://login.microsoftonline.com/\(guid)/oauth2/authorize?client_id=x",
        "https://LOGIN.microsoftonline.us/\(guid)/oauth2/authorize", "https://login.chinacloudapi.cn/\(guid)",
        "https://localhost:8443/\(guid)/oauth2/authorize", "https://login.microsoftonline.com:443/\(guid)/",
    ])
    func `the tenant is the first part of the redirect's path`(location: String) async throws {
        let transport = ScriptedTransport([.answer(status: 302, fields: ["Location": location], body: "")])
        #expect(try await tenant(nil, transport: transport) == guid)
        #expect(transport.asked.map(\.url) == ["https://adb-1.2.azuredatabricks.net/aad/auth"])
        #expect(transport.asked.first?.request.method == .get)
        #expect(transport.asked.first?.request.headerFields.isEmpty == true)
    }

    @Test(arguments: [
        "https://login.windows.net/\(guid)/x", "https://sts.windows.net/\(guid)/", "https://evil.example/\(guid)",
        "http://login.microsoftonline.com/\(guid)", "https://login.microsoftonline.com.evil.example/\(guid)",
        "https://login.microsoftonline.com@evil.example/\(guid)", "https://localhost/\(guid)",
        "https://login.microsoftonline.com:8443/\(guid)", "/\(guid)", "",
        "https://login.microsoftonline.com/common/oauth2/authorize", "https://login.microsoftonline.com/",
        "https://login.microsoftonline.com/..%2f/x",
    ])
    func `any other redirect is refused`(location: String) async throws {
        let error = try await failure { () async throws(VaultError) in try await tenant(location) }
        #expect(error.code == .unavailable)
        #expect(!error.message.contains("evil"))
    }

    @Test(arguments: [200, 401, 404]) func `no redirect, no tenant`(status: Int) async throws {
        let error = try await failure { () async throws(VaultError) in
            try await tenant("https://login.microsoftonline.com/\(guid)", status: status)
        }
        #expect(error.code == .unavailable)
    }

    @Test func `a workspace that is no https address is a usage error`() async throws {
        let discovery = WorkspaceDiscovery(transport: ScriptedTransport([]), clock: StoppedClock().clock())
        let error = try await failure { () async throws(VaultError) in
            try await discovery.tenant(of: "adb-1.2.azuredatabricks.net", in: .azureCloud)
        }
        #expect(error.code == .usage)
    }
}

@Suite struct SubscriptionDiscoveryTests {
    static let one = "11111111-1111-1111-1111-111111111111"
    static let two = "22222222-2222-2222-2222-222222222222"
    static let bearer = "canary.arm.token"

    func find(_ transport: ScriptedTransport, workspace: String? = nil) async throws(VaultError) -> String {
        let discovery = SubscriptionDiscovery(transport: transport, clock: StoppedClock().clock())
        return try await discovery.subscription(
            arm: "https://management.azure.com/", token: secret(Self.bearer), workspace: workspace)
    }

    func page(_ ids: [String], next: String? = nil) -> ScriptedTransport.Step {
        let items = ids.map { "{\"subscriptionId\":\"\($0)\",\"displayName\":\"x\",\"state\":\"Enabled\"}" }
        return .answer(
            status: 200,
            body: "{\"value\":[\(items.joined(separator: ","))]\(next.map { ",\"nextLink\":\"\($0)\"" } ?? "")}")
    }

    func workspaces(_ urls: [String]) -> ScriptedTransport.Step {
        let items = urls.map { "{\"id\":\"/x\",\"properties\":{\"workspaceUrl\":\"\($0)\"}}" } + ["{}"]
        return .answer(status: 200, body: "{\"value\":[\(items.joined(separator: ","))]}")
    }

    @Test func `the only one is it`() async throws {
        let transport = ScriptedTransport([page([Self.one])])
        #expect(try await find(transport) == Self.one)
        let asked = try #require(transport.asked.first)
        #expect(asked.url == "https://management.azure.com/subscriptions?api-version=2022-12-01")
        #expect(asked.request.headerFields[.authorization] == "Bearer \(Self.bearer)")
    }

    @Test func `of several the one that has the workspace`() async throws {
        let transport = ScriptedTransport([
            page([Self.one, Self.two]), workspaces(["adb-9.9.azuredatabricks.net"]),
            workspaces(["ADB-1.2.azuredatabricks.net"]),
        ])
        #expect(try await find(transport, workspace: "https://adb-1.2.azuredatabricks.net") == Self.two)
        #expect(
            transport.asked.last?.request.path
                == "/subscriptions/\(Self.two)/providers/Microsoft.Databricks/workspaces?api-version=2018-04-01")
    }

    @Test func `none, several, and a workspace in none are named`() async throws {
        let none = try await failure { () async throws(VaultError) in try await find(ScriptedTransport([page([])])) }
        #expect(none.code == .notFound)
        let several = try await failure { () async throws(VaultError) in
            try await find(ScriptedTransport([page([Self.one, Self.two])]))
        }
        #expect(several.code == .usage)
        #expect(several.message.contains("\(Self.one), \(Self.two)"))
        let elsewhere = try await failure { () async throws(VaultError) in
            try await find(
                ScriptedTransport([page([Self.one, Self.two]), workspaces([]), workspaces([])]),
                workspace: "https://adb-1.2.azuredatabricks.net")
        }
        #expect(elsewhere.code == .notFound)
        #expect(elsewhere.message.contains(Self.two))
    }

    @Test func `pages are followed on the same host only`() async throws {
        let transport = ScriptedTransport([
            page([], next: "https://management.azure.com/subscriptions?api-version=2022-12-01&$skiptoken=a%20b"),
            page([Self.one]),
        ])
        #expect(try await find(transport) == Self.one)
        #expect(transport.asked.last?.request.path == "/subscriptions?api-version=2022-12-01&$skiptoken=a%20b")
        for link in [
            "https://evil.example/x", "http://management.azure.com/x", "/x", "https://management.azure.com:1/",
        ] {
            let transport = ScriptedTransport([page([Self.one], next: link), page([Self.one])])
            let error = try await failure { () async throws(VaultError) in try await find(transport) }
            #expect(error.code == .unavailable)
            #expect(transport.asked.count == 1)
        }
    }

    @Test func `a list without end is left`() async throws {
        let endless = page([Self.one], next: "https://management.azure.com/subscriptions?again")
        let transport = ScriptedTransport(Array(repeating: endless, count: 30))
        let error = try await failure { () async throws(VaultError) in try await find(transport) }
        #expect(error.code == .unavailable)
        #expect(transport.asked.count == SubscriptionDiscovery.longestList)
    }

    @Test(arguments: [
        (401, "{\"error\":{\"code\":\"Invalid\",\"message\":\"canary.arm.token\"}}", VaultError.Code.refused),
        (403, "no", .refused), (404, "", .unavailable), (302, "", .unavailable), (429, "", .tryAgain),
        (200, "<html>", .unavailable), (200, "{\"value\":{}}", .unavailable),
        (200, "{\"value\":[{\"subscriptionId\":\"../x\"}]}", .unavailable),
    ])
    func `other answers are errors without the token`(status: Int, body: String, code: VaultError.Code) async throws {
        let answer = ScriptedTransport.Step.answer(status: status, body: body)
        let error = try await failure { () async throws(VaultError) in
            try await find(ScriptedTransport([answer, answer, answer]))
        }
        #expect(error.code == code)
        #expect(!everything(of: error).contains("canary"))
    }
}
