import Glibc

/// Calls on open files that go on where the kernel interrupts them.
enum Descriptor {
    /// Writes all of `bytes`.
    /// - Returns: the error number when that failed.
    static func write(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) -> Int32? {
        var rest = unsafe bytes
        while let start = rest.baseAddress, rest.count > 0 {
            let count = unsafe Glibc.write(descriptor, start, rest.count)
            if count >= 0 {
                unsafe rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(count))
                continue
            }
            switch errno {
            case EINTR: continue
            case EAGAIN: wait(for: descriptor, events: Int16(POLLOUT))
            default: return errno
            }
        }
        return nil
    }

    /// Writes all of several buffers, one after the other.
    /// - Returns: the error number when that failed.
    static func write(_ buffers: [UnsafeRawBufferPointer], to descriptor: Int32) -> Int32? {
        let parts = unsafe buffers.map { buffer in
            unsafe iovec(iov_base: UnsafeMutableRawPointer(mutating: buffer.baseAddress), iov_len: buffer.count)
        }
        var taken = unsafe Glibc.writev(descriptor, parts, Int32(parts.count))
        // What it did not take at once, as a full pipe may not, follows piece by piece.
        if taken < 0 { taken = 0 }
        for index in unsafe buffers.indices {
            let buffer = unsafe buffers[index]
            let done = min(taken, buffer.count)
            taken -= done
            let rest = unsafe UnsafeRawBufferPointer(rebasing: buffer[done...])
            if let failure = unsafe write(rest, to: descriptor) { return failure }
        }
        return nil
    }

    /// Reads once, at most as much as `buffer` takes.
    /// - Returns: the number of bytes, 0 at the end; negative: minus the error number.
    static func read(into buffer: UnsafeMutableRawBufferPointer, from descriptor: Int32) -> Int {
        while true {
            let count = unsafe Glibc.read(descriptor, buffer.baseAddress, buffer.count)
            if count >= 0 { return count }
            switch errno {
            case EINTR: continue
            case EAGAIN: wait(for: descriptor, events: Int16(POLLIN))
            default: return -Int(errno)
            }
        }
    }

    /// Whether the descriptor is open at all.
    static func isOpen(_ descriptor: Int32) -> Bool {
        var status = stat()
        return unsafe fstat(descriptor, &status) == 0 || errno != EBADF
    }

    /// Keeps programs that this one starts from inheriting the descriptor.
    /// - Returns: whether it is open.
    @discardableResult
    static func closeOnExec(_ descriptor: Int32) -> Bool { fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0 }

    /// Opens `path` in place of what `descriptor` is; where that fails it stays as it was.
    static func replace(_ descriptor: Int32, with path: String, _ flags: Int32) {
        let new = unsafe open(path, flags | O_CLOEXEC)
        guard new >= 0 else { return }
        dup2(new, descriptor)
        if new != descriptor { close(new) }
    }

    /// What the system calls an error number.
    static func text(of code: Int32) -> String {
        guard let text = unsafe strerror(code) else { return "error \(code)" }
        return unsafe String(cString: text).lowercased()
    }

    private static func wait(for descriptor: Int32, events: Int16) {
        var poll = pollfd(fd: descriptor, events: events, revents: 0)
        // Whatever it says, the call that follows tells the truth.
        _ = unsafe Glibc.poll(&poll, 1, -1)
    }
}
