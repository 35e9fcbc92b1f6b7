internal import Vault

/// A file as text, by its bytes: what readers of every form have in common.
///
/// The bytes themselves are handed in at each call and not kept: they lie in locked memory, and no part of them that is a
/// secret becomes a string.
package struct SourceText {
    let path: String
    /// Where the text begins, behind a byte order mark.
    let start: Int
    /// How many bytes there are, the mark counted.
    let end: Int

    /// More would not be what people keep by hand or tools write, and takes more memory than may be locked.
    static let longest = 16 << 20
    /// Each secret takes some pages of its own, of which a process may have so many.
    package static let mostCredentials = 10_000

    /// - Throws: code `notUnderstood` for a file that is empty, too long, or not UTF-8, with the line where it ceases to be.
    init(_ bytes: RawSpan, path: String) throws(VaultError) {
        self.path = path
        end = bytes.byteCount
        func starts(with mark: [UInt8]) -> Bool {
            bytes.byteCount >= mark.count && mark.indices.allSatisfy { bytes.byte(at: $0) == mark[$0] }
        }
        start = starts(with: [0xef, 0xbb, 0xbf]) ? 3 : 0
        guard end <= Self.longest else {
            throw error(1, "the file is longer than \(Self.longest >> 20) MiB")
        }
        guard !starts(with: [0xff, 0xfe]), !starts(with: [0xfe, 0xff]) else {
            throw error(1, "the file is UTF-16", hint: "write it as UTF-8: iconv -f UTF-16 -t UTF-8")
        }
        guard let wrong = Self.firstNotUTF8(in: bytes) else {
            guard end > start, (start..<end).contains(where: { !bytes.isBlank(at: $0) }) else {
                throw error(1, "the file is empty")
            }
            return
        }
        let line = bytes.line(of: wrong)
        // UTF-16 without a mark, and everything that is no text at all.
        throw error(line, wrong < end && bytes.byte(at: wrong) == 0 ? "the file is no text" : "the file is not UTF-8")
    }

    /// An error about one line, `PATH:LINE: …`.
    func error(_ line: Int, _ what: String, hint: String? = nil) -> VaultError {
        VaultError(.notUnderstood, "\(path):\(line): \(what)", hint: hint)
    }

    /// Where the bytes cease to be UTF-8 without zero bytes; nil where they are all well.
    private static func firstNotUTF8(in bytes: RawSpan) -> Int? {
        var at = 0
        let count = bytes.byteCount
        while at < count {
            let first = bytes.byte(at: at)
            if first != 0, first < 0x80 {
                at += 1
                continue
            }
            guard let length = lengthOfCharacter(first), at + length <= count else { return at }
            let second = bytes.byte(at: at + 1)
            guard (lowestSecond(first)...highestSecond(first)).contains(second) else { return at }
            for offset in 2..<max(length, 2) where bytes.byte(at: at + offset) & 0xc0 != 0x80 { return at }
            at += length
        }
        return nil
    }

    // The Unicode Standard, table 3-7: neither overlong forms, nor surrogates, nor beyond U+10FFFF.

    private static func lengthOfCharacter(_ first: UInt8) -> Int? {
        switch first {
        case 0xc2...0xdf: 2
        case 0xe0...0xef: 3
        case 0xf0...0xf4: 4
        default: nil
        }
    }

    private static func lowestSecond(_ first: UInt8) -> UInt8 { first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80 }

    private static func highestSecond(_ first: UInt8) -> UInt8 { first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf }
}

extension RawSpan {
    /// Space, tab, line feed or carriage return.
    func isBlank(at offset: Int) -> Bool {
        switch byte(at: offset) {
        case 0x20, 0x09, 0x0a, 0x0d: true
        default: false
        }
    }

    /// Whether `text` stands at `offset`.
    func has(_ text: StaticString, at offset: Int) -> Bool {
        guard offset >= 0, byteCount - offset >= text.utf8CodeUnitCount else { return false }
        return (0..<text.utf8CodeUnitCount).allSatisfy { unsafe byte(at: offset + $0) == text.utf8Start[$0] }
    }

    /// The line of an offset, counted from 1.
    func line(of offset: Int) -> Int {
        (0..<Swift.min(offset, byteCount)).count { byte(at: $0) == UInt8(ascii: "\n") } + 1
    }

    /// The part without blanks at its ends.
    func trimmed(_ range: Range<Int>) -> Range<Int> {
        var range = range
        while let last = range.last, isBlank(at: last) { range = range.lowerBound..<last }
        while let first = range.first, isBlank(at: first) { range = first + 1..<range.upperBound }
        return range
    }

    /// Without the pair of quotes around it, if there is one.
    func unquoted(_ range: Range<Int>) -> Range<Int> {
        guard range.count >= 2, "'\"".utf8.contains(byte(at: range.lowerBound)),
            byte(at: range.lowerBound) == byte(at: range.upperBound - 1)
        else { return range }
        return range.lowerBound + 1..<range.upperBound - 1
    }

    /// For what is no secret: a key, a name.
    func text(_ range: Range<Int>) -> String {
        String(decoding: range.map { byte(at: $0) }, as: UTF8.self)
    }
}
