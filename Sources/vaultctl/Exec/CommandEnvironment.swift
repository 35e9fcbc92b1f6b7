import ArgumentParser
import Vault

/// For whose clients `exec` sets up the environment.
enum ClientKind: String, CaseIterable, ExpressibleByArgument {
    case databricks, azure, arm, none
}

/// What changes in the environment, from our own to the command's.
struct CommandEnvironment: Equatable {
    /// Gone, where they are there at all.
    private(set) var removed: Set<String> = []
    private(set) var set: [String: String] = [:]

    /// What is wanted, before it is known what the profile has.
    struct Wish: Equatable {
        /// Nil: what fits the profile.
        var clients: ClientKind?
        /// The endpoint for clients of every kind.
        var endpoint = false
        /// `az` on the `PATH`.
        var standIn = false

        /// Terraform gets its tokens from az.
        var needsStandIn: Bool { standIn || clients == .arm }

        var needsEndpoint: Bool {
            switch clients {
            case nil, .databricks, .azure: true
            case .arm, ClientKind.none?: endpoint
            }
        }
    }

    /// - Parameters:
    ///   - vault: absolute, as a command may have another working directory.
    ///   - endpoint: nil where none is needed.
    ///   - header: what the endpoint wants to be told.
    /// - Throws: code `usage` for clients that tokens of the profile are not for.
    init(
        _ wish: Wish, profile: ServedProfile, vault: String, endpoint: ServedEndpoint?, header: String
    ) throws(VaultError) {
        try wish.check(for: profile)
        if let endpoint {
            let fitsAll = wish.endpoint || wish.clients == nil
            if fitsAll || wish.clients == .databricks { setDatabricks(profile, endpoint) }
            if fitsAll || wish.clients == .azure, !profile.isOfDatabricks {
                setAzure(profile, endpoint, header: header)
                if wish.endpoint { setOtherIdentities(endpoint, header: header) }
            }
        }
        if wish.clients == .arm { setTerraform(profile) }
        set["VAULTCTL_PROFILE"] = profile.name
        set["VAULTCTL_VAULT"] = vault
        removed.subtract(set.keys)
    }

    private mutating func setDatabricks(_ profile: ServedProfile, _ endpoint: ServedEndpoint) {
        guard let host = profile.databricksHost else { return }
        removed.formUnion(ForeignIdentity.ofDatabricks)
        set["DATABRICKS_HOST"] = host
        set["DATABRICKS_ACCOUNT_ID"] = profile.databricksAccount
        set["DATABRICKS_METADATA_SERVICE_URL"] = endpoint.databricks
        set["DATABRICKS_AUTH_TYPE"] = "metadata-service"
    }

    private mutating func setAzure(_ profile: ServedProfile, _ endpoint: ServedEndpoint, header: String) {
        removed.formUnion(ForeignIdentity.ofAzure)
        set["IDENTITY_ENDPOINT"] = endpoint.identity
        set["IDENTITY_HEADER"] = header
        set["AZURE_TENANT_ID"] = profile.tenant
        set["AZURE_CLIENT_ID"] = profile.clientID
    }

    /// What clients look at that know no App Service.
    private mutating func setOtherIdentities(_ endpoint: ServedEndpoint, header: String) {
        set["MSI_ENDPOINT"] = endpoint.msi
        set["MSI_SECRET"] = header
        set["AZURE_POD_IDENTITY_AUTHORITY_HOST"] = endpoint.imds
    }

    private mutating func setTerraform(_ profile: ServedProfile) {
        removed.formUnion(ForeignIdentity.ofTerraform)
        set["ARM_USE_CLI"] = "true"
        set["ARM_TENANT_ID"] = profile.tenant
        set["ARM_SUBSCRIPTION_ID"] = profile.subscription
        // Terraform's own names (wire reference, 10); it does not ask az.
        let names = [
            Cloud.azureCloud.name: "public", Cloud.azureUSGovernment.name: "usgovernment",
            Cloud.azureChinaCloud.name: "china",
        ]
        set["ARM_ENVIRONMENT"] = names[profile.cloud]
    }

    /// Takes away what was not set here.
    mutating func remove(_ names: some Sequence<String>) { removed.formUnion(names.filter { set[$0] == nil }) }

    mutating func set(_ name: String, to value: String) {
        set[name] = value
        removed.remove(name)
    }

    /// Puts a directory before all others.
    mutating func prependPath(_ directory: String, to path: String?) {
        // What execvp(3) takes where there is none.
        let path = path ?? "/bin:/usr/bin"
        let first = path.prefix { $0 != ":" }
        set("PATH", to: first == directory ? path : "\(directory):\(path)")
    }

    /// Keeps what goes to the endpoint from a proxy, which would see the secret header and answer something else: Python's
    /// clients send it even what is for this machine.
    ///
    /// - Parameter variable: looks one up in our environment.
    mutating func avoidProxy(_ variable: (_ name: String) -> String?) {
        let proxies = ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"]
        guard proxies.contains(where: { variable($0) != nil }) else { return }
        for (name, other) in [("no_proxy", "NO_PROXY"), ("NO_PROXY", "no_proxy")] {
            let current = variable(name) ?? variable(other)
            let hosts = (current ?? "").split(separator: ",").map { $0.trimmingPrefix { $0 == " " } }
            guard !hosts.contains("*"), !hosts.contains("127.0.0.1") else { continue }
            set(name, to: (current.map { $0 + "," } ?? "") + "127.0.0.1")
        }
    }
}

extension CommandEnvironment.Wish {
    /// - Throws: code `usage`.
    fileprivate func check(for profile: ServedProfile) throws(VaultError) {
        if clients == .databricks, profile.databricksHost == nil {
            throw VaultError(
                .usage, "the profile has no Databricks workspace",
                hint: "vaultctl edit \(profile.name) --workspace URL")
        }
        if profile.isOfDatabricks, clients == .azure || needsStandIn {
            throw VaultError(
                .usage, "profile \(profile.name) is of Databricks' own, and its tokens are for Databricks alone",
                hint: "vaultctl exec \(profile.name) --env databricks -- COMMAND")
        }
    }
}
