internal import FoundationEssentials

extension Rotation {
    /// Whether the old credential is kept at that time.
    func keepsOld(at time: Date) -> Bool {
        state == .promoted && graceUntil.map { time < $0 } ?? true
    }
}

extension WriteTransaction {
    /// Forgets the old credentials of a profile whose grace is over.
    mutating func retireRotations(of profile: Profile, _ environment: VaultEnvironment) throws(VaultError) {
        let now = environment.now()
        // What was made here, or is to be removed at the provider, takes calls, which are for whoever goes on with the rotation.
        let due = try snapshot.rotations(of: profile.id).filter {
            $0.rotation.state == .promoted && !$0.rotation.keepsOld(at: now) && $0.rotation.removing.isEmpty
                && !$0.rotation.isMadeHere
        }
        for stored in due {
            try delete(stored.row, in: .rotation)
            var event = AuditEvent(environment, .rotate, .ok, profile)
            event.detail = AuditEvent.graceIsOver
            event.keyID = stored.rotation.oldKeyID
            try append(event)
        }
    }
}
