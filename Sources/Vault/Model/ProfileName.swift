/// The name of a profile: 1 to 128 characters of `A-Z a-z 0-9 . _ - @ /`, the first a letter or digit, without an empty
/// part and without `.` or `..` between slashes. Case matters.
public struct ProfileName: Sendable, Hashable, Comparable, CustomStringConvertible {
    public let description: String

    /// - Throws: ``VaultError`` of code `usage` when `text` breaks a rule; the message says which.
    public init(_ text: String) throws(VaultError) {
        func refuse(_ why: String) -> VaultError {
            VaultError(
                .usage, "profile name not allowed: \(why)",
                hint: "1 to 128 letters, digits and . _ - @ / that begin with a letter or digit, like team/ci-deploy")
        }
        let bytes = text.utf8
        guard let first = bytes.first else { throw refuse("it is empty") }
        guard bytes.count <= 128 else { throw refuse("it is longer than 128 characters") }
        guard Self.isAlphanumeric(first) else { throw refuse("it does not begin with a letter or digit") }
        guard bytes.allSatisfy({ Self.isAlphanumeric($0) || Self.isPunctuation($0) }) else {
            throw refuse("it has a character other than letters, digits and . _ - @ /")
        }
        for part in bytes.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false) {
            guard !part.isEmpty else { throw refuse("a part between slashes is empty") }
            guard part.count > 2 || part.contains(where: { $0 != UInt8(ascii: ".") }) else {
                throw refuse("a part between slashes is one dot or two")
            }
        }
        description = text
    }

    public static func < (left: Self, right: Self) -> Bool {
        // ASCII alone, so that the order of strings is that of bytes.
        left.description < right.description
    }

    private static func isPunctuation(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "@"), UInt8(ascii: "/"): true
        default: false
        }
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }
}
