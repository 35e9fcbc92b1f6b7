import ArgumentParser
import Vault

struct RotationVerb: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotation",
        abstract: "See to rotations that are under way.",
        discussion: """
            EXAMPLES
              vaultctl rotation list
              vaultctl rotation resume --all
              vaultctl rotation rollback ci
            """,
        subcommands: [
            RotationList.self, RotationShow.self, RotationResume.self, RotationFinish.self, RotationRollback.self,
            RotationOrphans.self, RotationRecover.self,
        ])
}

extension RotationChoice {
    /// A rotation's id, or its profile's name, for `@Argument(transform:)`.
    static func typed(_ text: String) throws -> RotationChoice {
        if text.utf8.count == 32, text.allSatisfy({ $0.isHexDigit }) {
            let digits = text.compactMap(\.hexDigitValue)
            let bytes = stride(from: 0, to: 32, by: 2).map { UInt8(digits[$0] * 16 + digits[$0 + 1]) }
            if let id = RowID(bytes) { return .id(id) }
        }
        return .profile(try ProfileName.typed(text))
    }
}
