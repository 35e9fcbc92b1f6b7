package import Vault

extension OriginalFile {
    /// Where secrets would still stand once some of them are taken out: files say the same one twice, under another name or in
    /// a comment.
    ///
    /// A secret of fewer than ``shortestSought`` bytes is not looked for: it may stand anywhere by chance.
    ///
    /// - Parameter credentials: whose secrets all are taken out.
    /// - Returns: for each the first line of the new file that has its secret, as it is or as the file writes it; nil where it
    ///   is gone.
    package borrowing func lines(stillHaving credentials: [FoundCredential]) throws(VaultError) -> [Int?] {
        var patterns: [(credential: Int, bytes: SharedSecret)] = []
        for (index, found) in credentials.enumerated() {
            guard let secret = found.secret, let erasure = found.erasure else { continue }
            patterns.append((index, secret))
            let written = content.withBytes {
                SharedSecret(SecretBytes(copying: $0.extracting($0.unquoted(erasure.range))))
            }
            if !written.bytes.equals(secret.bytes) { patterns.append((index, written)) }
        }
        // By a hash of how they begin, with a key of this process: so that one pass finds them all.
        var beginnings: [Int: [Int]] = [:]
        for (index, pattern) in patterns.enumerated() where pattern.bytes.bytes.count >= Self.shortestSought {
            beginnings[pattern.bytes.bytes.withBytes { $0.beginning(at: 0) }, default: []].append(index)
        }
        var lines: [Int?] = Array(repeating: nil, count: credentials.count)
        let new = try Self.content(content, without: credentials.compactMap(\.erasure))
        new.withBytes { bytes in
            var line = 1
            for at in 0..<max(0, bytes.byteCount - Self.shortestSought + 1) {
                for index in beginnings[bytes.beginning(at: at)] ?? [] {
                    let pattern = patterns[index]
                    guard lines[pattern.credential] == nil else { continue }
                    if pattern.bytes.bytes.withBytes({ bytes.has($0, at: at) }) { lines[pattern.credential] = line }
                }
                if bytes.byte(at: at) == 0x0a { line += 1 }
            }
        }
        return lines
    }

    /// Bytes.
    static let shortestSought = 8
}

extension RawSpan {
    /// A hash of the first bytes there.
    fileprivate func beginning(at start: Int) -> Int {
        var hasher = Hasher()
        for at in start..<start + OriginalFile.shortestSought { hasher.combine(byte(at: at)) }
        return hasher.finalize()
    }

    fileprivate func has(_ other: RawSpan, at start: Int) -> Bool {
        byteCount - start >= other.byteCount
            && (0..<other.byteCount).allSatisfy { byte(at: start + $0) == other.byte(at: $0) }
    }
}
