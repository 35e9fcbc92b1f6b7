import FoundationEssentials
import Vault

/// What a keeper says to `exec`, once.
enum KeeperAnswer: Codable, Equatable {
    case ready(profile: ServedProfile, endpoint: ServedEndpoint)
    case failed(code: Int32, message: String, hint: String?)

    init(_ error: VaultError) {
        self = .failed(code: error.code.rawValue, message: error.message, hint: error.hint)
    }
}

/// The answer as it goes through the pipe: a line of JSON, and behind it the secret header.
struct KeeperMessage: ~Copyable {
    let answer: KeeperAnswer
    let header: SecretBytes

    init(_ answer: KeeperAnswer, header: consuming SecretBytes = SecretBytes()) {
        self.answer = answer
        self.header = header
    }

    /// - Returns: nil when the keeper has ended without a word.
    /// - Throws: code `internalError` for what is no answer.
    init?(reading descriptor: Int32) throws(VaultError) {
        let content = try SecretBytes.reading(descriptor, what: "what keeps the endpoint")
        guard !content.isEmpty else { return nil }
        let end = content.withBytes { bytes in
            bytes.byteOffsets.first { bytes.byte(at: $0) == UInt8(ascii: "\n") } ?? bytes.byteCount
        }
        let line = content.withBytes { bytes in
            unsafe bytes.extracting(first: end).withUnsafeBytes { unsafe Data($0) }
        }
        do {
            answer = try JSONDecoder().decode(KeeperAnswer.self, from: line)
        } catch {
            throw VaultError(.internalError, "what keeps the endpoint gave no answer that can be read")
        }
        header = content.withBytes { SecretBytes(copying: $0.extracting(droppingFirst: min(end + 1, $0.byteCount))) }
    }

    /// - Throws: code `inputOutput` when nobody takes it.
    borrowing func write(to descriptor: Int32) throws(VaultError) {
        let line: [UInt8]
        do {
            line = Array(try JSONEncoder().encode(answer)) + [UInt8(ascii: "\n")]
        } catch {
            throw VaultError(.internalError, "the answer cannot be written as JSON")
        }
        let failure = header.withBytes { header in
            unsafe header.withUnsafeBytes { header in
                unsafe line.withUnsafeBytes { line in unsafe Descriptor.write([line, header], to: descriptor) }
            }
        }
        if let failure {
            throw VaultError(.inputOutput, "nobody takes the answer: \(Descriptor.text(of: failure))")
        }
    }
}
