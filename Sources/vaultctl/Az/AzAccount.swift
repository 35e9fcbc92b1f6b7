import Vault

/// A profile as az tells of it: a subscription and who is logged in to it (wire reference, 3.2).
struct AzAccount {
    let profile: Profile

    /// - Throws: that nobody is logged in, for a profile that az could not know: one of Databricks' own has no tenant.
    init(_ profile: Profile) throws(AzFailure) {
        guard profile.destination.provider == .entra else {
            throw .notLoggedIn(
                "the profile \(profile.name) is of Databricks' own, and az has no tokens of that",
                hint: "vaultctl issue")
        }
        self.profile = profile
    }

    /// The subscription's id; that of the tenant where the profile has no subscription, as az has it.
    var id: String { profile.subscription ?? profile.tenant }

    /// The subscription's name. The vault does not know it unless somebody noted it in a tag, `subscription-name=Analytics`.
    /// Without the tag the id stands for it: that is true, is never empty, and is taken by `--subscription` as well as a name
    /// is; a name made up here might be another subscription's.
    var name: String {
        guard profile.subscription != nil else { return "N/A(tenant level account)" }
        return profile.tag("subscription-name") ?? id
    }

    /// Whether `--subscription` means this one.
    func isNamed(_ text: String) -> Bool {
        [id, name].contains { $0.lowercased().isSame(as: text.lowercased()) }
    }

    /// - Parameter listed: whether it is for `list`, which has another word for the cloud than `show`, and puts it last.
    func document(listed: Bool) -> AzValue {
        var members: [AzObject.Member] = [
            ("id", .text(id)), ("name", .text(name)), ("state", .text("Enabled")),
            ("user", .object(AzObject([("name", .text(profile.clientID)), ("type", .text("servicePrincipal"))]))),
            ("isDefault", .bool(true)), ("tenantId", .text(profile.tenant)),
        ]
        let cloud = AzValue.text(profile.destination.cloud.name)
        if !listed { members.append(("environmentName", cloud)) }
        if profile.subscription != nil {
            members += [("homeTenantId", .text(profile.tenant)), ("managedByTenants", .list([]))]
        }
        if listed { members.append(("cloudName", cloud)) }
        return .object(AzObject(members))
    }

    /// `account list` in a table, which az picks the columns of.
    var row: AzValue {
        .object(
            AzObject(
                [
                    ("Name", .text(name)), ("CloudName", .text(profile.destination.cloud.name)),
                    ("SubscriptionId", .text(id)), ("TenantId", .text(profile.tenant)), ("State", .text("Enabled")),
                    ("IsDefault", .bool(true)),
                ], isSelected: true))
    }
}

extension Profile {
    /// The value of a tag `key=value`.
    func tag(_ key: String) -> String? {
        tags.first { $0.key == key }?.value.flatMap { $0.isEmpty ? nil : $0 }
    }
}
