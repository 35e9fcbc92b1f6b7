internal import SwiftProtobuf

/// Messages in and out of sealed columns.
extension Keyring {
    func seal(_ message: some Message, at place: SealedPlace, version: UInt64) throws(VaultError) -> [UInt8] {
        let bytes: [UInt8]
        do {
            bytes = try message.serializedBytes()
        } catch {
            throw VaultError(.internalError, "a message of \(place.table) cannot be encoded")
        }
        return try bytes.withRawSpan { (bytes) throws(VaultError) in try seal(bytes, at: place, version: version) }
    }

    /// - Throws: code `damaged` when the column does not open, or is no such message.
    func open<M: Message>(
        _ type: M.Type, _ column: [UInt8], at place: SealedPlace
    ) throws(VaultError) -> (message: M, version: UInt64) {
        guard let opened = openMeta(column, at: place) else { throw .doesNotOpen(place) }
        do {
            return (try M(serializedBytes: opened.plaintext), opened.header.version)
        } catch {
            throw .damaged("\(place.table) row \(place.rowID.hexadecimal): its content is not understood")
        }
    }

    /// - Parameter version: what the row's meta column says; both are written together.
    /// - Throws: code `damaged` when the column does not open, or is of another version than its row.
    func openSecret(_ column: [UInt8], at place: SealedPlace, version: UInt64) throws(VaultError) -> SecretBytes {
        guard let opened = openSecret(column, at: place) else { throw .doesNotOpen(place) }
        guard opened.header.version == version else {
            throw .damaged("\(place.table) row \(place.rowID.hexadecimal): its columns are of different age")
        }
        return opened.takeBytes()
    }
}

extension VaultError {
    static func doesNotOpen(_ place: SealedPlace) -> VaultError {
        .damaged("\(place.table) row \(place.rowID.hexadecimal) does not open")
    }
}
