import Vault

/// Whether the SQLite that this program found keeps what FORMAT.md promises.
struct DatabaseExamination: Examination {
    static let name = "sqlite"

    func examine(_ patient: Patient) throws(VaultError) -> [Diagnosis] {
        guard patient.readable != nil else { return [.skipped("no vault that can be read")] }
        let settings = try Vault.databaseSettings(at: patient.path)
        let what = "SQLite \(settings.version)"
        guard settings.isThreadSafe else {
            return [.problem("\(what) was built without threads", "install the system's package of it")]
        }
        guard settings.refused.isEmpty else {
            let refused = settings.refused.joined(separator: ", ")
            return [.problem("\(what) does not take settings: \(refused)", "install the system's package of it")]
        }
        return [.ok("\(what), with all settings of the format")]
    }
}
