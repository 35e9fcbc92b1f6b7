import CredentialFiles
import Vault

/// Carries plans out, many at once; each profile is a transaction of its own, so that whoever is interrupted goes on where it
/// stopped.
struct ImportRun {
    let lines: ServiceLines
    /// Whether each credential is tried, and not stored when it is refused.
    let checks: Bool
    let console: Console

    /// - Returns: a result for each, in order.
    func results(of planned: [PlannedImport]) async -> [ImportResult] {
        let progress = Progress("importing", console: console)
        defer { progress.finish() }
        var results: [Int: ImportResult] = [:]
        var waiting: [(index: Int, planned: PlannedImport)] = []
        for (index, plan) in planned.enumerated() {
            switch plan.state {
            case .new, .twin: waiting.append((index, plan))
            case .known:
                results[index] = ImportResult(plan, .thereAlready, detail: "as \(plan.name)")
            case .cloudUnknown: results[index] = ImportResult(plan, failedWith: .cloudUnknown(plan.found))
            }
        }
        // Twins wait for what becomes of the first; where that one is no good, the next takes its place.
        while !waiting.isEmpty {
            var ready: [(index: Int, planned: PlannedImport)] = []
            var leaders: [Int: Int] = [:]
            var left: [(index: Int, planned: PlannedImport)] = []
            for (index, plan) in waiting {
                guard case .twin(let first) = plan.state else {
                    ready.append((index, plan))
                    continue
                }
                if results[first]?.outcome == .added {
                    results[index] = ImportResult(
                        plan, .thereAlready, detail: "as \(plan.name), from line \(planned[first].found.line)")
                } else if results[first] == nil || leaders[first] != nil {
                    left.append((index, plan.following(leaders[first] ?? first)))
                } else {
                    leaders[first] = index
                    ready.append((index, plan))
                }
            }
            let done = results.count
            let new = await lines.each(ready.map(\.planned)) {
                await result(of: $0, by: $1)
            } done: { count in
                progress.show(done + count, of: planned.count)
            }
            for (result, (index, _)) in zip(new, ready) { results[index] = result }
            waiting = left
        }
        return planned.indices.compactMap { results[$0] }
    }

    /// Says of who was there already whether the file has the same secret, and tries that.
    ///
    /// - Throws: what keeps the vault from being read.
    func compared(
        _ planned: [PlannedImport], _ results: [ImportResult], by service: any VaultService
    ) async throws(VaultError) -> [ImportResult] {
        var results = results
        let known = planned.indices.filter { planned[$0].state == .known && results[$0].outcome == .thereAlready }
        guard let vault = service as? Vault else {
            // An agent gives no stored secret to be compared.
            for index in known where planned[index].found.kind != .federated {
                results[index].detail = "as \(planned[index].name); its secret was not compared"
            }
            return results
        }
        var wanted: [(index: Int, name: ProfileName, secret: SharedSecret)] = []
        for index in known {
            do throws(VaultError) {
                wanted.append((index, planned[index].name, SharedSecret(try secret(of: planned[index]))))
            } catch {
                results[index] = ImportResult(planned[index], failedWith: error)
            }
        }
        for (index, proof) in try await SecretProof.all(of: wanted, tried: [], by: vault, console: console) {
            let plan = planned[index]
            switch proof {
            case .whole: break
            case .missing(let error) where error.code == .finding:
                results[index].detail = "as \(plan.name), with another secret"
                results[index].error = VaultError(
                    .finding, "\(plan.name) has another secret in the vault",
                    hint: "if that of the file is newer: vaultctl rotate \(plan.name) --secret-stdin")
            case .missing(let error): results[index] = ImportResult(plan, failedWith: error)
            }
        }
        return results
    }

    /// What a run would make of it, as far as that can be told without storing anything.
    func foreseen(_ planned: PlannedImport) -> ImportResult {
        switch planned.state {
        case .known: return ImportResult(planned, .thereAlready, detail: "as \(planned.name)")
        case .twin: return ImportResult(planned, .thereAlready, detail: "as \(planned.name), in this import")
        case .cloudUnknown: return ImportResult(planned, failedWith: .cloudUnknown(planned.found))
        case .new: break
        }
        do throws(VaultError) {
            _ = try profile(of: planned)
        } catch {
            return ImportResult(planned, failedWith: error)
        }
        return ImportResult(planned, .wouldAdd)
    }

    private func result(of planned: PlannedImport, by service: any VaultService) async -> ImportResult {
        do throws(VaultError) {
            _ = try await service.add(try profile(of: planned))
        } catch {
            return ImportResult(planned, failedWith: error)
        }
        return ImportResult(planned, .added)
    }

    private func profile(of planned: PlannedImport) throws(VaultError) -> NewProfile {
        let found = planned.found
        return NewProfile(
            name: planned.name, destination: found.destination, tenant: found.tenant, clientID: found.clientID,
            kind: found.kind, secret: try secret(of: planned), secretExpiresAt: found.expiresAt,
            assertionForm: found.assertionForm, audience: found.audience, subscription: found.subscription,
            tags: found.tags, about: found.about, checks: checks)
    }

    private func secret(of planned: PlannedImport) throws(VaultError) -> SecretBytes {
        switch planned.found.proof {
        case .clientSecret(let secret, _): secret.bytes.copy()
        case .certificate(let path):
            try CertificateFile.sealed(
                at: path, besides: ImportedFile.directory(of: planned.path), console: console)
        case .certificateText(let pem, _): try CertificateFile.sealed(pem.bytes)
        case .federated: SecretBytes()
        }
    }
}

extension PlannedImport {
    fileprivate func following(_ first: Int) -> PlannedImport {
        var planned = self
        planned.state = .twin(first)
        return planned
    }
}

extension VaultError {
    fileprivate static func cloudUnknown(_ found: FoundCredential) -> VaultError {
        let cloud = found.destination.cloud
        let name = cloud.name.isEmpty ? cloud.authority : cloud.name
        // A column too far to the right, and it is a secret that stands there.
        let word = name.hasPrefix("https://") ? name.dropFirst(8) : name[...]
        let isName =
            word.utf8.count <= 40
            && word.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "._-".contains($0)) }
        return VaultError(
            .notUnderstood, "its cloud is not known" + (isName ? ": \(name)" : ""),
            hint: "give --cloud NAME --authority URL --graph URL --arm URL")
    }
}
