import ArgumentParser
import Vault

/// Whom a command is about: profiles by name, those of selections, or those with labels.
struct ChosenProfiles: ParsableArguments {
    @Argument(
        help: ArgumentHelp("Profiles, or @selections of them.", valueName: "name"), completion: .choices,
        transform: ProfileChoice.typed)
    var choices: [ProfileChoice] = []

    @Option(
        help: ArgumentHelp(
            "Profiles with this label; of the selections where some are named. Repeatable.", valueName: "tag"),
        transform: Tag.typed)
    var tag: [Tag] = []

    func validate() throws {
        guard tag.isEmpty || !choices.contains(where: { if case .profile = $0 { true } else { false } }) else {
            throw ValidationError("give profile names or --tag; a label narrows selections alone")
        }
    }

    var isGiven: Bool { !choices.isEmpty || !tag.isEmpty }

    /// The only profile, where one was named and nothing else.
    var sole: ProfileName? {
        if choices.count == 1, case .profile(let name) = choices[0] { name } else { nil }
    }

    /// Whom they mean, each once: in the order in which they were named, those of a selection by name; everybody where nothing
    /// was said.
    ///
    /// - Throws: code `notFound` for a profile or a selection that does not exist, and where something was said and nobody is
    ///   meant by it: who mistypes a label is not to be told that all is well.
    func profiles(_ service: any VaultService) async throws(VaultError) -> [Profile] {
        try await service.profiles(chosen: choices, tags: tag)
    }

    /// The same by name, each once; profiles that were named are not looked for, where what becomes of each is told one by
    /// one.
    func names(_ service: any VaultService) async throws(VaultError) -> [ProfileName] {
        let named = choices.compactMap { if case .profile(let name) = $0 { name } else { nil } }
        guard choices.isEmpty || named.count < choices.count else {
            var seen: Set<ProfileName> = []
            return named.filter { seen.insert($0).inserted }
        }
        return try await profiles(service).map(\.name)
    }
}

extension VaultService {
    /// See ``ChosenProfiles/profiles(_:)``.
    func profiles(chosen choices: [ProfileChoice], tags: [Tag]) async throws(VaultError) -> [Profile] {
        let chosen = try await profiles(matching: choices, tags: tags)
        guard !chosen.isEmpty || (choices.isEmpty && tags.isEmpty) else {
            throw .nobodyIsMeant(by: choices.map(\.description), tags: tags)
        }
        return chosen
    }

    /// The same for whoever looks for profiles: then nobody is an answer.
    func profiles(matching choices: [ProfileChoice], tags: [Tag]) async throws(VaultError) -> [Profile] {
        guard !choices.isEmpty else { return try await profiles(tags: tags) }
        // Without selections each is asked for by name: what is not there is an error of its own.
        let all =
            choices.allSatisfy { if case .profile = $0 { true } else { false } }
            ? [] : try await profiles(tags: tags)
        var seen: Set<RowID> = []
        var chosen: [Profile] = []
        for choice in choices {
            switch choice {
            case .profile(let name):
                let profile = try await profile(named: name)
                if seen.insert(profile.id).inserted { chosen.append(profile) }
            case .selection(let name):
                let selection = try await selection(named: name)
                chosen += all.filter { selection.contains($0) && seen.insert($0.id).inserted }
            }
        }
        return chosen
    }

    /// - Throws: code `notFound` when there is none of that name.
    func selection(named name: SelectionName) async throws(VaultError) -> Selection {
        guard let setting = try await settings().first(where: { $0.key == .selection(name) }) else {
            throw VaultError(.notFound, "there is no selection @\(name)", hint: "vaultctl selection list")
        }
        return try setting.selection()
    }
}

extension VaultError {
    /// - Parameter words: names and selections, as they are typed.
    static func nobodyIsMeant(by words: [String], tags: [Tag]) -> VaultError {
        VaultError(
            .notFound, "no profile is meant by \((words + tags.map { "--tag \($0)" }).joined(separator: " "))",
            hint: words.isEmpty ? "vaultctl list" : "vaultctl selection list")
    }
}
