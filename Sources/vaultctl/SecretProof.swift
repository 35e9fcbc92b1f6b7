import CredentialFiles
import Synchronization
import Vault

/// Whether a secret may be taken out of its file.
enum SecretProof {
    /// The vault's file has it, and a token was issued with it.
    case whole
    case missing(VaultError)

    /// Proves what was added, and what was there already; by the number of the entry. Entries without a secret in the file are
    /// left out.
    ///
    /// - Throws: what keeps the vault from being read.
    static func all(
        of planned: [PlannedImport], _ results: [ImportResult], by vault: Vault, console: Console
    ) async throws(VaultError) -> [Int: SecretProof] {
        var proofs: [Int: SecretProof] = [:]
        var wanted: [(index: Int, name: ProfileName, secret: SharedSecret)] = []
        for (index, plan) in planned.enumerated() {
            guard [.added, .thereAlready].contains(results[index].outcome) else { continue }
            do throws(VaultError) {
                guard let secret = try plan.found.storedForm else { continue }
                wanted.append((index, plan.name, secret))
            } catch {
                proofs[index] = .missing(error)
            }
        }
        // Those that were added were tried before they were stored.
        let added = Set(wanted.filter { results[$0.index].outcome == .added }.map(\.name))
        return try await all(of: wanted, tried: added, by: vault, console: console).merging(proofs) { $1 }
    }

    /// Proves these secrets to be those of these profiles; by the number of the entry.
    ///
    /// - Parameter tried: profiles that a token was just issued for.
    /// - Throws: what keeps the vault from being read.
    static func all(
        of wanted: [(index: Int, name: ProfileName, secret: SharedSecret)], tried: Set<ProfileName>, by vault: Vault,
        console: Console
    ) async throws(VaultError) -> [Int: SecretProof] {
        var proofs: [Int: SecretProof] = [:]
        let refused = try await refused(wanted.map(\.name).filter { !tried.contains($0) }, by: vault, console: console)
        let stored = try vault.isStored(wanted.map { ($0.name, $0.secret) })
        for ((index, name, _), isStored) in zip(wanted, stored) {
            if !isStored {
                proofs[index] = .missing(
                    VaultError(.finding, "the vault has another secret for \(name)", hint: "vaultctl check \(name)"))
            } else if let error = refused[name] {
                proofs[index] = .missing(error)
            } else {
                proofs[index] = .whole
            }
        }
        return proofs
    }

    /// Asks for a token with each, past every cache.
    ///
    /// - Returns: why none was issued, for those of whom none was.
    private static func refused(
        _ names: [ProfileName], by vault: Vault, console: Console
    ) async throws(VaultError) -> [ProfileName: VaultError] {
        let names = Array(Set(names)).sorted()
        let progress = Progress("trying", console: console)
        defer { progress.finish() }
        let noAnswer = VaultError(.unavailable, "no answer came")
        // Whoever is not heard of was not tried.
        let refusals = Mutex(Dictionary(uniqueKeysWithValues: names.map { ($0, noAnswer) }))
        let count = Mutex(0)
        try await vault.check(names) { checked in
            refusals.withLock { refusals in
                switch checked.result {
                case .success: refusals[checked.profile] = nil
                case .failure(let error): refusals[checked.profile] = error
                }
            }
            progress.show(
                count.withLock { count in
                    count += 1
                    return count
                }, of: names.count)
        }
        return refusals.withLock { $0 }
    }
}

extension FoundCredential {
    /// The secret as the vault would have it; nil where none lies in the file.
    ///
    /// - Throws: code `notUnderstood` for a certificate that cannot be stored.
    fileprivate var storedForm: SharedSecret? {
        get throws(VaultError) {
            switch proof {
            case .clientSecret(let secret, _): secret
            case .certificateText(let pem, _): SharedSecret(try CertificateFile.sealed(pem.bytes))
            case .certificate, .federated: nil
            }
        }
    }
}
