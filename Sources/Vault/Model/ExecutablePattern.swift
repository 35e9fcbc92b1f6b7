/// Names executables: a path, or the last part of one. A `*` stands for any characters but a slash.
public struct ExecutablePattern: Sendable, Hashable, CustomStringConvertible {
    public let description: String

    /// - Throws: code `usage` for a text that no path can match.
    public init(_ text: String) throws(VaultError) {
        guard !text.isEmpty, text.utf8.count <= 512, text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7f }),
            text.hasPrefix("/") || !text.contains("/")
        else {
            throw VaultError(
                .usage, "an executable is an absolute path, or the last part of one",
                hint: "for example /usr/bin/terraform, terraform or python3*")
        }
        description = text
    }

    public func matches(_ path: String) -> Bool {
        // What the kernel adds once the file is replaced, as by an upgrade.
        let path = path.hasSuffix(Self.deleted) ? path.dropLast(Self.deleted.count) : path[...]
        let isWhole = description.hasPrefix("/")
        let compared = isWhole ? path : path.split(separator: "/").last ?? ""
        return Self.matches(Array(compared.utf8)[...], Array(description.utf8)[...])
    }

    private static let deleted = " (deleted)"

    /// Goes back to the last `*` alone, so that no pattern takes longer than its length times that of the path.
    private static func matches(_ text: ArraySlice<UInt8>, _ pattern: ArraySlice<UInt8>) -> Bool {
        let (star, slash) = (UInt8(ascii: "*"), UInt8(ascii: "/"))
        var (rest, wanted) = (text, pattern)
        var retry: (text: ArraySlice<UInt8>, pattern: ArraySlice<UInt8>)?
        while true {
            if wanted.first == star {
                wanted = wanted.dropFirst()
                retry = (rest, wanted)
            } else if let byte = rest.first, byte == wanted.first {
                (rest, wanted) = (rest.dropFirst(), wanted.dropFirst())
            } else if rest.isEmpty, wanted.isEmpty {
                return true
            } else {
                guard let (from, after) = retry, let skipped = from.first, skipped != slash else { return false }
                (rest, wanted) = (from.dropFirst(), after)
                retry = (rest, wanted)
            }
        }
    }
}
