/// How a credential stands.
enum ExpiryState: String, CaseIterable {
    /// Its end is past.
    case expired
    /// It ends within the time that was asked about.
    case due
    /// The provider has it no more, or refuses it: somebody removed it.
    case missing
    /// The provider has the application, or the service principal, no more.
    case gone
    /// It ends later, or never.
    case ok
    /// Nobody knows when it ends, or the provider could not be asked.
    case unknown
    /// At the provider, made by a vault, and nobody has the secret.
    case orphan
    /// At the provider, and somebody else's, or one whose id this vault was never told.
    case foreign
}

extension ExpiryState {
    /// Whether something has to be done: what makes `expiring` end with 1.
    var isDue: Bool {
        switch self {
        case .expired, .due, .missing, .gone: true
        case .ok, .unknown, .orphan, .foreign: false
        }
    }

    var tone: Tone? {
        switch self {
        case .expired, .missing, .gone: .bad
        case .due, .unknown, .orphan: .doubtful
        case .ok: .good
        case .foreign: nil
        }
    }
}
