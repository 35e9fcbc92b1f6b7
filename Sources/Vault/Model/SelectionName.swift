/// The name of a selection, written `@name` where profiles are named; it keeps to the rules of a profile's name.
public struct SelectionName: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// Without the `@`.
    public let description: String

    /// - Parameter text: with or without the `@`.
    /// - Throws: code `usage` that says which rule is broken.
    public init(_ text: String) throws(VaultError) {
        let name = text.hasPrefix("@") ? String(text.dropFirst()) : text
        do throws(VaultError) {
            description = try ProfileName(name).description
        } catch {
            throw VaultError(
                .usage, "selection name not allowed: it breaks a rule of profile names",
                hint: "1 to 128 letters, digits and . _ - @ / that begin with a letter or digit, like @prod-eu")
        }
    }

    /// A name that was checked when it was stored; nil for one that was not.
    init?(known text: String) {
        guard let name = try? ProfileName(text) else { return nil }
        description = name.description
    }

    public static func < (left: Self, right: Self) -> Bool { left.description < right.description }
}
