import CLinux
import Glibc
import Vault

/// Whether a crash would leave memory behind.
struct CoreDumpsExamination: Examination {
    static let name = "core dumps"

    func examine(_ patient: Patient) throws(VaultError) -> [Diagnosis] {
        let pattern = try KernelFile.text("/proc/sys/kernel/core_pattern")
        let others = pattern.map { "; those of other programs go to \($0.isEmpty ? "nowhere" : $0)" } ?? ""
        var limit = rlimit()
        guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &limit) == 0 else {
            throw .system(errno, "cannot read the limit on", path: "core files")
        }
        // A program that cores are piped to gets them whatever the limit says (core(5)).
        guard linux_is_dumpable() == 0 else {
            return [
                .problem(
                    "the kernel does not keep this process from leaving core files\(others)",
                    limit.rlim_cur == 0 ? "sysctl -w kernel.core_pattern=core" : "ulimit -c 0")
            ]
        }
        return [.ok("this process leaves none, nor does an agent\(others)")]
    }
}

/// Whether other programs of this user can look into those that take passphrases and tokens.
struct TracingExamination: Examination {
    static let name = "tracing"

    func examine(_ patient: Patient) throws(VaultError) -> [Diagnosis] {
        guard linux_is_dumpable() == 0 else {
            return [.problem("other programs of this user can read this process' memory", nil)]
        }
        let own = "neither this process nor an agent can be traced"
        // Without Yama (ptrace(2)) there is nothing to set.
        guard let scope = try KernelFile.text("/proc/sys/kernel/yama/ptrace_scope") else { return [.ok(own)] }
        guard scope != "0" else {
            return [
                .warning(
                    "\(own), but shells and clients can be, by any program of this user (ptrace_scope is 0)",
                    "sysctl -w kernel.yama.ptrace_scope=1")
            ]
        }
        return [.ok("\(own), nor shells and clients by what they did not start (ptrace_scope is \(scope))")]
    }
}
