import Glibc
import Vault

/// Counts words in a file that may hold secrets. Of the file itself nothing is kept.
enum SecretMentions {
    /// - Parameters:
    ///   - words: ASCII, each of at most 64 bytes.
    /// - Returns: nil when there is no regular file.
    /// - Throws: code `inputOutput`.
    static func count(of words: [String], in path: String) throws(VaultError) -> Int? {
        // A pipe in its place would keep us waiting.
        let file = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard file >= 0 else {
            if errno == ENOENT || errno == ENOTDIR { return nil }
            throw .system(errno, "cannot read", path: path)
        }
        defer { close(file) }
        var status = stat()
        guard unsafe fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        let words = words.map { Array($0.utf8) }
        let overlap = (words.map(\.count).max() ?? 1) - 1
        var buffer = SecretBytes(count: 32 << 10) { _ in }
        var count = 0
        var kept = 0
        while true {
            let read = buffer.withMutableBytes { span in
                unsafe span.withUnsafeMutableBytes {
                    unsafe Descriptor.read(into: .init(rebasing: $0[kept...]), from: file)
                }
            }
            guard read >= 0 else { throw .system(Int32(-read), "cannot read", path: path) }
            guard read > 0 else { return count }
            let end = kept + read
            buffer.withMutableBytes { span in
                unsafe span.withUnsafeMutableBytes { bytes in
                    for word in words {
                        // One that ended before what is new was counted then.
                        let first = max(0, kept - word.count + 1)
                        guard end >= word.count, first <= end - word.count else { continue }
                        for start in first...(end - word.count)
                        where unsafe bytes[start..<start + word.count].elementsEqual(word) {
                            count += 1
                        }
                    }
                    let tail = min(overlap, end)
                    for index in 0..<tail { unsafe bytes[index] = bytes[end - tail + index] }
                    kept = tail
                }
            }
        }
    }
}
