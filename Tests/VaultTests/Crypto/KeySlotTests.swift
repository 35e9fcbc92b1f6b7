import FoundationEssentials
import Testing
import VaultTesting
@testable import Vault

struct KeySlotTests {
    private let vaultID = [UInt8](0..<16)

    private func slot(
        _ kind: KeySlotSummary.Kind = .keyFile, cost: DerivationCost? = nil
    ) throws(VaultError) -> KeySlot {
        try KeySlot(
            number: 1, kind: kind, cost: cost, secret: SecretBytes("twenty random bytes!"),
            rootKey: SecretBytes(bytes: [UInt8](0x20...0x3f)), vaultID: vaultID,
            createdAt: Date(timeIntervalSince1970: 1_700_000_000), gate: { $0() })
    }

    private func opened(_ slot: KeySlot, with secret: String) throws(VaultError) -> [UInt8]? {
        try slot.rootKey(with: SecretBytes(secret), gate: { $0() })?.exposed
    }

    @Test func `another secret does not open it`() throws {
        let slot = try slot()
        #expect(try opened(slot, with: "twenty random bytes?") == nil)
        #expect(try opened(slot, with: "twenty random bytes!") == [UInt8](0x20...0x3f))
    }

    @Test func `every flipped bit is found, by reading or by opening`() throws {
        let slot = try slot()
        for bit in 0..<(KeySlot.length * 8) {
            var blob = slot.blob
            blob[bit / 8] ^= 1 << (bit % 8)
            do throws(VaultError) {
                let flipped = try KeySlot(blob, number: 1, vaultID: vaultID)
                let opened = try opened(flipped, with: "twenty random bytes!")
                #expect(opened == nil, "bit \(bit) opens")
            } catch {
                #expect(error.code == .damaged)
            }
        }
    }

    static let unacceptable: [DerivationCost] = [
        DerivationCost(passes: 1, memory: 64 << 20),  // too cheap to guess at
        DerivationCost(passes: 2, memory: 32 << 20),
        DerivationCost(passes: 2, memory: 1 << 45),  // exhausts the machine
        DerivationCost(passes: .max, memory: 64 << 20),
        DerivationCost(passes: 64, memory: 128 << 20),
        DerivationCost(passes: 2, memory: 2 << 30),
        DerivationCost(passes: 2, memory: (64 << 20) + 1),
    ]

    @Test(arguments: unacceptable)
    func `a cost out of bounds is refused before any derivation`(_ cost: DerivationCost) throws {
        var blob = try slot(.passphrase, cost: .floor).blob
        blob.replaceSubrange(32..<40, with: cost.passes.littleEndianBytes)
        blob.replaceSubrange(40..<48, with: cost.memory.littleEndianBytes)
        let edited = blob
        let error = #expect(throws: VaultError.self) { try KeySlot(edited, number: 1, vaultID: vaultID) }
        #expect(error?.code == .damaged)
    }

    @Test func `a slot of another number or vault is refused`() throws {
        let blob = try slot().blob
        #expect(throws: VaultError.self) { try KeySlot(blob, number: 2, vaultID: vaultID) }
        #expect(throws: VaultError.self) { try KeySlot(blob, number: 1, vaultID: vaultID.reversed()) }
        #expect(throws: VaultError.self) { try KeySlot(Array(blob.dropLast()), number: 1, vaultID: vaultID) }
    }
}
