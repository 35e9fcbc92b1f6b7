internal import Vault

/// `az login` with a password on the command line, as it stands in histories, logs and scripts.
struct LoginCommand {
    /// Where the password is.
    var password: Range<Int>
    /// With `--service-principal` it is a client secret.
    var isServicePrincipal = false
    var clientID: String?

    /// - Parameter login: where the word `login` may begin.
    init?(login: Int, within line: Range<Int>, in bytes: RawSpan) {
        guard bytes.has("login", at: login), login >= line.lowerBound + 3, bytes.has("az ", at: login - 3),
            login + 5 < line.upperBound, bytes.isBlank(at: login + 5),
            login - 3 == line.lowerBound || !SecretShape.isWord(bytes.byte(at: login - 4))
        else { return nil }
        var words = Self.words(from: login + 5, line.upperBound, bytes)[...]
        var password: Range<Int>?
        var user: Range<Int>?
        while let word = words.popFirst() {
            if bytes.has("--service-principal", at: word.lowerBound) {
                isServicePrincipal = true
            } else if let value = Self.value(of: "--password", "-p", word, &words, bytes) {
                password = value
            } else if let value = Self.value(of: "--username", "-u", word, &words, bytes) {
                user = value
            }
        }
        guard let password, !password.isEmpty, !Self.standsForAnother(password, bytes) else { return nil }
        self.password = password
        if let user, SecretAssignment.isGUID(user, bytes) { clientID = bytes.text(user) }
    }

    /// What an option is given: in the next word, behind `=`, or sticking to its letter. Nil where `word` is not the option.
    private static func value(
        of long: StaticString, _ short: StaticString, _ word: Range<Int>, _ rest: inout ArraySlice<Range<Int>>,
        _ bytes: RawSpan
    ) -> Range<Int>? {
        let isLong = bytes.has(long, at: word.lowerBound)
        guard isLong || bytes.has(short, at: word.lowerBound) && !bytes.has("--", at: word.lowerBound) else {
            return nil
        }
        let behind = word.lowerBound + (isLong ? long : short).utf8CodeUnitCount
        guard behind < word.upperBound else { return rest.popFirst() }
        // `'S'` of `--password='S'` is a word with quotes in it.
        if bytes.byte(at: behind) == UInt8(ascii: "=") { return bytes.unquoted(behind + 1..<word.upperBound) }
        return isLong ? nil : bytes.unquoted(behind..<word.upperBound)
    }

    /// A variable, a command's output, or the path of a certificate.
    private static func standsForAnother(_ range: Range<Int>, _ bytes: RawSpan) -> Bool {
        let first = range.lowerBound
        if "$`<@(/".utf8.contains(bytes.byte(at: first)) || bytes.has("~/", at: first) || bytes.has("./", at: first) {
            return true
        }
        return bytes.has(".pem", at: range.upperBound - 4) || bytes.has(".pfx", at: range.upperBound - 4)
    }

    /// The words of the command up to its end, without the quotes around them.
    private static func words(from start: Int, _ end: Int, _ bytes: RawSpan) -> [Range<Int>] {
        var words: [Range<Int>] = []
        var at = start
        while at < end {
            let byte = bytes.byte(at: at)
            if bytes.isBlank(at: at) {
                at += 1
            } else if ";|&)>#".utf8.contains(byte) {
                break
            } else if byte == UInt8(ascii: "'") || byte == UInt8(ascii: "\"") {
                let begin = at + 1
                at = begin
                while at < end, bytes.byte(at: at) != byte { at += 1 }
                words.append(begin..<at)
                at += 1
            } else {
                let begin = at
                // What is in quotes right behind `=` or the letter of an option is part of the word, blanks and all.
                var quote: UInt8?
                while at < end, quote != nil || !bytes.isBlank(at: at) && !";|&)".utf8.contains(bytes.byte(at: at)) {
                    let byte = bytes.byte(at: at)
                    if byte == quote {
                        quote = nil
                    } else if byte == UInt8(ascii: "'") || byte == UInt8(ascii: "\""), quote == nil,
                        at == begin + 2 || bytes.byte(at: at - 1) == UInt8(ascii: "=")
                    {
                        quote = byte
                    }
                    at += 1
                }
                words.append(begin..<at)
            }
        }
        return words
    }
}
