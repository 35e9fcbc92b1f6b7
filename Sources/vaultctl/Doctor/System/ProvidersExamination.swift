import FoundationEssentials
import Vault

/// What came of asking one authority for nothing.
struct ProviderAnswer: Sendable {
    /// `host` or `host:port`.
    var host: String
    var result: Result<AuthorityAnswer, VaultError>

    /// Asks each authority that credentials of the vault are sent to, once, by name.
    static func all(
        _ keys: Patient.Keys, through transport: any HTTPTransport
    ) async -> Result<[ProviderAnswer], VaultError> {
        guard case .open(let service, _) = keys else { return .failure(VaultError(.locked, "locked")) }
        do throws(VaultError) {
            let addresses = try await service.profiles(tags: []).map(\.destination.tokenAuthority)
            let hosts = Dictionary(
                addresses.compactMap { address in AuthorityAnswer.host(of: address).map { ($0, address) } },
                uniquingKeysWith: { first, _ in first })
            return .success(await ask(hosts.sorted { $0.key < $1.key }, through: transport))
        } catch {
            return .failure(error)
        }
    }

    private static func ask(
        _ hosts: [(key: String, value: String)], through transport: any HTTPTransport
    ) async -> [ProviderAnswer] {
        await withTaskGroup(of: ProviderAnswer.self) { group in
            var waiting = hosts[...]
            func next() {
                guard let (host, address) = waiting.popFirst() else { return }
                group.addTask { await ask(host, at: address, through: transport) }
            }
            for _ in 0..<atOnce { next() }
            var answers: [ProviderAnswer] = []
            for await answer in group {
                answers.append(answer)
                next()
            }
            return answers.sorted { $0.host < $1.host }
        }
    }

    private static let atOnce = 16

    private static func ask(
        _ host: String, at address: String, through transport: any HTTPTransport
    ) async -> ProviderAnswer {
        do throws(VaultError) {
            let answer = try await AuthorityAnswer.of(address, through: transport) { Date() }
            return ProviderAnswer(host: host, result: .success(answer))
        } catch {
            return ProviderAnswer(host: host, result: .failure(error))
        }
    }
}

/// Whether the providers can be reached, and TLS trusts them.
struct ProvidersExamination: Examination {
    static let name = "providers"

    func examine(_ patient: Patient) async throws(VaultError) -> [Diagnosis] {
        guard patient.asksNetwork else { return [.skipped("left out, as --no-network says")] }
        if case .shut(let reason) = patient.keys { return [.skipped(reason.word)] }
        let answers = try await patient.answers.value.get()
        guard !answers.isEmpty else { return [.skipped("no profile names a provider")] }
        let failures = answers.compactMap { answer in
            if case .failure(let error) = answer.result { error } else { nil }
        }
        guard failures.isEmpty else { return failures.map { .problem($0.message, $0.hint) } }
        return [.ok("answered over TLS: \(Self.named(answers.map(\.host)))")]
    }

    /// The first few, and how many more.
    private static func named(_ hosts: [String]) -> String {
        let first = hosts.prefix(3).joined(separator: ", ")
        return hosts.count > 3 ? "\(first) and \(hosts.count - 3) more" : first
    }
}
