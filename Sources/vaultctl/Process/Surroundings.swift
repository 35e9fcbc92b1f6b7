import Glibc

/// What the environment says, and the directories that follow from it (XDG base directories).
enum Surroundings {
    /// A variable; an empty one counts as none.
    static func value(_ name: String) -> String? {
        guard let value = unsafe getenv(name), unsafe value.pointee != 0 else { return nil }
        return unsafe String(cString: value)
    }

    /// Whether a variable that switches something is set, and not to `0`.
    static func isOn(_ name: String) -> Bool { value(name).map { $0 != "0" } ?? false }

    /// `path` from the root, where it is relative from the working directory; links and `..` in it stay.
    static func absolute(_ path: String) -> String {
        guard !path.hasPrefix("/"), let directory = unsafe getcwd(nil, 0) else { return path }
        defer { unsafe free(directory) }
        var rest = path[...]
        while rest.hasPrefix("./") { rest = rest.dropFirst(2).drop { $0 == "/" } }
        return unsafe String(cString: directory) + "/" + rest
    }

    static var defaultVaultPath: String { directory("XDG_DATA_HOME", else: ".local/share") + "/vaultctl/vault.db" }

    static var stateDirectory: String { directory("XDG_STATE_HOME", else: ".local/state") + "/vaultctl" }

    /// The base directory a variable names; a relative one is to be ignored, the specification says.
    private static func directory(_ variable: String, else fallback: String) -> String {
        if let path = value(variable), path.hasPrefix("/") { return path }
        return home + "/" + fallback
    }

    static var home: String {
        if let home = value("HOME") { return home }
        return Account.current?.home ?? "/"
    }
}

/// The account that this process runs as, from the system's list of accounts.
struct Account {
    var name: String
    var home: String

    /// Nil when the uid has no account, as in many containers.
    static var current: Account? {
        var entry = unsafe passwd()
        var found: UnsafeMutablePointer<passwd>? = nil
        var buffer = [CChar](repeating: 0, count: 16384)
        guard unsafe getpwuid_r(getuid(), &entry, &buffer, buffer.count, &found) == 0, unsafe found != nil,
            let name = unsafe entry.pw_name, let home = unsafe entry.pw_dir
        else { return nil }
        return unsafe Account(name: String(cString: name), home: String(cString: home))
    }
}
