import CredentialFiles
import Vault

/// How imported profiles are named: text with `{name}`, `{client}`, `{tenant}`, `{n}` and `{tag:KEY}` in it.
struct NamePattern: Sendable, Equatable {
    fileprivate enum Part: Sendable, Equatable {
        case text(String)
        /// What the file calls it, or else the client id.
        case name
        case client, tenant
        /// Counted from 1, in the order of the files.
        case number
        case tag(String)
    }

    private let parts: [Part]

    /// - Throws: code `usage` for braces with something else in them.
    init(_ pattern: String) throws(VaultError) {
        var parts: [Part] = []
        var rest = pattern[...]
        while let open = rest.firstIndex(of: "{") {
            parts.append(.text(String(rest[..<open])))
            guard let close = rest[open...].firstIndex(of: "}"),
                let part = Part(placeholder: String(rest[rest.index(after: open)..<close]))
            else {
                throw VaultError(
                    .usage, "the pattern of --name has braces with something unknown in them",
                    hint: "known are {name}, {client}, {tenant}, {n} and {tag:KEY}")
            }
            parts.append(part)
            rest = rest[rest.index(after: close)...]
        }
        parts.append(.text(String(rest)))
        self.parts = parts
    }

    /// Each by what the file calls it, or else by its client id.
    static let usual = NamePattern(parts: [.name])

    private init(parts: [Part]) { self.parts = parts }

    /// The name of a credential, made to fit.
    func name(of found: FoundCredential, number: Int, tags: [Tag]) -> ProfileName {
        let text = parts.map { part in
            switch part {
            case .text(let text): text
            case .name: found.name ?? found.clientID
            case .client: found.clientID
            case .tenant: found.tenant ?? ""
            case .number: String(number)
            case .tag(let key): tags.first { $0.key == key }?.value ?? ""
            }
        }.joined()
        return ProfileName(fitting: text) ?? ProfileName(fitting: found.clientID) ?? ProfileName(number: number)
    }
}

extension NamePattern.Part {
    fileprivate init?(placeholder: String) {
        switch placeholder {
        case "name": self = .name
        case "client": self = .client
        case "tenant": self = .tenant
        case "n": self = .number
        case let text where text.hasPrefix("tag:") && text.count > 4: self = .tag(String(text.dropFirst(4)))
        default: return nil
        }
    }
}
