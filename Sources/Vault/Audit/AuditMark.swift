/// A size at which somebody has seen the tree before, and what it was then.
struct AuditMark: Sendable {
    var size: UInt64
    var root: [UInt8]
    var source: Source

    enum Source: Sendable, Equatable {
        case anchor
        /// A checkpoint in the file.
        case stored
        /// A checkpoint that was kept elsewhere.
        case given
        /// What a place outside that is set has.
        case outside(SettingKey)
    }

    /// What it means that the record does not come by here with this root.
    var mismatch: AuditFinding {
        switch source {
        case .anchor:
            AuditFinding(
                .forked, .anchor,
                "the audit does not continue the \(size) entries that this machine has seen",
                hint: "it was written on two machines, or restored and written; "
                    + "to go on with this file: vaultctl audit anchor accept --reason TEXT")
        case .given:
            AuditFinding(
                .forked, .checkpoint(size),
                "the audit does not continue the checkpoint of \(size) entries that was given",
                hint: "the record was rewritten, or the vault was written on two machines")
        case .outside(let place):
            AuditFinding(
                .forked, .anchor, "the audit does not continue the \(size) entries that \(place.rawValue) has seen",
                hint: "the record was rewritten, or the vault was written on two machines")
        case .stored:
            AuditFinding(
                .wrongCheckpoint, .checkpoint(size),
                "the checkpoint of \(size) entries has another root than the entries have")
        }
    }

    /// What it means that the record is shorter than this.
    ///
    /// - Parameter entries: how many there are.
    func missing(_ entries: UInt64) -> AuditFinding {
        switch source {
        case .anchor:
            AuditFinding(
                .rolledBack, .anchor,
                "the vault was rolled back: this machine has seen \(size) entries, the file has \(entries)",
                hint: "if you restored it yourself: vaultctl audit anchor accept --reason TEXT")
        case .given:
            AuditFinding(
                .rolledBack, .checkpoint(size),
                "the vault was rolled back: the checkpoint that was given has \(size) entries, the file has \(entries)")
        case .outside(let place):
            AuditFinding(
                .rolledBack, .anchor,
                "the vault was rolled back: \(place.rawValue) has seen \(size) entries, the file has \(entries)")
        case .stored:
            AuditFinding(
                .rolledBack, .checkpoint(size),
                "a checkpoint in the file has \(size) entries, of which \(entries) are there")
        }
    }
}
