import Vault

/// One thing that is looked at. It changes nothing.
protocol Examination: Sendable {
    /// As the result calls it; a contract.
    static var name: String { get }

    /// - Returns: what is wrong, one by one; one that says what is well where nothing is wrong.
    /// - Throws: what kept it from looking.
    func examine(_ patient: Patient) async throws(VaultError) -> [Diagnosis]
}

/// One that needs what is sealed.
protocol SealedExamination: Examination {
    /// - Parameter service: of the vault, unlocked.
    func examine(_ patient: Patient, _ service: any VaultService) async throws(VaultError) -> [Diagnosis]
}

extension SealedExamination {
    func examine(_ patient: Patient) async throws(VaultError) -> [Diagnosis] {
        switch patient.keys {
        case .open(let service, _): try await examine(patient, service)
        case .shut(let why): [.skipped(why.word)]
        }
    }
}
