/// Text from a peer, made fit to be shown.
enum ShownText {
    /// The text without control characters and without those that turn the direction of writing, cut at `limit`
    /// characters; runs of white space are one space.
    static func cleaned(_ text: String, limit: Int) -> String {
        var cleaned = String.UnicodeScalarView()
        for scalar in text.unicodeScalars.prefix(limit * 4) {
            if scalar.properties.isWhitespace {
                if cleaned.last != " " && !cleaned.isEmpty { cleaned.append(" ") }
                continue
            }
            switch scalar.properties.generalCategory {
            case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: continue
            default: cleaned.append(scalar)
            }
        }
        if cleaned.last == " " { cleaned.removeLast() }
        return String(String(cleaned).prefix(limit))
    }

    /// The first sentence, without its full stop.
    static func firstSentence(of text: String) -> String {
        var sentence = ""
        var stopped = false
        for character in text {
            if character.isNewline || (stopped && character.isWhitespace) { break }
            if stopped { sentence.append(".") }
            stopped = character == "."
            if !stopped { sentence.append(character) }
        }
        return sentence
    }

    /// A name or id as protocols use them, letters, digits and `-_.` and at most 64 of them; nil for anything else.
    static func identifier(_ text: String?) -> String? {
        guard let text, (1...64).contains(text.utf8.count), text.utf8.allSatisfy(isOfIdentifiers) else { return nil }
        return text
    }

    /// Whether the bytes of `secret` occur in `text`.
    static func holds(_ secret: borrowing SecretBytes, in text: String) -> Bool {
        let text = Array(text.utf8)
        return secret.withBytes { secret in
            guard secret.byteCount > 0, secret.byteCount <= text.count else { return false }
            return (0...text.count - secret.byteCount).contains { start in
                (0..<secret.byteCount).allSatisfy { text[start + $0] == secret.octet(at: $0) }
            }
        }
    }

    /// Whether a run of `text` is also in `sent`: a peer that repeats what it was sent need not repeat all of it.
    static func repeats(_ sent: String, in text: String) -> Bool {
        let (sent, text) = (Array(sent.utf8), Array(text.utf8))
        let run = 12
        guard sent.count >= run, text.count >= run else { return false }
        let runs = Set((0...sent.count - run).map { sent[$0..<$0 + run] })
        return (0...text.count - run).contains { runs.contains(text[$0..<$0 + run]) }
    }

    static func isOfIdentifiers(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
            true
        default: false
        }
    }
}
