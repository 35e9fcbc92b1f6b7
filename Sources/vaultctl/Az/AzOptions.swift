/// An option of an az command.
struct AzOption {
    enum Kind {
        case flag
        case value
        /// As many words as follow.
        case values
    }

    /// All spellings; messages name them in this order.
    let names: [String]
    let kind: Kind
    /// What may be given, whatever the case; nil for anything.
    let choices: [String]?

    init(_ names: String..., kind: Kind = .value, choices: [String]? = nil) {
        self.names = names
        self.kind = kind
        self.choices = choices
    }

    /// What every command takes, in the order in which az declares them.
    static let global = [
        AzOption("--help", "-h", kind: .flag), AzOption("--verbose", kind: .flag),
        AzOption("--debug", kind: .flag), AzOption("--only-show-errors", kind: .flag),
        AzOption("--output", "-o", choices: AzFormat.allCases.map(\.rawValue)), AzOption("--query"),
    ]
}

/// The words after a command, read by the rules of Python's `argparse`, which az uses: `--option value`, `--option=value`,
/// `-o value`, `-ovalue`, `-o=value`, and any beginning of a long option that fits one alone.
struct AzOptions {
    /// By the first name of each option; the last one given counts.
    private var found: [String: [String]] = [:]
    /// What belongs to no option.
    private(set) var surplus: [String] = []

    private let options: [AzOption]

    /// - Parameter command: names it in messages.
    init(_ words: [String], of command: String, options: [AzOption]) throws(AzFailure) {
        self.options = AzOption.global + options
        var words = try words.map { (word) throws(AzFailure) in try classify(word) }[...]
        // After `--` nothing is an option.
        if let end = words.firstIndex(where: { $0.text == "--" && $0.option == nil }) {
            for index in words.indices[end...] { words[index] = Word(text: words[index].text, option: nil) }
            words.remove(at: end)
        }
        while let word = words.popFirst() {
            guard let option = word.option else {
                surplus.append(word.text)
                continue
            }
            try take(option, attached: word.attached, &words, of: command)
        }
    }

    subscript(name: String) -> String? { found[name]?.last }

    /// Like it, but without a value that is empty: az takes that for none.
    func nonEmpty(_ name: String) -> String? { self[name].flatMap { $0.isEmpty ? nil : $0 } }

    func values(_ name: String) -> [String] { found[name] ?? [] }

    func has(_ name: String) -> Bool { found[name] != nil }

    // MARK: Reading

    private struct Word {
        var text: String
        /// Nil for a word that is no option, nor looks like one.
        var option: AzOption?
        var attached: String?
        /// Whether it looks like an option and is none.
        var isStrange = false
    }

    private func classify(_ text: String) throws(AzFailure) -> Word {
        guard text.hasPrefix("-"), text.utf8.count > 1 else { return Word(text: text) }
        if let option = option(named: text) { return Word(text: text, option: option) }
        let sides = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        if sides.count == 2, let option = option(named: sides[0]) {
            return Word(text: text, option: option, attached: sides[1])
        }
        if text == "--" { return Word(text: text) }
        if text.hasPrefix("--") {
            let matches = options.flatMap { option in option.names.map { (name: $0, option: option) } }
                .filter { $0.name.hasPrefix(sides[0]) }
            guard matches.count <= 1 else {
                throw .usage(
                    "ambiguous option: \(text) could match \(matches.map(\.name).joined(separator: ", "))")
            }
            if let match = matches.first {
                return Word(text: text, option: match.option, attached: sides.count == 2 ? sides[1] : nil)
            }
        } else if let option = option(named: String(text.unicodeScalars.prefix(2))) {
            return Word(text: text, option: option, attached: String(text.unicodeScalars.dropFirst(2)))
        }
        let isNumber = text.dropFirst().wholeMatch(of: #/\d+|\d*\.\d+/#) != nil
        return Word(text: text, isStrange: !isNumber && !text.contains(" "))
    }

    private func option(named name: String) -> AzOption? { options.first { $0.names.contains(name) } }

    private mutating func take(
        _ option: AzOption, attached: String?, _ words: inout ArraySlice<Word>, of command: String
    ) throws(AzFailure) {
        let name = option.names[0]
        let shown = option.names.joined(separator: "/")
        switch option.kind {
        case .flag:
            if let attached { throw .usage("argument \(shown): ignored explicit argument '\(attached)'") }
            found[name] = []
        case .values:
            var values = attached.map { [$0] } ?? []
            while attached == nil, let next = words.first, next.option == nil, !next.isStrange {
                values.append(next.text)
                words.removeFirst()
            }
            found[name] = values
        case .value:
            var value = attached
            if value == nil, let next = words.first, next.option == nil, !next.isStrange {
                value = next.text
                words.removeFirst()
            }
            guard let value else { throw .usage("argument \(shown): expected one argument") }
            found[name] = [try option.checked(value, of: command)]
        }
    }
}

extension AzOption {
    fileprivate func checked(_ value: String, of command: String) throws(AzFailure) -> String {
        guard let choices else { return value }
        guard let choice = choices.first(where: { $0 == value.lowercased() }) else {
            // az has the formats in lower case before it looks.
            let shown = names[0] == "--output" ? value.lowercased() : value
            throw .usage(
                "az \(command): '\(shown)' is not a valid value for '\(names[0])'. Allowed values: "
                    + "\(choices.joined(separator: ", ")).")
        }
        return choice
    }
}
