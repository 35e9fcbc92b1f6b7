extension Destination {
    /// Checks that a credential may be sent there, whoever says so.
    ///
    /// - Throws: code `usage` for what is no https address, and for a known cloud's name with other addresses than its own.
    func check() throws(VaultError) {
        for address in [cloud.authority, cloud.graph, cloud.arm, workspace].compactMap(\.self) {
            guard Endpoint(address) != nil else {
                throw VaultError(.usage, "an address of the destination is not one that can be asked over https")
            }
        }
        guard Cloud.named(cloud.name).map({ $0 == cloud }) ?? true else {
            throw VaultError(
                .usage, "\(cloud.name) has addresses of its own", hint: "choose another name for your cloud")
        }
    }
}
