private import CLinux
private import Glibc
internal import Vault

/// What a file has besides its content and mode (xattr(7)): among it the access list, without which the same mode may let
/// other people in.
enum FileAttributes {
    private static let longest = 64 << 10

    /// Gives one file what another one has. Labels that the system puts on new files itself are left to it.
    ///
    /// - Throws: code `locked` when one cannot be read or given: the new file would not be like the old one.
    static func copy(from old: Int32, to new: Int32, path: String) throws(VaultError) {
        func refuse() -> VaultError {
            OriginalFile.refused(.locked, path, "its attributes cannot be copied: \(systemMessage(errno))")
        }
        guard let wanted = try names(of: old, refuse) else { return }
        // A folder may give its new files an access list, and let people in who could not read the old one.
        for name in try names(of: new, refuse) ?? [] where !wanted.contains(name) {
            guard unsafe fremovexattr(new, name) == 0 else { throw refuse() }
        }
        for text in wanted {
            var value = [UInt8](repeating: 0, count: longest)
            let size = unsafe fgetxattr(old, text, &value, value.count)
            guard size >= 0 else { throw refuse() }
            guard unsafe fsetxattr(new, text, value, size, 0) == 0 else { throw refuse() }
        }
    }

    /// - Returns: nil where the file system has none.
    private static func names(of file: Int32, _ refuse: () -> VaultError) throws(VaultError) -> [String]? {
        var names = [CChar](repeating: 0, count: longest)
        let length = unsafe flistxattr(file, &names, names.count)
        guard length >= 0 else {
            if errno == EOPNOTSUPP || errno == ENOSYS { return nil }
            throw refuse()
        }
        return names[..<length].split(separator: 0)
            .map { String(decoding: $0.map { UInt8(bitPattern: $0) }, as: UTF8.self) }
            .filter { !$0.hasPrefix("security.") && !$0.hasPrefix("trusted.") }
    }
}
