extension VaultFile {
    /// Opens a file that something is to be taken from: it may lie anywhere, be anybody's and be open elsewhere, because
    /// what it holds proves itself.
    ///
    /// - Throws: codes `notFound`, `damaged` for what is no vault, `notUnderstood` for one of a newer format.
    func openSource() throws(VaultError) -> SQLiteConnection {
        guard let status = try FileStatus(of: path) else {
            throw VaultError(.notFound, "there is no file at \(path)")
        }
        guard status.isRegularFile else { throw VaultError(.damaged, "\(path) is not a vault: it is no regular file") }
        let connection = try SQLiteConnection(path: path, access: .readWrite)
        do throws(VaultError) {
            _ = try Schema.check(connection)
        } catch {
            guard error.code == .damaged else { throw error }
            throw VaultError(.damaged, "\(path) cannot be used: \(error.message)")
        }
        return connection
    }

    /// Whether both are the same file, whatever they are called.
    func isSame(as other: VaultFile) throws(VaultError) -> Bool {
        guard let mine = try FileStatus(of: path), let others = try FileStatus(of: other.path) else { return false }
        return mine.identity == others.identity
    }
}
