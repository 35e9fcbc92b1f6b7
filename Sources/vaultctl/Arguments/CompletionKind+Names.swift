import ArgumentParser

/// What shells complete names with: a question to the agent, by ``KnownNames``.
extension CompletionKind {
    static var profiles: CompletionKind { names(.profiles) }
    /// Profiles and, with their @, selections.
    static var choices: CompletionKind { names(.choices) }
    static var selections: CompletionKind { names(.selections) }

    private static func names(_ kind: KnownNames.Kind) -> CompletionKind {
        .shellCommand("vaultctl known-names \(kind.rawValue)")
    }
}
