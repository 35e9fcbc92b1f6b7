import ArgumentParser
import FoundationEssentials
import Testing
import Vault

@testable import vaultctl

struct CommandEnvironmentTests {
    private let endpoint = ServedEndpoint(
        identity: "http://127.0.0.1:1/i", msi: "http://127.0.0.1:1/m", imds: "http://127.0.0.1:1/s",
        databricks: "http://127.0.0.1:1/d")

    private func profile(
        provider: Provider = .entra, workspace: String? = nil, account: DatabricksAccount? = nil,
        subscription: String? = nil, cloud: Cloud = .azureCloud
    ) throws -> ServedProfile {
        let moment = Date(timeIntervalSince1970: 0)
        return ServedProfile(
            Profile(
                id: try #require(RowID([UInt8](repeating: 1, count: 16))), name: try ProfileName("ci"),
                destination: Destination(provider: provider, cloud: cloud, workspace: workspace, account: account),
                tenant: "t-1", clientID: "c-1", credential: Credential(kind: .clientSecret, storedAt: moment),
                subscription: subscription, createdAt: moment, updatedAt: moment))
    }

    private func environment(
        _ wish: CommandEnvironment.Wish, _ profile: ServedProfile
    ) throws -> CommandEnvironment {
        try CommandEnvironment(
            wish, profile: profile, vault: "/v.db", endpoint: wish.needsEndpoint ? endpoint : nil, header: "h")
    }

    @Test func `Databricks' own principals get nothing of Azure`() throws {
        let account = DatabricksAccount(id: "a-1", host: "https://accounts.azuredatabricks.net")
        for wish in [.init(), .init(endpoint: true), .init(clients: .databricks)] as [CommandEnvironment.Wish] {
            let found = try environment(wish, try profile(provider: .databricks, account: account))
            #expect(found.set["DATABRICKS_HOST"] == account.host)
            #expect(found.set["DATABRICKS_ACCOUNT_ID"] == "a-1")
            #expect(found.set["IDENTITY_ENDPOINT"] == nil && found.set["MSI_ENDPOINT"] == nil)
        }
        let own = try profile(provider: .databricks, workspace: "https://w.example")
        for wish in [.init(clients: .azure), .init(clients: .arm), .init(standIn: true)] as [CommandEnvironment.Wish] {
            #expect(throws: VaultError.self) { try environment(wish, own) }
        }
    }

    @Test(
        arguments: [
            (Cloud.azureCloud, "public"), (.azureUSGovernment, "usgovernment"), (.azureChinaCloud, "china"),
            (Cloud(name: "lab", authority: "https://a", graph: "https://g", arm: "https://r"), nil),
        ])
    func `Terraform is told the cloud by its own name`(cloud: Cloud, name: String?) throws {
        let found = try environment(.init(clients: .arm), try profile(subscription: "s-1", cloud: cloud))
        #expect(found.set["ARM_ENVIRONMENT"] == name)
        #expect(found.set["ARM_SUBSCRIPTION_ID"] == "s-1" && found.removed.contains("ARM_CLIENT_SECRET"))
        #expect(!found.removed.contains("ARM_TENANT_ID"), "what is set is not taken away")
    }

    @Test func `a directory is put before the others once`() throws {
        var found = try environment(.init(), try profile())
        found.prependPath("/run/bin", to: "/usr/bin:/bin")
        #expect(found.set["PATH"] == "/run/bin:/usr/bin:/bin")
        found.prependPath("/run/bin", to: found.set["PATH"])
        #expect(found.set["PATH"] == "/run/bin:/usr/bin:/bin")
        found.prependPath("/run/bin", to: nil)
        #expect(found.set["PATH"] == "/run/bin:/bin:/usr/bin")
    }

    @Test func `what a keeper is started with is understood`() throws {
        let order = KeeperProcess.Order(
            profile: try ProfileName("prod/etl"), vault: "/v.db", caFile: "/ca.pem", audiences: ["arm", "api://x"],
            isQuiet: true)
        let arguments = KeeperProcess.arguments(order, .keyFile)
        #expect(arguments.prefix(2) == ["vaultctl", "exec-keeper"])
        let verb = try ExecKeeper.parse(Array(arguments.dropFirst(2)) + ["--detached"])
        #expect(verb.name == order.profile && verb.unlocking == .keyFile && verb.allowAudience == order.audiences)
        #expect(verb.global.vault == "/v.db" && verb.global.caFile == "/ca.pem" && verb.global.quiet && verb.detached)
    }
}
