/// What a place outside has of the vault.
struct OutsideAnchor: Sendable {
    let place: SettingKey
    /// Signed with the vault's own key; nil when the place has none.
    let checkpoint: Result<Checkpoint?, VaultError>

    /// What the record is compared with; nil where that is nothing, which is a finding.
    func mark(_ findings: inout AuditFindings) -> AuditMark? {
        do throws(VaultError) {
            if let checkpoint = try checkpoint.get() {
                return AuditMark(size: checkpoint.size, root: checkpoint.root, source: .outside(place))
            }
            findings.add(.anchorMissing, .anchor, "\(place.rawValue) has nothing of this vault yet")
        } catch {
            // What is there and is not the vault's was put there; what cannot be asked may be away.
            findings.add(
                error.code == .damaged ? .anchorDamaged : .anchorUnreachable, .anchor,
                "\(place.rawValue): \(error.message)", hint: error.hint)
        }
        return nil
    }
}
