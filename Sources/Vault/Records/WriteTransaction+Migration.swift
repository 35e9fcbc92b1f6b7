extension WriteTransaction {
    /// Brings the schema to this program's version, and makes what is derived from rows that are there already.
    ///
    /// - Parameter version: of the schema that is there.
    mutating func migrateSchema(from version: Int64) throws(VaultError) {
        try Schema.migrate(snapshot.store.connection, from: version)
        note(schemaHash: sha256(try Schema.check(snapshot.store.connection).schema))
        try rebuildDerived { _ in }
    }
}
