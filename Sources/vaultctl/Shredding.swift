import CredentialFiles
import Vault

/// Takes secrets out of the files that they were imported from, once each is proven to be in the vault.
///
/// A secret is proven when the vault's file, read anew, has it byte for byte in the profile, and a token was issued with it.
/// Each file is written anew once, when all its proofs are there; what is not proven stays in it.
final class Shredding {
    private let files: [ShreddedFile]
    /// Whether one of the files is not what was there before: they are to be read again.
    var hasPutBack: Bool { files.contains(where: \.isPutBack) }

    /// Opens the files, and holds them until they were written anew.
    ///
    /// - Throws: why one of them cannot be written anew; nothing is done then.
    init(of paths: [String], _ format: FileFormat) throws(VaultError) {
        if let (path, same) = try OriginalFile.twins(among: paths) {
            throw VaultError(.usage, "\(path) and \(same) are the same file", hint: "name it once")
        }
        files = try paths.map { (path) throws(VaultError) in try ShreddedFile(path, format) }
    }

    /// Proves what the import stored, or found in the vault, and takes it out.
    ///
    /// - Parameters:
    ///   - planned: all entries of the files.
    ///   - results: what became of each.
    /// - Returns: the results, with what became of the originals.
    /// - Throws: what keeps the vault from being read back; the files are as they were then.
    func shredded(
        _ planned: [PlannedImport], _ results: [ImportResult], vault: Vault, console: Console
    ) async throws(VaultError) -> [ImportResult] {
        var results = results
        let proofs = try await SecretProof.all(of: planned, results, by: vault, console: console)
        for (index, proof) in proofs {
            if case .missing(let error) = proof { results[index].keep(because: error) }
        }
        var hasErased = false
        for file in files {
            let mine = proofs.keys.sorted().filter { planned[$0].path == file.path }
            let proven = mine.filter { if case .whole = proofs[$0] { true } else { false } }
            let objections = file.objections(to: proven.map { planned[$0].found })
            for (index, objection) in zip(proven, objections) {
                if let objection { results[index].keep(because: objection) }
            }
            let erased = zip(proven, objections).filter { $0.1 == nil }.map(\.0)
            guard !erased.isEmpty else { continue }
            do throws(VaultError) {
                let remains = try file.erase(erased.map { planned[$0].found })
                for (index, remains) in zip(erased, remains) { results[index].takenOut(but: remains) }
                hasErased = true
            } catch {
                for index in erased { results[index].keep(because: error) }
            }
        }
        tell(planned, results, hasErased, console)
        return results
    }

    /// What stays anyway, each once.
    private func tell(_ planned: [PlannedImport], _ results: [ImportResult], _ hasErased: Bool, _ console: Console) {
        var named: Set<String> = []
        for (plan, result) in zip(planned, results) where result.outcome == .added || result.outcome == .thereAlready {
            if case .certificate(let path) = plan.found.proof, named.insert(path).inserted {
                console.note(
                    "the certificate and its key stay in \(path), which others may use: remove it when nobody does")
            }
        }
        guard hasErased else { return }
        console.note(
            "what was taken out may live on where vaultctl does not reach: in blocks that a file system with snapshots, a "
                + "journal or copy-on-write, or a solid-state disk keeps, in backups, in shell histories, and as tokens in az's "
                + "msal_token_cache.json")
        console.hint("vaultctl scan looks for what lies in clear; vaultctl rotate makes what is left worthless")
    }
}

extension ImportResult {
    /// The secret stays in the file, and why.
    fileprivate mutating func keep(because error: VaultError) {
        add("stays in the file: \(error.message)", isShredded: false)
        self.error = self.error ?? error
    }

    fileprivate mutating func takenOut(but remains: VaultError?) {
        add("taken out of the file" + (remains.map { ", but \($0.message)" } ?? ""), isShredded: remains == nil)
        error = error ?? remains
    }

    fileprivate mutating func add(_ words: String, isShredded: Bool) {
        detail = [detail, words].compactMap(\.self).joined(separator: "; ")
        self.isShredded = isShredded
    }
}
