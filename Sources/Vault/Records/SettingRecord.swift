internal import FoundationEssentials
internal import SwiftProtobuf
package import VaultProtos

/// A setting with the row that it was read from.
private struct StoredSetting {
    var sealed: SealedSetting
    let row: SealedRow
    let version: UInt64
}

extension Snapshot {
    /// All settings by key. Keys of a newer program, which this one does not know, are left out; a value may be one that it
    /// does not know (``Setting/isUnderstood``), so that it can be replaced.
    func settings() throws(VaultError) -> [Setting] {
        // Most vaults have none, and who asks is mostly a process that has other things to do.
        guard state.rows[.setting, default: 0] > 0 else { return [] }
        var settings: [Setting] = []
        try store.forEach(in: .setting) { (row) throws(VaultError) in
            guard let setting = Setting(try setting(row).sealed) else { return }
            settings.append(setting)
        }
        return settings.sorted { $0.key.rawValue < $1.key.rawValue }
    }

    fileprivate func setting(_ key: SettingKey) throws(VaultError) -> StoredSetting? {
        guard let row = try store.rows(in: .setting, tag: .setting(key.rawValue, keyring)).first else { return nil }
        let stored = try setting(row)
        guard stored.sealed.key == key.rawValue else {
            throw .damaged("setting row \(row.id.hexadecimal): it has another key")
        }
        return stored
    }

    private func setting(_ row: SealedRow) throws(VaultError) -> StoredSetting {
        let (sealed, version) = try keyring.open(SealedSetting.self, row.meta, at: Self.settingPlace(row.id))
        guard constantTimeEqual(row.tag, RowTag.setting(sealed.key, keyring).bytes) else {
            throw .damaged("setting row \(row.id.hexadecimal): its tag is not that of its key")
        }
        return StoredSetting(sealed: sealed, row: row, version: version)
    }

    fileprivate static func settingPlace(_ id: [UInt8]) -> SealedPlace {
        SealedPlace(table: .setting, column: .meta, rowID: id)
    }
}

extension WriteTransaction {
    /// - Parameter setting: its value was checked.
    mutating func set(_ setting: Setting) throws(VaultError) {
        try noteSettings()
        let stored = try snapshot.setting(setting.key)
        let version = (stored?.version ?? 0) + 1
        let id = stored?.row.id ?? RowID.random().bytes
        let meta = try snapshot.keyring.seal(
            SealedSetting(setting), at: Snapshot.settingPlace(id), version: version)
        let tag = RowTag.setting(setting.key.rawValue, snapshot.keyring).bytes
        let row = SealedRow(id: id, tag: tag, meta: meta)
        if let stored {
            try replace(stored.row, by: row, in: .setting)
        } else {
            try insert(row, in: .setting)
        }
    }

    /// Has selections that name a profile name it as it is called from now on.
    ///
    /// - Returns: those that were changed.
    /// - Throws: code `notUnderstood` for a selection of a newer program, which may name it; `usage` where one becomes too
    ///   long by it.
    mutating func renameInSelections(
        _ name: ProfileName, to newName: ProfileName, at time: Date
    ) throws(VaultError) -> [Setting] {
        var changed: [Setting] = []
        for stored in try snapshot.settings() {
            guard case .selection = stored.key,
                let selection = try stored.selection().renaming(name, to: newName)
            else { continue }
            let setting = Setting(key: stored.key, value: selection.text, changedAt: time)
            try setting.key.check(setting.value)
            try set(setting)
            changed.append(setting)
        }
        return changed
    }

    /// - Returns: false when it was not set.
    mutating func unset(_ key: SettingKey) throws(VaultError) -> Bool {
        guard let stored = try snapshot.setting(key) else { return false }
        try noteSettings()
        try delete(stored.row, in: .setting)
        return true
    }
}

extension Setting {
    /// - Returns: nil for a key that this program does not know.
    package init?(_ sealed: SealedSetting) {
        guard let key = SettingKey(rawValue: sealed.key) else { return nil }
        var changed = Date(milliseconds: sealed.changed)
        // One without a date must hold all the same.
        if case .policy = key { changed = changed ?? .distantPast }
        guard let changed else { return nil }
        self.init(key: key, value: sealed.value, changedAt: changed)
    }
}

extension SealedSetting {
    package init(_ setting: Setting) {
        self.init()
        key = setting.key.rawValue
        value = setting.value
        changed = setting.changedAt.milliseconds
    }
}
