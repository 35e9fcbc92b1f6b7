package import Vault

/// What lies beside `service_principal_entries.json` and says more of its entries: `azureProfile.json` names subscriptions
/// and clouds, `clouds.config` describes clouds of one's own, `config` says which of them az uses.
package struct AzFolder: Sendable {
    /// The names of the files, as in ``init(profile:clouds:config:path:)``.
    package static let names = (profile: "azureProfile.json", clouds: "clouds.config", config: "config")

    private struct Subscription: Sendable {
        var id: String
        var name: String
        var tenant: String?
        var cloud: String?
        var isDefault: Bool
    }

    /// By client id, lower case.
    private var subscriptions: [String: [Subscription]] = [:]
    private var clouds: [String: Cloud] = [:]
    private var cloudInUse: String?

    /// - Parameters:
    ///   - profile: the files; nil where there is none.
    ///   - path: of the folder, for errors.
    /// - Throws: code `notUnderstood`: whose cloud is not known must not be sent anywhere.
    package init(
        profile: SharedSecret?, clouds: SharedSecret?, config: SharedSecret?, path: String
    ) throws(VaultError) {
        if let profile {
            subscriptions = try profile.bytes.withBytes { (bytes) throws(VaultError) in
                try Self.subscriptions(bytes, path: path + "/" + Self.names.profile)
            }
        }
        if let clouds {
            self.clouds = try clouds.bytes.withBytes { (bytes) throws(VaultError) in
                try Self.clouds(bytes, path: path + "/" + Self.names.clouds)
            }
        }
        if let config {
            cloudInUse = try config.bytes.withBytes { (bytes) throws(VaultError) in
                let sections = try INIReader.sections(bytes, path: path + "/" + Self.names.config)
                return sections.first { $0.name == "cloud" }?.values["name"].flatMap { try? $0.text(in: bytes) }
            }
        }
    }

    /// Gives the credentials of `reading` their names, subscriptions and clouds.
    package func complete(_ reading: inout FileReading) {
        for index in reading.credentials.indices {
            var found = reading.credentials[index]
            let chosen = subscription(of: found.clientID, tenant: found.tenant)
            if let cloud = chosen?.cloud ?? cloudInUse { found.destination.cloud = self.cloud(named: cloud) }
            // An account without subscriptions stands there with its tenant's id.
            if let chosen, chosen.id != found.tenant?.lowercased() {
                found.subscription = found.subscription ?? chosen.id
                found.name = found.name ?? Self.slug(chosen.name)
            }
            reading.credentials[index] = found
        }
        for index in reading.problems.indices {
            guard let emptied = reading.problems[index].emptied,
                let cloud = subscription(of: emptied.clientID, tenant: emptied.tenant)?.cloud ?? cloudInUse
            else { continue }
            reading.problems[index].emptied?.destination.cloud = self.cloud(named: cloud)
        }
    }

    private func subscription(of clientID: String, tenant: String?) -> Subscription? {
        let tenant = tenant?.lowercased()
        let mine = (subscriptions[clientID.lowercased()] ?? []).filter { subscription in
            subscription.tenant == nil || tenant == nil || subscription.tenant == tenant
        }
        return mine.first(where: \.isDefault) ?? mine.first
    }

    private func cloud(named name: String) -> Cloud {
        Cloud.named(name) ?? clouds[name.lowercased()] ?? Cloud(unknown: name, authority: "")
    }

    private static func subscriptions(
        _ bytes: RawSpan, path: String
    ) throws(VaultError) -> [String: [Subscription]] {
        let document = try JSONReader.document(bytes, path: path)
        var found: [String: [Subscription]] = [:]
        for entry in document["subscriptions"]?.elements ?? [] {
            func text(_ key: String, of node: Node? = nil) -> String? {
                (node ?? entry).string(key).flatMap { try? $0.text(in: bytes) }
            }
            guard let user = entry["user"], text("type", of: user) == "servicePrincipal",
                let client = text("name", of: user)?.lowercased(), let id = text("id")
            else { continue }
            found[client, default: []].append(
                Subscription(
                    id: id.lowercased(), name: text("name") ?? id, tenant: text("tenantId")?.lowercased(),
                    cloud: text("environmentName"), isDefault: entry.isTrue("isDefault", in: bytes)))
        }
        return found
    }

    private static func clouds(_ bytes: RawSpan, path: String) throws(VaultError) -> [String: Cloud] {
        var clouds: [String: Cloud] = [:]
        for section in try INIReader.sections(bytes, path: path) {
            func address(_ key: String) -> String {
                section.values[key].flatMap { try? $0.text(in: bytes).withoutSlash } ?? ""
            }
            // What a section leaves out stays empty, and nothing is sent there.
            clouds[section.name.lowercased()] = Cloud(
                name: section.name, authority: address("endpoint_active_directory"),
                graph: address("endpoint_microsoft_graph_resource_id"), arm: address("endpoint_resource_manager"))
        }
        return clouds
    }

    /// Letters, digits and hyphens: `Visual Studio – Prod` becomes `visual-studio-prod`.
    private static func slug(_ name: String) -> String? {
        let words = name.lowercased().split { !($0.isASCII && ($0.isLetter || $0.isNumber)) }
        return words.isEmpty ? nil : words.joined(separator: "-")
    }
}
