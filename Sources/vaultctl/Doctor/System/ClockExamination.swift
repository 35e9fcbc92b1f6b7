import CLinux
import Glibc
import Vault

/// Whether something keeps this machine's clock right: expiry is judged by it.
struct ClockExamination: Examination {
    static let name = "clock"

    func examine(_ patient: Patient) throws(VaultError) -> [Diagnosis] {
        switch linux_clock_is_kept() {
        case 1: return [.ok("kept in step by a time service")]
        case 0: return [.warning("no time service keeps it in step", "timedatectl set-ntp true")]
        default: throw VaultError(.inputOutput, "the kernel does not tell about its clock: \(systemMessage(errno))")
        }
    }
}

/// Whether this machine's clock and those of the providers agree.
struct ProviderClocksExamination: Examination {
    static let name = "provider clocks"

    func examine(_ patient: Patient) async throws(VaultError) -> [Diagnosis] {
        guard patient.asksNetwork else { return [.skipped("left out, as --no-network says")] }
        if case .shut(let reason) = patient.keys { return [.skipped(reason.word)] }
        let answers = try await patient.answers.value.get()
        guard !answers.isEmpty else { return [.skipped("no profile names a provider")] }
        var found: [Diagnosis] = []
        var agreeing: Double?
        for answer in answers {
            // Which did not answer is told by the other check.
            guard case .success(let answer) = answer.result.map({ (host: answer.host, answer: $0) }) else { continue }
            guard let apart = answer.answer.apart, let ahead = answer.answer.ahead else {
                found.append(.unknown("\(answer.host) tells no time"))
                continue
            }
            if apart <= ClockDifference.tolerable {
                agreeing = max(agreeing ?? 0, apart)
                continue
            }
            found.append(ClockDifference(host: answer.host, ahead: ahead, apart: apart).diagnosis)
        }
        if found.isEmpty, agreeing == nil { return [.unknown("no provider answered")] }
        return found.isEmpty ? [.ok("they and this machine's agree within \(Int(ClockDifference.tolerable)) s")] : found
    }
}

/// Clocks that do not agree.
struct ClockDifference {
    var host: String
    /// How far the provider's is ahead, in seconds; negative when it is behind.
    var ahead: Double
    /// How far they are apart at the least.
    var apart: Double

    /// Seconds that nobody notices.
    static let tolerable = 30.0
    /// Seconds after which assertions are refused, and tokens taken for expired or not valid yet.
    static let ruinous = 300.0

    var diagnosis: Diagnosis {
        let found = "this machine's clock is \(Int(apart)) s \(ahead > 0 ? "behind" : "ahead of") that of \(host)"
        let remedy = "timedatectl set-ntp true"
        return apart > Self.ruinous ? .problem(found, remedy) : .warning(found, remedy)
    }
}
