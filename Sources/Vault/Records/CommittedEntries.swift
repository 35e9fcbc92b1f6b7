/// What one transaction put onto the record, once it is durable.
struct CommittedEntries: Sendable {
    let first: UInt64
    /// Those that follow `first` without a gap.
    var events: [EncodedAuditEvent]
    /// All settings as they were before, where the transaction changed one.
    let settingsBefore: [Setting]?
    /// See ``Snapshot/generation``.
    var generation: UInt64
}
