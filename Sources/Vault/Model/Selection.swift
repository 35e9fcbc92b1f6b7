/// Profiles that are meant together: those that are named, and those that have all of the labels and the text. It is looked
/// up each time, so that a profile which comes in later belongs to it as well.
public struct Selection: Sendable, Equatable {
    public var names: [ProfileName]
    public var tags: [Tag]
    /// Occurs in the name, an id, a label, the workspace or the description, whatever the case of its letters.
    public var search: String?

    /// Everything, as long as nothing is said.
    public init(names: [ProfileName] = [], tags: [Tag] = [], search: String? = nil) {
        self.names = names
        self.tags = tags
        self.search = search
    }

    /// Whether it says anything but names.
    private var isQuery: Bool { !tags.isEmpty || search != nil }

    public func contains(_ profile: Profile) -> Bool {
        if names.contains(profile.name) { return true }
        guard isQuery || names.isEmpty else { return false }
        return tags.allSatisfy { wanted in profile.tags.contains { $0.matches(wanted) } }
            && search.map { profile.mentions($0) } ?? true
    }
}

extension Selection {
    /// The same of a profile that has another name now, each name once; nil where it does not name that profile.
    func renaming(_ name: ProfileName, to newName: ProfileName) -> Selection? {
        guard names.contains(name) else { return nil }
        var renamed = self
        // The new one may be there from a profile that was removed.
        renamed.names = names.filter { $0 != newName }.map { $0 == name ? newName : $0 }
        return renamed
    }

    /// As it is stored: a word and its value on each line.
    public var text: String {
        let lines =
            names.map { "name \($0)" } + tags.map { "tag \($0)" } + [search.map { "search \($0)" }].compactMap(\.self)
        return lines.joined(separator: "\n")
    }

    /// - Throws: code `usage` for a text that is none.
    init(text: String) throws(VaultError) {
        self.init()
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            let parts = line.split(separator: " ", maxSplits: 1).map(String.init)
            switch (parts.first, parts.count) {
            case ("name", 2): names.append(try ProfileName(parts[1]))
            case ("tag", 2): tags.append(try Tag(parts[1]))
            case ("search", 2): search = parts[1]
            default: throw VaultError(.usage, "a selection has lines of name, tag and search alone")
            }
        }
    }
}

extension Setting {
    /// The selection that is stored here.
    ///
    /// - Throws: code `notUnderstood` where a newer program stored it.
    public func selection() throws(VaultError) -> Selection {
        try checkUnderstood()
        return try Selection(text: value)
    }
}

extension Profile {
    /// Whether a text occurs in anything that names or describes this profile.
    func mentions(_ text: String) -> Bool {
        let wanted = text.lowercased()
        let texts =
            [name.description, tenant, clientID, subscription, destination.workspace, destination.account?.id, about]
            .compactMap(\.self) + tags.map(\.description)
        return texts.contains { $0.lowercased().contains(wanted) }
    }
}
