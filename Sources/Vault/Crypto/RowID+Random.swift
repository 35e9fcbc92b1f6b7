extension RowID {
    /// A fresh id.
    static func random() -> RowID {
        guard let id = RowID(Sodium.randomBytes(16)) else { preconditionFailure("16 bytes are an id") }
        return id
    }
}
