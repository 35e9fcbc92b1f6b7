import ArgumentParser
import Vault

struct Rotate: Verb {
    static let configuration = CommandConfiguration(
        commandName: "rotate",
        abstract: "Replace a profile's secret by one made elsewhere.",
        discussion: """
            The new secret is tried before it replaces the old one, which is kept for the time of grace. With no \
            source given the new secret is asked for.

            EXAMPLES
              vaultctl rotate ci
              vaultctl rotate ci --secret-stdin --grace 7d < new-secret
              vaultctl rotate signer --certificate new.pem
            """)

    @Argument(help: ArgumentHelp("The profile.", valueName: "name"), transform: ProfileName.typed)
    var name: ProfileName

    @Option(help: ArgumentHelp("How long the old secret is kept.", valueName: "duration"))
    var grace = Period(seconds: 86400)

    @Option(help: ArgumentHelp("When the new secret expires, YYYY-MM-DD or RFC 3339.", valueName: "date"))
    var secretExpires: Moment?

    @OptionGroup var credential: CredentialOptions
    @OptionGroup var network: NetworkOptions
    @OptionGroup var unlock: UnlockOptions
    var global: GlobalOptions { unlock.global }

    func run() async throws {
        let output = try global.recordOutput()
        try SecretSource.refuseSharing(credential.sources + [unlock.claimedSource])
        try await unlock.withService(timeout: network.timeout.seconds) { service in
            // Nobody is to type a secret for a profile that does not exist.
            let kind = try await service.profile(named: name).credential.kind
            let (_, secret) = try credential.read(kind, prompt: "new client secret of \(name): ", unlock: unlock)
            let rotation = try await service.replaceSecret(
                of: name, with: secret.bytes.copy(), expiresAt: secretExpires?.date, grace: grace.seconds)
            try output.write(rotation.record(profile: name))
            global.console.note("the new \(kind.noun) of \(name) was accepted")
        }
    }
}

extension Rotation {
    fileprivate func record(profile: ProfileName) -> Record {
        Record(
            lines: [
                ("profile", .text(profile.description)), ("rotation", .text(id.description)),
                ("state", .text(state.rawValue)), ("started", .time(startedAt)), ("old secret kept", .time(graceUntil)),
                ("old key id", .text(oldKeyID)), ("new key id", .text(newKeyID)),
            ],
            json: { json in
                json.object { json in
                    json.field("graceUntil", graceUntil)
                    json.field("id", hexadecimal: id.bytes)
                    json.field("newKeyId", newKeyID)
                    json.field("oldKeyId", oldKeyID)
                    json.field("profile", profile.description)
                    json.field("startedAt", startedAt)
                    json.field("state", state.rawValue)
                }
            })
    }
}
