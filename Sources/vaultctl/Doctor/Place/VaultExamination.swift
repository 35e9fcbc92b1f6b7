import Vault

/// Whether there is a vault that this program understands.
struct VaultExamination: Examination {
    static let name = "vault"

    func examine(_ patient: Patient) throws(VaultError) -> [Diagnosis] {
        let status: VaultStatus
        do throws(VaultError) {
            status = try patient.status.get()
        } catch {
            switch error.code {
            case .notFound, .locked, .damaged, .notUnderstood: return [.problem(error.message, error.hint)]
            default: throw error
            }
        }
        let size = "profiles: \(status.profiles), audit entries: \(status.auditEntries), \(status.fileSize >> 10) KiB"
        guard status.format >= Vault.format else {
            return [
                .warning(
                    "\(status.path) has format \(status.format), and the newest is \(Vault.format); \(size)",
                    "vaultctl list brings it over, and keeps it as it was")
            ]
        }
        return [.ok("\(status.path), format \(status.format), \(size)")]
    }
}

/// Whether what is sealed could be looked at.
struct UnlockingExamination: Examination {
    static let name = "unlocking"

    func examine(_ patient: Patient) throws(VaultError) -> [Diagnosis] {
        switch patient.keys {
        case .open(_, let opener): return [.ok("opened by \(opener.rawValue)")]
        case .shut(.locked(let error)): return [.unknown("locked: \(error.message)", error.hint)]
        case .shut(.refused(let error, _)):
            return [error.code == .damaged ? .problem(error.message, error.hint) : .unknown(error)]
        case .shut(.leftOut): return [.skipped("left out, as --locked says")]
        case .shut(let reason): return [.skipped(reason.word)]
        }
    }
}
