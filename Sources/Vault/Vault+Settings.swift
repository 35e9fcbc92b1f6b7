/// Settings: read by whoever may use the vault, changed by whoever has just shown that it is theirs.
extension Vault {
    public func settings() async throws(VaultError) -> [Setting] {
        try records.read { (snapshot) throws(VaultError) in try snapshot.settings() }
    }

    /// Sets something from now on, on the record.
    ///
    /// - Throws: code `usage` for a value that it cannot have.
    public func set(_ key: SettingKey, to value: String) throws(VaultError) -> Setting {
        try key.check(value)
        if key == .sinkFile {
            try LineFile.check(value, besides: file, stateDirectory: environment.stateDirectory)
        }
        return try records.write { (transaction) throws(VaultError) in
            let setting = Setting(key: key, value: value, changedAt: environment.now())
            try transaction.set(setting)
            var event = AuditEvent(environment, .config, .ok)
            event.detail = setting.assignment
            try transaction.append(event)
            return setting
        }
    }

    /// - Throws: code `notFound` when it is not set.
    public func unset(_ key: SettingKey) throws(VaultError) {
        try records.write { (transaction) throws(VaultError) in
            guard try transaction.unset(key) else {
                throw VaultError(.notFound, "\(key.rawValue) is not set", hint: "vaultctl config list")
            }
            var event = AuditEvent(environment, .config, .ok)
            event.detail = "\(key.rawValue) unset"
            try transaction.append(event)
        }
    }
}
