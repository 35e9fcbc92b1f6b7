package import Dispatch

/// What a vault tells outside its file while it is open.
///
/// Has no key: when a vault is locked this may go on until it is done, and the keys are gone meanwhile.
package final class VaultOutlets: Sendable {
    let current: CurrentOutlets
    private let counts = DeliveryCounts()
    private let copies: AuditCopies
    let anchors: OutsideAnchors

    init(_ records: Records) {
        current = CurrentOutlets(records)
        copies = AuditCopies(vaultID: records.keyring.vaultID, outlets: current, counts: counts)
        anchors = OutsideAnchors(counts: counts)
        records.onCommit { [copies] in copies.take($0) }
    }

    /// What became of all that was to go outside, by key.
    package var deliveries: [Delivery] {
        var deliveries = counts.all
        let lost = copies.lost
        for index in deliveries.indices
        where deliveries[index].key == .sinkFile || deliveries[index].key == .sinkJournal {
            deliveries[index].dropped += lost
        }
        return deliveries
    }

    /// Runs an errand in this process, in the background.
    package func run(_ errand: AnchorErrand) { anchors.run(errand) }

    /// Waits until all is where it should be, for so long at the most, and takes no more. Blocks its thread.
    package func finish(within patience: DispatchTimeInterval) {
        copies.finish(within: patience)
        anchors.finish(within: patience)
    }

    /// How long a process that has given its answer goes on for the sake of copies.
    package static let shortPatience = DispatchTimeInterval.milliseconds(500)
}
