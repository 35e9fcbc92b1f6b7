import FoundationEssentials
import Vault

/// Whether the vault can still be opened when one of the ways to do it is lost.
struct KeySlotsExamination: Examination {
    static let name = "key slots"

    func examine(_ patient: Patient) throws(VaultError) -> [Diagnosis] {
        guard let status = patient.readable else { return [.skipped("no vault that can be read")] }
        let kinds = status.slots.map(\.kind.word).joined(separator: ", ")
        let adding = "vaultctl slot add --recovery-code"
        if status.slots.count == 1 {
            return [.warning("the only slot is a \(kinds): without it the vault stays shut for ever", adding)]
        }
        guard status.slots.contains(where: { $0.kind == .recoveryCode }) else {
            return [.warning("there is no recovery code, only \(kinds)", adding)]
        }
        return [.ok(kinds)]
    }
}

/// Whether a guess at a passphrase costs what it should today, and how long it takes here.
struct DerivationExamination: Examination {
    static let name = "derivation"

    func examine(_ patient: Patient) throws(VaultError) -> [Diagnosis] {
        guard let status = patient.readable else { return [.skipped("no vault that can be read")] }
        let slots = status.slots.compactMap { slot in slot.cost.map { (number: slot.slot, cost: $0) } }
        guard let weakest = slots.min(by: { $0.cost.work < $1.cost.work }) else {
            return [.ok("nothing that opens the vault could be guessed")]
        }
        let time = try Vault.timeOfGuess(weakest.cost, forVaultAt: status.path)
        let milliseconds = Int64(time / .milliseconds(1))
        let seconds = "\(milliseconds / 1000).\(milliseconds % 1000 / 100) s on this machine"
        let weak = slots.filter { $0.cost.isBelowToday }
        guard weak.isEmpty else {
            let costs = weak.map { "slot \($0.number) takes \($0.cost.words)" }.joined(separator: ", ")
            let today = DerivationCost.standard
            return [
                .warning(
                    "\(costs), less than today's \(today.words); a guess takes \(seconds)",
                    "vaultctl passwd --kdf-memory \(today.memory >> 20)MiB --kdf-passes \(today.passes)")
            ]
        }
        guard milliseconds >= Self.leastMilliseconds else {
            return [
                .warning(
                    "\(weakest.cost.words): a guess takes only \(seconds)",
                    "vaultctl passwd --kdf-memory 512MiB --kdf-passes \(weakest.cost.passes)")
            ]
        }
        return [.ok("\(weakest.cost.words): a guess takes \(seconds)")]
    }

    /// A tenth of a second, of a person's patience and of whoever guesses.
    private static let leastMilliseconds: Int64 = 100
}

extension DerivationCost {
    fileprivate var words: String { "\(passes) passes over \(memory >> 20) MiB" }

    /// Bytes that are gone over.
    fileprivate var work: UInt64 { passes.multipliedReportingOverflow(by: memory).partialValue }

    /// Whether a new vault's costs more. Fewer passes over more memory are as good (RFC 9106, section 4), more passes over
    /// little are not.
    var isBelowToday: Bool { work < Self.standard.work || memory < Self.standard.memory / 2 }
}
