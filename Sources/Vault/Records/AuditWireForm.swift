internal import FoundationEssentials

/// Tells quickly of most entries that their content is understood: decoding a message only to let go of it takes longer
/// than everything else about an entry.
///
/// It knows the form in which entries are written: fields in ascending order, of the types that FORMAT.md says, text in
/// ASCII, words that this program knows. Whatever differs, wrong or not, is for the decoder to judge: what is recognised
/// here is always understood, what is not may be.
enum AuditWireForm {
    private enum Field {
        case absent, number, bytes, text
        /// One that ``Date`` takes, after 1970.
        case time
        /// One or more.
        case texts
        case word([[UInt8]])
        case message([Field])
    }

    private static let client: [Field] = [.absent, .number, .text]
    private static let caller: [Field] = [.absent, .number, .number, .text, .text, .texts, .message(client)]
    private static let refusal: [Field] = [.absent, .text, .number, .text, .text]
    private static let event: [Field] = [
        .absent, .time, .word(AuditAction.allCases.map { Array($0.rawValue.utf8) }),
        .word(AuditOutcome.allCases.map { Array($0.rawValue.utf8) }), .message(caller), .text, .bytes, .text, .text,
        .text, .text, .text, .number, .text, .bytes, .message(refusal), .text, .text, .number,
    ]

    /// What the index tells of an entry.
    struct Told {
        /// Unix milliseconds.
        var time: Int64
        /// Where its name lies; nil for an entry about none.
        var profile: Range<Int>?
    }

    private static let timeField = 1
    private static let profileField = 5

    /// - Returns: nil unless it is a message that decodes to an event with a time, and an action and an outcome that are
    ///   known.
    static func told(_ bytes: RawSpan) -> Told? {
        var reader = Reader()
        guard reader.reads(event, requiring: 3, in: bytes, to: bytes.byteCount) else { return nil }
        return reader.told
    }

    private struct Reader {
        private var position = 0
        /// How many messages the reader is in.
        private var depth = 0
        private(set) var told = Told(time: 0, profile: nil)

        /// - Parameter required: the fields from 1 on that must be there.
        mutating func reads(_ fields: [Field], requiring required: Int, in bytes: RawSpan, to end: Int) -> Bool {
            depth += 1
            defer { depth -= 1 }
            var last = 0
            var seen = 0
            while position < end {
                guard let tag = number(in: bytes, to: end) else { return false }
                let (field, type) = (Int(clamping: tag >> 3), tag & 7)
                guard field > 0, field < fields.count else { return false }
                if case .texts = fields[field], field == last {
                    // Each of a list has a tag of its own.
                } else {
                    guard field > last else { return false }
                }
                last = field
                if field <= required { seen += 1 }
                let start = position
                guard reads(fields[field], type: type, in: bytes, to: end) else { return false }
                if depth == 1 { note(field, from: start, in: bytes) }
            }
            return position == end && seen == required
        }

        /// Keeps what the index tells of a field of the event, whose content was just read.
        private mutating func note(_ field: Int, from start: Int, in bytes: RawSpan) {
            let end = position
            guard field == timeField || field == profileField else { return }
            position = start
            let number = number(in: bytes, to: end)
            if field == timeField { told.time = Int64(bitPattern: number ?? 0) }
            if field == profileField, position < end { told.profile = position..<end }
            position = end
        }

        private mutating func reads(_ field: Field, type: UInt64, in bytes: RawSpan, to end: Int) -> Bool {
            switch field {
            case .absent: return false
            case .number: return type == 0 && number(in: bytes, to: end) != nil
            case .time:
                guard type == 0, let time = number(in: bytes, to: end) else { return false }
                return time != 0 && time <= UInt64(Date.storableMilliseconds.upperBound)
            case .bytes, .text, .texts, .word, .message:
                guard type == 2, let length = number(in: bytes, to: end), length <= UInt64(end - position) else {
                    return false
                }
                let contentEnd = position + Int(length)
                if case .message(let fields) = field {
                    return reads(fields, requiring: 0, in: bytes, to: contentEnd)
                }
                defer { position = contentEnd }
                switch field {
                case .bytes: return true
                case .word(let words): return words.contains { isWord($0, in: bytes, to: contentEnd) }
                default: return isASCII(in: bytes, to: contentEnd)
                }
            }
        }

        /// A number of at most nine bytes: the longer ones are negative, and rare.
        private mutating func number(in bytes: RawSpan, to end: Int) -> UInt64? {
            var value: UInt64 = 0
            for index in 0..<9 {
                guard position < end else { return nil }
                let byte = bytes.byte(at: position)
                position += 1
                value |= UInt64(byte & 0x7f) << (7 * UInt64(index))
                if byte < 0x80 { return value }
            }
            return nil
        }

        private func isASCII(in bytes: RawSpan, to end: Int) -> Bool {
            var all: UInt8 = 0
            for index in position..<end { all |= bytes.byte(at: index) }
            return all < 0x80
        }

        private func isWord(_ word: [UInt8], in bytes: RawSpan, to end: Int) -> Bool {
            guard word.count == end - position else { return false }
            for index in word.indices where bytes.byte(at: position + index) != word[index] { return false }
            return true
        }
    }
}
