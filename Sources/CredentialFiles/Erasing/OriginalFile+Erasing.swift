private import CLinux
private import Glibc
package import Vault

extension OriginalFile {
    /// Writes the file anew without what the erasures name, durably, and then overwrites the bytes of the old one.
    ///
    /// Everything else stays as it is: the other bytes, owner, group, mode, attributes. The new file can never be reached by
    /// more people than the old one, not even while it is written.
    ///
    /// - Parameter erasures: of this ``content``, in any order.
    /// - Throws: code `tryAgain` when somebody else changed the file, `inputOutput`, `locked`; the file is as it was then,
    ///   unless the message says that it is the old one that could not be overwritten.
    package consuming func erase(_ erasures: [Erasure]) throws(VaultError) {
        let new = try write(try Self.content(content, without: erasures))
        do throws(VaultError) {
            guard unsafe rename(discardedPath, candidatePath) == 0 else {
                throw .system(errno, "cannot rename", path: discardedPath)
            }
            try exchange()
        } catch {
            for place in [discardedPath, candidatePath] where try new.isAt(place) { _ = unsafe unlink(place) }
            throw error
        }
        try destroyOld()
    }

    /// Overwrites and removes the old file, once another one is durably in its place: nobody can have written to it unseen.
    borrowing func destroyOld() throws(VaultError) {
        if let failure = FileContent.overwrite(descriptor, count: status.size) {
            throw VaultError(
                .inputOutput,
                "\(path) is without the secrets now, but its old bytes in \(discardedPath) could not be overwritten: "
                    + systemMessage(failure), hint: "run it again, or shred -u \(discardedPath)")
        }
        guard unsafe unlink(discardedPath) == 0 || errno == ENOENT else {
            throw .system(errno, "cannot remove what is left, overwritten:", path: discardedPath)
        }
        try syncFolder()
    }

    /// The content without the ranges of the erasures; of several for the same range one counts.
    ///
    /// - Throws: code `internalError` for ranges that overlap, or lie outside.
    static func content(
        _ content: borrowing SecretBytes, without erasures: [Erasure]
    ) throws(VaultError) -> SecretBytes {
        let ordered = try Self.ordered(erasures, in: content.count)
        let erased = ordered.reduce(0) { $0 + $1.range.count - $1.replacement.count }
        return SecretBytes(count: content.count - erased) { target in
            content.withBytes { bytes in
                var (from, to) = (0, 0)
                for erasure in ordered {
                    target.write(bytes.extracting(from..<erasure.range.lowerBound), at: to)
                    to += erasure.range.lowerBound - from
                    erasure.replacement.withRawSpan { target.write($0, at: to) }
                    to += erasure.replacement.count
                    from = erasure.range.upperBound
                }
                target.write(bytes.extracting(from..<bytes.byteCount), at: to)
            }
        }
    }

    /// Erasures as they follow one another in a file of `count` bytes; of several for the same range one.
    static func ordered(_ erasures: [Erasure], in count: Int) throws(VaultError) -> [Erasure] {
        var ordered: [Erasure] = []
        for erasure in erasures.sorted(by: { $0.range.lowerBound < $1.range.lowerBound }) where erasure != ordered.last
        {
            guard erasure.range.lowerBound >= ordered.last?.range.upperBound ?? 0, erasure.range.upperBound <= count
            else { throw VaultError(.internalError, "two secrets of a file lie in the same place") }
            ordered.append(erasure)
        }
        return ordered
    }

    /// Writes the new file to ``discardedPath``, durably.
    ///
    /// - Returns: the file, locked: it is another run's original as soon as it is in its place.
    private borrowing func write(_ content: borrowing SecretBytes) throws(VaultError) -> OpenFile {
        let place = discardedPath
        guard let new = OpenFile(place, O_WRONLY | O_CREAT | O_EXCL) else {
            throw Self.refused(.locked, path, "no file can be made beside it: \(systemMessage(errno))")
        }
        do throws(VaultError) {
            guard flock(new.number, LOCK_EX | LOCK_NB) == 0 else { throw .system(errno, "cannot lock", path: place) }
            if let failure = content.withBytes({ FileContent.write($0, to: new.number) }) {
                throw .system(failure, "cannot write", path: place)
            }
            let made = try FileState(of: new.number, path: place)
            if made.group != status.group, fchown(new.number, uid_t.max, status.group) != 0 {
                throw Self.refused(.locked, path, "its group cannot be given to a new file: \(systemMessage(errno))")
            }
            try FileAttributes.copy(from: descriptor, to: new.number, path: path)
            guard fchmod(new.number, status.mode) == 0, fsync(new.number) == 0 else {
                throw .system(errno, "cannot write", path: place)
            }
        } catch {
            _ = unsafe unlink(place)
            throw error
        }
        return new
    }

    /// Lets this file and the one at ``candidatePath`` change places, durably. What lay at the path is then known to be what
    /// was read, and lies at ``discardedPath``; or all is as before.
    borrowing func exchange() throws(VaultError) {
        try checkUnchanged(at: path)
        guard unsafe linux_exchange(candidatePath, path) == 0 else {
            // Network file systems know no such thing: what somebody writes between the last look and this step is lost there.
            guard [EINVAL, ENOSYS, EOPNOTSUPP].contains(errno), unsafe rename(candidatePath, path) == 0 else {
                throw .system(errno, "cannot replace", path: path)
            }
            return try syncFolder()
        }
        do throws(VaultError) {
            try checkUnchanged(at: candidatePath)
            try syncFolder()
            guard unsafe rename(candidatePath, discardedPath) == 0 else {
                throw .system(errno, "cannot rename", path: candidatePath)
            }
        } catch {
            guard unsafe linux_exchange(candidatePath, path) == 0 else {
                throw VaultError(
                    error.code, "\(error.message); what was there lies at \(candidatePath)",
                    hint: "compare the two files")
            }
            throw error
        }
    }

    private borrowing func syncFolder() throws(VaultError) {
        let folder = path.lastIndex(of: "/").map { path[...$0] } ?? "."
        guard let opened = OpenFile(String(folder), O_RDONLY | O_DIRECTORY) else {
            throw .system(errno, "cannot open", path: String(folder))
        }
        guard fsync(opened.number) == 0 else { throw .system(errno, "cannot make durable", path: String(folder)) }
    }
}
