import Vault

/// Whether every row and every entry is as it was written: the verification itself is run.
struct VerificationExamination: Examination {
    static let name = "verification"

    func examine(_ patient: Patient) async throws(VaultError) -> [Diagnosis] {
        switch patient.keys {
        case .shut(.refused(_, let verification?)):
            return Self.diagnoses(verification)
        case .shut(let reason): return [.skipped(reason.word)]
        case .open:
            do throws(VaultError) {
                let found = try await patient.verification.value.get()
                return [
                    .ok(
                        "as they were written, profiles: \(found.profiles), tokens: \(found.tokens), rotations: "
                            + "\(found.rotations), settings: \(found.settings), audit entries: \(found.auditEntries)")
                ]
            } catch {
                guard error.code == .damaged else { throw error }
                return [.problem(error.message, "vaultctl audit verify names all of it")]
            }
        }
    }

    /// Of a vault that is not opened.
    private static func diagnoses(_ verification: AuditVerification) -> [Diagnosis] {
        guard let first = verification.findings.first(where: { $0.verdict == .tampered }) else {
            return [.unknown("the record is whole; what else refused the vault is told by 'unlocking'")]
        }
        let more = verification.count > 1 ? " (and \(verification.count - 1) more)" : ""
        return [.problem("\(first.message)\(more)", "vaultctl audit verify")]
    }
}

/// Whether this machine would notice that the whole file was put back.
struct AnchorExamination: SealedExamination {
    static let name = "anchor"

    func examine(_ patient: Patient, _ service: any VaultService) async throws(VaultError) -> [Diagnosis] {
        let verification: Verification
        do throws(VaultError) {
            verification = try await patient.verification.value.get()
        } catch {
            guard error.code == .damaged else { throw error }
            return [.unknown("the verification did not get that far")]
        }
        guard verification.anchorAgrees else {
            return [
                .warning(
                    "this machine had none: nothing outside the file vouches for its age",
                    "vaultctl list leaves one behind, after a look at: vaultctl audit list")
            ]
        }
        return [.ok("this machine's agrees, at \(verification.auditEntries) entries")]
    }
}

/// Whether the places outside that settings name have what they should.
struct OutsideAnchorsExamination: SealedExamination {
    static let name = "outside anchors"

    func examine(_ patient: Patient, _ service: any VaultService) async throws(VaultError) -> [Diagnosis] {
        let places = try await service.settings().filter {
            $0.key == .anchorCommand || ($0.key == .anchorJournal && $0.value != "off")
        }
        guard !places.isEmpty else { return [.ok("none is set")] }
        var found: [Diagnosis] = []
        if let status = patient.readable,
            let failure = try AnchorErrand.lastFailure(vaultID: status.id, directory: Surroundings.stateDirectory)
        {
            found.append(
                .warning("the last note was not kept: \(failure)", "vaultctl config get anchor.command; try it by hand")
            )
        }
        // What is said of the entries themselves is the verification's.
        let verification = try await service.verifyAudit(
            try AuditVerificationRequest(checkedKey: nil, sinceCheckpoint: true, checkpoint: nil)
        ) { _, _ in }
        for finding in verification.findings where finding.isAboutAnchors {
            // That of this machine has a check of its own.
            guard places.contains(where: { finding.message.contains($0.key.rawValue) }) else { continue }
            found.append(
                finding.verdict == .tampered
                    ? .problem(finding.message, finding.hint ?? "vaultctl audit verify")
                    : .warning(finding.message, finding.hint ?? "vaultctl audit checkpoint"))
        }
        guard found.isEmpty else { return found }
        let silent = places.map(\.key).filter { !verification.agreedPlaces.contains($0) }.map(\.rawValue)
        guard silent.isEmpty else {
            return [.unknown("\(silent.joined(separator: ", ")) did not vouch", "vaultctl audit verify")]
        }
        return [.ok("\(places.map(\.key.rawValue).joined(separator: ", ")) agrees")]
    }
}

extension AuditFinding {
    fileprivate var isAboutAnchors: Bool {
        switch kind {
        case .anchorMissing, .anchorUnreachable, .anchorDamaged, .rolledBack, .forked: true
        default: false
        }
    }
}
