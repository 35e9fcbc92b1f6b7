import FoundationEssentials
import Vault

/// A line of the board: a profile's credential, or one that was found beside it at the provider.
struct ExpiryRow {
    var profile: Profile
    var state: ExpiryState
    /// The provider's id of the credential, where it is known.
    var keyID: String?
    var expiresAt: Date?
    /// What else is to be known: what differs, what it is called at the provider, why that could not be asked.
    var detail: String?
    /// Nil for a credential that is not the profile's.
    var use: ProfileUse?
    /// One that is unfinished, or in its grace.
    var rotation: Rotation?
    /// Whether the end of its grace is past, and nobody has finished it yet.
    var isGraceOver = false
    /// What the provider said instead of a list.
    var error: VaultError?
    /// Whether that tells nothing of the credential.
    var isSilent = false
    /// Whether the vault has another date than the provider.
    var differs = false

    /// Whether nobody has told when it ends; what is broken already needs no end.
    var isOfUnknownEnd: Bool { use != nil && state == .unknown && expiresAt == nil }

    /// Whether it is shown where not all are wanted.
    func isShown(isLive: Bool) -> Bool {
        switch state {
        case .ok: differs
        case .unknown: isLive
        default: true
        }
    }

    /// What is broken already comes first, then what ends soonest; of whose end nothing is known comes last.
    static func isBefore(_ left: ExpiryRow, _ right: ExpiryRow) -> Bool {
        (left.moment, left.profile.name, left.keyID ?? "") < (right.moment, right.profile.name, right.keyID ?? "")
    }

    private var moment: Date {
        switch state {
        case .missing, .gone: .distantPast
        default: expiresAt ?? .distantFuture
        }
    }
}

extension ExpiryRow {
    /// How far the rotation is, in the words of a person.
    var rotationText: String? {
        guard let rotation else { return nil }
        guard rotation.state == .promoted else { return "unfinished: \(rotation.state.rawValue)" }
        return isGraceOver ? "grace over, to finish" : "in grace"
    }
}

extension ProfileUse.Recipient {
    /// `ada@desk python3`
    var text: String {
        let program = executable?.split(separator: "/").last.map { " \($0)" } ?? ""
        return "\(user)@\(host)\(program)"
    }
}
