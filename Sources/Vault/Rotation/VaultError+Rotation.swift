extension VaultError {
    static let profileIsGone = VaultError(
        .notFound, "the profile of the rotation is not in the vault any more", hint: "vaultctl rotation list")

    static func noRotation(_ name: String) -> VaultError {
        VaultError(.notFound, "there is no rotation \(name)", hint: "vaultctl rotation list")
    }

    static func hasUnfinishedRotation(_ rotation: Rotation) -> VaultError {
        VaultError(
            .tryAgain, "a rotation of the profile is unfinished: it is \(rotation.state.rawValue)",
            hint: rotation.state == .promoted
                ? "the old credential is still at the provider: vaultctl rotation finish \(rotation.id)"
                : "vaultctl rotation resume \(rotation.id), or rollback")
    }

    static func isBeingRotated(_ name: ProfileName) -> VaultError {
        VaultError(
            .tryAgain, "the credential of \(name) is being rotated by another process",
            hint: "wait for it, and see: vaultctl rotation list")
    }
}
