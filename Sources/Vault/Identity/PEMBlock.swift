/// A block of a PEM file (RFC 7468), by where it lies: a key is not made a string to be found.
struct PEMBlock: Equatable {
    /// `CERTIFICATE`, `PRIVATE KEY`, ….
    let label: String
    /// From the first dash to the last one.
    let range: Range<Int>

    /// The blocks of a file, in order. What stands between them says nothing.
    ///
    /// - Throws: code `usage` for a block that does not end.
    static func all(in bytes: RawSpan) throws(VaultError) -> [PEMBlock] {
        var blocks: [PEMBlock] = []
        var at = 0
        while let begin = bytes.firstRange(of: "-----BEGIN ", from: at) {
            guard let labelEnd = bytes.firstRange(of: "-----", from: begin.upperBound) else { throw unfinished }
            let label = bytes.extracting(begin.upperBound..<labelEnd.lowerBound)
            guard label.byteCount <= 40 else { throw unfinished }
            let text = String(
                decoding: (0..<label.byteCount).map { label.byte(at: $0) }, as: UTF8.self)
            guard let end = bytes.firstRange(of: "-----END \(text)-----", from: labelEnd.upperBound) else {
                throw unfinished
            }
            blocks.append(PEMBlock(label: text, range: begin.lowerBound..<end.upperBound))
            at = end.upperBound
        }
        return blocks
    }

    private static let unfinished = VaultError(
        .usage, "the PEM file has a block without an end", hint: "give the whole file, certificate and key")
}

extension RawSpan {
    /// Where `text` begins for the first time at `start` or behind it.
    fileprivate func firstRange(of text: String, from start: Int) -> Range<Int>? {
        let wanted = Array(text.utf8)
        guard byteCount >= wanted.count else { return nil }
        var at = start
        while at + wanted.count <= byteCount {
            if wanted.indices.allSatisfy({ byte(at: at + $0) == wanted[$0] }) { return at..<at + wanted.count }
            at += 1
        }
        return nil
    }
}
