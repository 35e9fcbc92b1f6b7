/// Key slots as rows. They are not sealed, but the set hash covers them.
extension KeySlot {
    var row: SealedRow { SealedRow(id: UInt32(summary.slot).littleEndianBytes, meta: blob) }
}

extension Snapshot {
    func keySlot(_ number: Int) throws(VaultError) -> SealedRow? {
        for (slot, blob) in try store.keySlots() where slot == number {
            return SealedRow(id: UInt32(number).littleEndianBytes, meta: blob)
        }
        return nil
    }
}

extension WriteTransaction {
    mutating func insert(_ slot: KeySlot) throws(VaultError) {
        try insert(slot.row, in: .keyslot)
    }

    /// Writes the keyring of a new vault.
    mutating func insertKeyring(_ row: SealedRow) throws(VaultError) {
        try insert(row, in: .keyring)
    }
}
