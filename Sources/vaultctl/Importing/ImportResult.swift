import CredentialFiles
import Vault

/// What came of one entry of a file.
struct ImportResult: Sendable {
    enum Outcome: String, Sendable, CaseIterable {
        case added
        case wouldAdd = "would add"
        case thereAlready = "there already"
        /// The identity provider does not accept it; it was not stored.
        case refused
        case failed
        case notUnderstood = "not understood"
    }

    /// Of the profile, or what the file calls it where there is none.
    var name: String?
    var outcome: Outcome
    var tenant: String?
    var clientID: String?
    var kind: CredentialKind?
    var path: String
    /// Nil for a file as a whole.
    var line: Int?
    var detail: String?
    var error: VaultError?
    /// Whether the secret was taken out of the file; nil where nobody wanted that, or there is none.
    var isShredded: Bool?

    /// `PATH:LINE`.
    var place: String { line.map { "\(path):\($0)" } ?? path }
}

extension PlannedImport {
    /// What to look at before it is trusted: another name, addresses that are not the vendors' own, and where an assertion is
    /// taken from. Nil where there is nothing.
    fileprivate var peculiarities: String? {
        var words = wanted.map { ["\($0) is taken"] } ?? []
        var place = found.destination
        if let assertion = place.assertion { words.append("assertion from \(assertion)") }
        place.assertion = nil
        if !place.isKnown {
            words.append("asks \(place.tokenAuthority)")
            if let workspace = place.workspace, workspace != place.tokenAuthority { words.append("for \(workspace)") }
        }
        return words.isEmpty ? nil : words.joined(separator: ", ")
    }
}

extension ImportResult {
    /// What became of a plan.
    init(_ planned: PlannedImport, _ outcome: Outcome, error: VaultError? = nil, detail: String? = nil) {
        let found = planned.found
        self.init(
            name: planned.name.description, outcome: outcome, tenant: found.tenant.flatMap { $0.isEmpty ? nil : $0 },
            clientID: found.clientID, kind: found.kind, path: planned.path, line: found.line,
            detail: error?.message ?? detail ?? planned.peculiarities, error: error)
    }

    /// A failure, by what it says about the entry.
    init(_ planned: PlannedImport, failedWith error: VaultError) {
        let outcome: Outcome =
            switch error.code {
            case .refused: .refused
            case .notUnderstood: .notUnderstood
            default: .failed
            }
        self.init(planned, outcome, error: error)
    }

    /// An entry that no credential came of. Whoever's secret was taken out of the file is there already.
    init(_ problem: FileProblem, path: String, known: KnownPrincipals) {
        let profile = problem.emptied.flatMap { known.profile(of: $0) }
        self.init(
            name: profile?.description ?? problem.name, outcome: profile == nil ? .notUnderstood : .thereAlready,
            clientID: problem.clientID, path: path, line: problem.line, detail: problem.message,
            error: profile == nil ? VaultError(.notUnderstood, problem.message) : nil)
    }

    /// A file of which nothing came.
    init(unreadFile path: String, _ error: VaultError) {
        self.init(
            outcome: error.code == .notUnderstood ? .notUnderstood : .failed, path: path, detail: error.message,
            error: error)
    }

    /// What was not understood before everything else, then what was refused, then what failed first.
    static func exitCode(of results: [ImportResult]) -> VaultError.Code? {
        let codes = results.compactMap { $0.error?.code }
        return [VaultError.Code.notUnderstood, .refused].first(where: codes.contains) ?? codes.first
    }

    /// Such as `297 added, 2 refused`.
    static func summary(of results: [ImportResult]) -> String {
        let counts = Dictionary(grouping: results, by: \.outcome).mapValues(\.count)
        return Outcome.allCases.compactMap { outcome in counts[outcome].map { "\($0) \(outcome.rawValue)" } }
            .joined(separator: ", ")
    }
}
