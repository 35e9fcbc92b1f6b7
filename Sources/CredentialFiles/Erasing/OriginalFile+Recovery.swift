private import Glibc
package import Vault

extension OriginalFile {
    /// Opens a file, and clears up after a run that was ended before.
    ///
    /// - Parameter erasures: those of all secrets in such a file, as its reader finds them.
    /// - Throws: as ``init(at:)``; code `exists` when something of somebody else lies at ``discardedPath`` or ``candidatePath``,
    ///   or what may be the only copy of something.
    package static func opened(
        at path: String, erasures: (borrowing SecretBytes) throws(VaultError) -> [Erasure]
    ) throws(VaultError) -> OriginalFile {
        let file = try OriginalFile(at: path)
        if let discarded = try LeftFile(at: file.discardedPath) { try discarded.destroy() }
        guard let candidate = try LeftFile(at: file.candidatePath) else { return file }
        // The run ended while the two files changed places. Which of them it is, and whether somebody wrote to it meanwhile,
        // only their contents tell.
        let content = try FileContent.read(candidate.file.number, count: candidate.size, path: candidate.path)
        if try Self.isContent(content, of: file.content, without: erasures(file.content)) {
            try candidate.destroy()
            return file
        }
        // What its reader does not understand is no file of this program.
        let ofCandidate = try? erasures(content)
        guard let ofCandidate, try Self.isContent(file.content, of: content, without: ofCandidate) else {
            throw VaultError(
                .exists,
                "\(candidate.path), from a run that was ended, has something that is not in \(file.path); "
                    + "nothing was changed",
                hint: "compare the two, keep what you need, and remove it: shred -u \(candidate.path)")
        }
        // It is the old one. Back in its place, and all is as before that run.
        try file.exchange()
        try file.destroyOld()
        _ = consume candidate
        var old = try OriginalFile(at: path)
        old.isPutBack = true
        return old
    }

    /// Whether bytes are all those of a whole file but for some of its erasures.
    static func isContent(
        _ part: borrowing SecretBytes, of whole: borrowing SecretBytes, without erasures: [Erasure]
    ) throws(VaultError) -> Bool {
        let ordered = try Self.ordered(erasures, in: whole.count)
        return part.withBytes { part in
            whole.withBytes { whole in
                var (from, at) = (0, 0)
                func goesOn(with range: Range<Int>) -> Bool {
                    part.byteCount - at >= range.count
                        && range.allSatisfy { part.byte(at: at + $0 - range.lowerBound) == whole.byte(at: $0) }
                }
                for erasure in ordered {
                    let before = from..<erasure.range.lowerBound
                    guard goesOn(with: before) else { return false }
                    at += before.count
                    if goesOn(with: erasure.range) {
                        at += erasure.range.count
                    } else {
                        let replacement = erasure.replacement
                        guard part.byteCount - at >= replacement.count,
                            replacement.indices.allSatisfy({ part.byte(at: at + $0) == replacement[$0] })
                        else { return false }
                        at += replacement.count
                    }
                    from = erasure.range.upperBound
                }
                return goesOn(with: from..<whole.byteCount) && part.byteCount - at == whole.byteCount - from
            }
        }
    }
}
