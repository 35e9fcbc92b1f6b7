import ArgumentParser
import Vault

struct RotationShow: Verb {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show one rotation.",
        discussion: """
            EXAMPLE
              vaultctl rotation show ci
            """)

    @Argument(
        help: ArgumentHelp("The rotation's id, or its profile.", valueName: "rotation"), completion: .profiles,
        transform: RotationChoice.typed)
    var rotation: RotationChoice

    @OptionGroup var unlock: UnlockOptions
    var global: GlobalOptions { unlock.global }

    func run() async throws {
        let output = try global.recordOutput()
        try await unlock.withService { service in
            let found: Rotation?
            switch rotation {
            case .profile(let name): found = try await service.rotations(of: name).last
            case .id(let id): found = try await service.rotations(of: nil).first { $0.id == id }
            }
            guard let found else {
                throw VaultError(.notFound, "there is no rotation of \(rotation)", hint: "vaultctl rotation list")
            }
            let name = try await service.profiles(tags: []).first { $0.id == found.profile }?.name
            try output.write(found.record(profile: name))
        }
    }
}
