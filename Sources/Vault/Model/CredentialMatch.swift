/// Which of the credentials that a provider lists is the one that a profile uses.
public enum CredentialMatch: Sendable, Equatable {
    /// The one of that id.
    case found(keyID: String)
    /// None of them: somebody removed it, so that it is refused, or will be soon.
    case missing
    /// One of these; the provider tells too little to say which.
    case ambiguous(keyIDs: [String])
}

extension CredentialMatch {
    /// - Parameters:
    ///   - credential: what the profile knows of its own.
    ///   - start: how its secret begins, as far as the provider tells that of each; nil where it does not.
    ///   - isNew: whether it was made so lately that the list may not have it yet.
    init(_ credential: Credential, start: String?, isNew: Bool, in entries: [RotationPlan.Entry]) {
        if let keyID = credential.keyID {
            let isThere =
                isNew || entries.contains { $0.credential.keyID.lowercased() == keyID.lowercased() }
            self = isThere ? .found(keyID: keyID) : .missing
            return
        }
        // What rotations made is known by its id, and what is nobody's is not ours.
        let possible = entries.filter { entry in
            guard entry.standing == .foreign || entry.standing == .current else { return false }
            guard let start, let hint = entry.credential.hint else { return true }
            return hint == start
        }
        switch possible.count {
        case 0: self = .missing
        case 1: self = .found(keyID: possible[0].credential.keyID)
        default: self = .ambiguous(keyIDs: possible.map(\.credential.keyID))
        }
    }
}
