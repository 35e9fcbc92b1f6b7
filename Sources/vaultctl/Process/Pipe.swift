import Glibc
import Vault

/// Both ends of a pipe, closed on exec.
struct Pipe {
    let read: Int32
    let write: Int32

    init() throws(VaultError) {
        var ends: [Int32] = [-1, -1]
        guard unsafe pipe(&ends) == 0 else {
            throw VaultError(.inputOutput, "no pipe could be made: \(Descriptor.text(of: errno))")
        }
        (read, write) = (ends[0], ends[1])
        for end in ends { Descriptor.closeOnExec(end) }
    }
}
