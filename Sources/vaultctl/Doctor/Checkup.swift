import FoundationEssentials
import Synchronization
import Vault

/// Examinations, in the order in which their results are shown.
struct Checkup: Sendable {
    var examinations: [any Examination]

    static let standard = Checkup(examinations: [
        ProgramExamination(), VaultExamination(), UnlockingExamination(), FilesExamination(), FileSystemExamination(),
        DiskSpaceExamination(), DatabaseExamination(), KeySlotsExamination(), DerivationExamination(),
        LockedMemoryExamination(), CoreDumpsExamination(), TracingExamination(), SwapExamination(), ClockExamination(),
        AuthoritiesFileExamination(), ProxyExamination(), ProvidersExamination(), ProviderClocksExamination(),
        AnchorExamination(), OutsideAnchorsExamination(), VerificationExamination(), RotationsExamination(),
        CredentialsExamination(), SettingsExamination(), CopiesExamination(), AgentExamination(),
        AzLeftoversExamination(), EnvironmentExamination(),
    ])

    /// Runs all of them, side by side. One that cannot look does not keep the others from it.
    func run(on patient: Patient, progress: Progress) async -> [CheckupRow] {
        let done = DoneCount()
        let count = examinations.count
        return await withTaskGroup(of: (Int, [CheckupRow]).self) { group in
            for (index, examination) in examinations.enumerated() {
                group.addTask {
                    let rows = await Self.rows(of: examination, patient)
                    done.add()
                    return (index, rows)
                }
            }
            // Whoever waits for a provider reports nothing meanwhile.
            group.addTask {
                while done.value < count {
                    progress.show(done.value, of: count)
                    do {
                        try await Task.sleep(for: .milliseconds(100))
                    } catch {
                        break
                    }
                }
                return (count, [])
            }
            var found: [Int: [CheckupRow]] = [:]
            for await (index, rows) in group { found[index] = rows }
            return found.sorted { $0.key < $1.key }.flatMap(\.value)
        }
    }

    private static func rows(of examination: any Examination, _ patient: Patient) async -> [CheckupRow] {
        var found: [Diagnosis]
        do throws(VaultError) {
            found = try await examination.examine(patient)
        } catch {
            found = [.unknown(error)]
        }
        return found.map { CheckupRow(check: type(of: examination).name, diagnosis: $0) }
    }
}

/// How many examinations are over, for the one who shows it.
private final class DoneCount: Sendable {
    private let count = Atomic<Int>(0)

    var value: Int { count.load(ordering: .relaxed) }

    func add() { count.add(1, ordering: .relaxed) }
}
