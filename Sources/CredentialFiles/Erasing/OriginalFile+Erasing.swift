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
    /// - Returns: nil when all is done; why the old bytes could not be cleared away, once the new file is in its place.
    /// - Throws: code `tryAgain` when somebody else changed the file, `inputOutput`, `locked`, `exists` for a file of somebody
    ///   else beside it; the file is as it was then, unless the message says otherwise.
    package consuming func erase(_ erasures: [Erasure]) throws(VaultError) -> VaultError? {
        let new = try write(try Self.content(content, without: erasures))
        do throws(VaultError) {
            try Self.move(discardedPath, to: candidatePath)
            try exchange()
        } catch {
            for place in [discardedPath, candidatePath] where try new.isAt(place) { _ = unsafe unlink(place) }
            throw error
        }
        do throws(VaultError) {
            try destroyOld()
        } catch {
            return error
        }
        return nil
    }

    /// Overwrites and removes the old file, once the other one is durably in its place.
    borrowing func destroyOld() throws(VaultError) {
        try syncFolder()
        guard try FileState(of: descriptor, path: discardedPath).names <= 1 else {
            throw VaultError(
                .inputOutput, "its old bytes, in \(discardedPath), have got another name (a hard link), and stay there",
                hint: "remove them under all names: find -samefile \(discardedPath)")
        }
        if let failure = FileContent.overwrite(descriptor, count: status.size) {
            throw VaultError(
                .inputOutput, "its old bytes in \(discardedPath) could not be overwritten: \(systemMessage(failure))",
                hint: "run it again, or shred -u \(discardedPath)")
        }
        guard unsafe unlink(discardedPath) == 0 || errno == ENOENT else {
            throw .system(errno, "cannot remove what is left, overwritten:", path: discardedPath)
        }
        try syncFolder()
    }

    /// Gives a file a name that nothing has.
    private static func move(_ from: String, to: String) throws(VaultError) {
        guard unsafe linux_rename_to_new(from, to) != 0 else { return }
        let failure = errno
        let isUnknown = [EINVAL, ENOSYS, EOPNOTSUPP].contains(failure)
        let isTaken = try FileState(at: to) != nil
        guard !isTaken else { throw LeftFile.foreign(to) }
        guard isUnknown else { throw .system(failure, "cannot rename", path: from) }
        guard unsafe rename(from, to) == 0 else { throw .system(errno, "cannot rename", path: from) }
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
            try new.lock(place)
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
            if try new.isAt(place) { _ = unsafe unlink(place) }
            throw error
        }
        return new
    }

    /// Lets this file and the one at ``candidatePath`` change places. What lay at the path is then known to be what was read,
    /// and lies at ``discardedPath``; or all is as before.
    borrowing func exchange() throws(VaultError) {
        try checkUnchanged(at: path)
        guard unsafe linux_exchange(candidatePath, path) == 0 else {
            // Network file systems know no such thing: what somebody writes between the last look and this step is lost there.
            guard [EINVAL, ENOSYS, EOPNOTSUPP].contains(errno), unsafe rename(candidatePath, path) == 0 else {
                throw .system(errno, "cannot replace", path: path)
            }
            return
        }
        do throws(VaultError) {
            try checkUnchanged(at: candidatePath)
            try Self.move(candidatePath, to: discardedPath)
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
