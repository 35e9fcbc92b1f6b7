internal import FoundationEssentials

/// What became of a call whose answer was lost.
extension Rotator {
    /// Looks whether a credential was made that nobody has told of.
    ///
    /// - Returns: nil when there is none, as far as can be known now; the rotation is over then.
    func find(_ rotation: Rotation) async throws(VaultError) -> Rotation? {
        let subject = try journal.subject(rotation)
        let registry = try self.registry(subject)
        let deadline = deadline(rotation.changedAt)
        let certificate = subject.new.bytes.isEmpty ? nil : try ClientCertificate(sealed: subject.new.bytes)
        var pause = 1.0
        while true {
            let listed: RegisteredCredentials
            do throws(VaultError) {
                listed = try await patiently(with: subject.profile.profile) { () async throws(VaultError) in
                    try await registry.list()
                }
            } catch {
                guard error.isMissingPrincipal else { throw error }
                // Nothing of it can be left.
                try await journal.noteNotMade(rotation, because: error)
                throw error
            }
            if let certificate {
                // Its key is here: nothing was lost.
                if listed.contains(certificate.thumbprint) {
                    return try await journal.noteMade(
                        rotation, keyID: certificate.thumbprint, expiresAt: certificate.expiresAt, secret: nil)
                }
            } else if let found = listed.credentials.first(where: { $0.name == rotation.marker }) {
                return try await journal.noteUnreadable(rotation, keyID: found.keyID)
            }
            // Lists lag behind: until all of the provider must know, not found means nothing.
            let left = deadline.timeIntervalSince(environment.now())
            let unexplained = listed.unexplained(by: rotation)
            if left <= 0 || !unexplained.isEmpty {
                try await endWithoutNames(rotation, unexplained)
                return nil
            }
            try await environment.pause(min(pause, left))
            pause = min(pause * 2, 30)
        }
    }

    /// Where credentials have no names, one that came up may be ours or somebody else's: it is told, and never removed unasked.
    private func endWithoutNames(_ rotation: Rotation, _ unexplained: [String]) async throws(VaultError) {
        if !unexplained.isEmpty {
            let ids = unexplained.joined(separator: ", ")
            report(.note("secret \(ids) came up, and its value is not known here: vaultctl rotation orphans"))
        }
        let lost = VaultError(.unavailable, "the answer of the provider was lost")
        try await journal.noteNotMade(rotation, because: lost, lost: unexplained)
    }
}

extension RegisteredCredentials {
    /// Of credentials without names, those that were not there before and are not the rotation's own.
    func unexplained(by rotation: Rotation) -> [String] {
        guard credentials.allSatisfy({ $0.name == nil && $0.hint == nil }) else { return [] }
        let known = Set(
            (rotation.knownKeyIDs + [rotation.newKeyID, rotation.oldKeyID].compactMap(\.self)).map { $0.lowercased() })
        return credentials.map(\.keyID).filter { !known.contains($0.lowercased()) }
    }
}

extension VaultError {
    /// Whether a provider said that the application, or the service principal, is not there.
    var isMissingPrincipal: Bool {
        code == .refused
            && ["Request_ResourceNotFound", "ResourceNotFound", "RESOURCE_DOES_NOT_EXIST"].contains(refusal?.error)
    }
}
