private import Glibc

extension ShellCommand {
    /// Runs it as ``run(in:)`` does, and gives on each line that it prints, without the newline. Nothing is kept, so that it
    /// may print much; it is for what is no secret.
    ///
    /// - Parameter longestLine: bytes; longer lines are passed over, and so is one that does not end.
    /// - Returns: what ``Ended/complaint`` tells: nil when it ended well.
    func forEachLine(
        upTo longestLine: Int, in group: ProcessGroup, _ body: (ArraySlice<UInt8>) -> Void
    ) throws(Failure) -> String? {
        let read = try start(in: group)
        defer { close(read) }
        let deadline = ContinuousClock.now + patience
        var lines = Lines(longest: longestLine)
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        var length = 0
        var isOver = false
        reading: while length <= longestOutput {
            switch group.wait(for: read, until: deadline) {
            case .output: break
            case .ended: break reading
            case .over:
                isOver = true
                break reading
            }
            let count = unsafe Glibc.read(read, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            length += count
            lines.add(chunk[..<count], body)
        }
        let isTooMuch = length > longestOutput
        let status = group.end(isOver || isTooMuch ? .now : deadline)
        guard !isTooMuch else { throw .tooMuch }
        guard !isOver, let status else { throw .tooLong }
        return Self.complaint(about: status)
    }

    /// Makes lines of what comes in pieces.
    private struct Lines {
        let longest: Int
        private var begun: [UInt8] = []
        /// Whether what has begun is longer already.
        private var isPassedOver = false

        init(longest: Int) {
            self.longest = longest
        }

        mutating func add(_ piece: ArraySlice<UInt8>, _ body: (ArraySlice<UInt8>) -> Void) {
            var rest = piece
            while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
                append(rest[..<end])
                if !isPassedOver { body(begun[...]) }
                begun.removeAll(keepingCapacity: true)
                isPassedOver = false
                rest = rest[(end + 1)...]
            }
            append(rest)
        }

        private mutating func append(_ part: ArraySlice<UInt8>) {
            isPassedOver = isPassedOver || begun.count + part.count > longest
            if !isPassedOver { begun += part }
        }
    }
}
