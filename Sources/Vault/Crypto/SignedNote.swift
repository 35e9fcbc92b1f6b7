/// A text with signatures, as C2SP has it (c2sp.org/signed-note): the text, a blank line, and a line for each signature.
///
/// ```
/// vaultctl/3f0c…
/// 1000
/// xKq…=
///
/// — vaultctl/3f0c… base64(4 bytes of key id | signature)
/// ```
/// What a note says means nothing until ``isSigned(by:)`` has said yes.
struct SignedNote: Sendable, Equatable {
    struct Signature: Sendable, Equatable {
        let keyName: String
        /// 4 bytes.
        let keyID: [UInt8]
        /// 64 bytes for Ed25519; other kinds of keys have other lengths.
        let bytes: [UInt8]
    }

    /// Ends in a newline.
    let text: String
    let signatures: [Signature]

    /// Bytes of a whole note.
    static let longest = 64 << 10
    static let mostSignatures = 64
    /// Em dash and space.
    private static let dash = "\u{2014} "

    init(text: String, signatures: [Signature]) {
        self.text = text
        self.signatures = signatures
    }

    /// - Returns: nil for what is no note: another form, other text than UTF-8, control characters, base64 of another
    ///   spelling, more than ``longest`` bytes or ``mostSignatures`` signatures.
    init?(parsing bytes: [UInt8]) {
        let newline = UInt8(ascii: "\n")
        guard bytes.count <= Self.longest, bytes.last == newline,
            bytes.allSatisfy({ $0 >= 0x20 || $0 == newline }),
            // The text may have empty lines of its own: it is the last one that ends it.
            let blank = bytes.indices.dropFirst().last(where: { bytes[$0] == newline && bytes[$0 - 1] == newline }),
            let text = String(validating: bytes[..<blank], as: UTF8.self)
        else { return nil }
        let lines = bytes[(blank + 1)...].dropLast().split(separator: newline, omittingEmptySubsequences: false)
        guard lines.count <= Self.mostSignatures else { return nil }
        var signatures: [Signature] = []
        for line in lines {
            guard let signature = Signature(line: line) else { return nil }
            signatures.append(signature)
        }
        self.init(text: text, signatures: signatures)
    }

    /// The note as it is written.
    var encoded: String {
        text + "\n"
            + signatures.map { "\(Self.dash)\($0.keyName) \(($0.keyID + $0.bytes).base64)\n" }.joined()
    }

    /// Whether the key has signed it, and every signature that is said to be the key's is. Those of other keys say nothing.
    func isSigned(by key: NoteVerifierKey) -> Bool {
        let own = signatures.filter { $0.keyName.utf8.elementsEqual(key.name.utf8) && $0.keyID == key.id }
        return !own.isEmpty && own.allSatisfy { key.verifies($0.bytes, of: Array(text.utf8)) }
    }
}

extension SignedNote.Signature {
    /// Reads `— name base64`.
    fileprivate init?(line: ArraySlice<UInt8>) {
        let dash = Array("\u{2014} ".utf8)
        guard line.starts(with: dash) else { return nil }
        let parts = line.dropFirst(dash.count).split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
        guard parts.count == 2, let name = String(validating: parts[0], as: UTF8.self),
            NoteVerifierKey.isName(name), let encoded = String(validating: parts[1], as: UTF8.self),
            let decoded = [UInt8](base64: encoded), decoded.count > 4
        else { return nil }
        self.init(keyName: name, keyID: Array(decoded[..<4]), bytes: Array(decoded[4...]))
    }
}
