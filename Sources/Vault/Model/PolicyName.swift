/// The name of a policy; it keeps to the rules of a profile's name.
public struct PolicyName: Sendable, Hashable, Comparable, CustomStringConvertible {
    public let description: String

    /// - Throws: code `usage` that says which rule is broken.
    public init(_ text: String) throws(VaultError) {
        do throws(VaultError) {
            description = try ProfileName(text).description
        } catch {
            throw VaultError(
                .usage, "policy name not allowed: it breaks a rule of profile names",
                hint: "1 to 128 letters, digits and . _ - @ / that begin with a letter or digit, like prod-arm")
        }
    }

    /// A name as it is stored. Whatever it is: a policy that a newer program named must hold all the same.
    init(stored text: String) { description = text }

    public static func < (left: Self, right: Self) -> Bool { left.description < right.description }
}
