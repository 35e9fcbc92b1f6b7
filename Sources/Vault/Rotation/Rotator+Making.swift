internal import FoundationEssentials

/// The one call that is never sent again unless it is certain that it did nothing.
extension Rotator {
    /// Has the provider make the credential of a rotation that was just planned. The caller has taken the job for it, which is
    /// given back here.
    ///
    /// - Returns: the rotation with its credential, or as it is when it is not known whether there is one.
    /// - Throws: when it is certain that there is none, and the rotation is over; or when it could not be stored.
    func make(
        _ new: NewCredential, of planned: Rotation, at registry: any CredentialRegistry, tenant: String
    ) async throws(VaultError) -> Rotation {
        var rotation = planned
        var attempt = 0
        while true {
            switch await made(new, of: rotation, at: registry) {
            case .stored(let rotation): return rotation
            case .unknown: return rotation
            case .lost(let error): throw error
            case .notMade(let error):
                guard error.isTransient, let pause = pause(after: error, attempt: attempt) else {
                    try await journal.noteNotMade(rotation, because: error)
                    throw error
                }
                if error.retryAfter != nil { await pace.close(tenant, for: pause) }
                try await environment.pause(pause)
                attempt += 1
                // Looked for from then on, should the answer be lost.
                rotation = try await journal.noteAsking(rotation, after: error)
                try await pace.begin(tenant)
            }
        }
    }

    private enum Outcome: Sendable {
        case stored(Rotation)
        case notMade(VaultError)
        case unknown
        /// It was made, and is not stored.
        case lost(VaultError)
    }

    /// Asks, and stores what comes. Whoever gives up waiting does not keep the answer from being stored: nobody gets it twice.
    private func made(
        _ new: NewCredential, of rotation: Rotation, at registry: any CredentialRegistry
    ) async -> Outcome {
        await Task {
            do throws(VaultError) {
                // Read before the secret is there: if the disk fails then, this may not be read any more.
                let armourer = try journal.armourer(rotation)
                let made: MadeCredential
                do throws(RegistryError) {
                    made = try await registry.add(new)
                } catch {
                    await pace.end()
                    return error.isWithoutEffect ? .notMade(error.error) : .unknown
                }
                await pace.end()
                return await store(made, of: rotation, asked: new, armourer)
            } catch {
                await pace.end()
                return .notMade(error)
            }
        }.value
    }

    /// The provider shows the secret once: it must be stored now, or at least be told where it can be kept.
    private func store(
        _ made: consuming MadeCredential, of rotation: Rotation, asked new: NewCredential, _ armourer: RotationArmourer
    ) async -> Outcome {
        let keyID = made.keyID
        // One without a date would never be due.
        let expiresAt = made.expiresAt ?? new.expiresAt
        var secret: SharedSecret?
        if let bytes = made.takeSecret() { secret = SharedSecret(bytes) }
        do throws(VaultError) {
            return .stored(try await journal.noteMade(rotation, keyID: keyID, expiresAt: expiresAt, secret: secret))
        } catch {
            // There was room set aside for this.
            reserve.release()
        }
        do throws(VaultError) {
            return .stored(try await journal.noteMade(rotation, keyID: keyID, expiresAt: expiresAt, secret: secret))
        } catch {
            do throws(VaultError) {
                report(.armour(try armourer.armour(keyID: keyID, expiresAt: expiresAt, secret: secret)))
            } catch let second {
                return .lost(second)
            }
            return .lost(
                VaultError(
                    error.code, "the new credential was made, and could not be stored: \(error.message)",
                    hint:
                        "keep the sealed block above; make room, then: vaultctl rotation recover, before anything else")
            )
        }
    }
}
