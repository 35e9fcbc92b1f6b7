internal import Synchronization

/// The outlets as the settings have them now, whoever set them: read again only when rows of the vault have changed.
final class CurrentOutlets: Sendable {
    private let read: @Sendable () throws(VaultError) -> (settings: [Setting], generation: UInt64)?
    private let known = Mutex<(outlets: Outlets, generation: UInt64)?>(nil)

    /// - Parameter records: not kept alive by this: what waits for somebody outside must not keep the keys.
    init(_ records: Records) {
        read = { [weak records] () throws(VaultError) in
            try records?.read { (snapshot) throws(VaultError) in (try snapshot.settings(), snapshot.generation) }
        }
    }

    /// - Parameter generation: of the rows for which they are wanted; nil: as they are when this is called.
    /// - Returns: nil once the vault is locked.
    /// - Throws: what reading the settings throws.
    func outlets(for generation: UInt64? = nil) throws(VaultError) -> Outlets? {
        if let generation, let known = known.withLock({ $0 }), known.generation >= generation { return known.outlets }
        guard let found = try read() else { return nil }
        let outlets = Outlets(found.settings)
        known.withLock { $0 = (outlets, found.generation) }
        return outlets
    }
}
