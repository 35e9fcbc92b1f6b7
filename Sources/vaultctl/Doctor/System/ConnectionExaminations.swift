import Glibc
import Vault

/// Whether somebody else could add to whom TLS trusts.
struct AuthoritiesFileExamination: Examination {
    static let name = "certificate authorities"

    func examine(_ patient: Patient) throws(VaultError) -> [Diagnosis] {
        guard let path = patient.caFile.map(Surroundings.absolute) else { return [.ok("the system's alone")] }
        var status = stat()
        guard unsafe stat(path, &status) == 0 else {
            return [
                .problem("\(path) cannot be read: \(systemMessage(errno))", "check --ca-file and VAULTCTL_CA_FILE")
            ]
        }
        let remedy = "keep a copy that is yours alone: chmod 644"
        guard status.st_uid == 0 || status.st_uid == geteuid() else {
            return [.problem("\(path), which is trusted, belongs to another user (uid \(status.st_uid))", remedy)]
        }
        guard status.st_mode & 0o022 == 0 else {
            return [.problem("\(path), which is trusted, can be written by others", "\(remedy) \(path)")]
        }
        return [.ok("the system's, and \(path)")]
    }
}

/// Whether requests go through a proxy, and whether its address gives a password away.
struct ProxyExamination: Examination {
    static let name = "proxy"

    func examine(_ patient: Patient) throws(VaultError) -> [Diagnosis] {
        let names = ["HTTPS_PROXY", "ALL_PROXY"].flatMap { [$0.lowercased(), $0] }
        let set = names.compactMap { name in Surroundings.value(name).map { (name: name, value: $0) } }
        guard !set.isEmpty else { return [.ok("none")] }
        let withPassword = set.filter { $0.value.contains("@") }.map(\.name)
        guard withPassword.isEmpty else {
            return [
                .warning(
                    "the address in \(withPassword.joined(separator: ", ")) has a user name or a password in it, "
                        + "which every program of this user can read", "use a proxy on this machine that adds them")
            ]
        }
        return [.ok("as \(set.map(\.name).joined(separator: ", ")) says")]
    }
}
