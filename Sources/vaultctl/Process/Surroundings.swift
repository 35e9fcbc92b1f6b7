import FoundationEssentials
import Glibc

/// What the environment says, and the directories that follow from it (XDG base directories).
enum Surroundings {
    /// A variable; an empty one counts as none.
    static func value(_ name: String) -> String? {
        guard let value = ProcessInfo.processInfo.environment[name], !value.isEmpty else { return nil }
        return value
    }

    static var defaultVaultPath: String { directory("XDG_DATA_HOME", else: ".local/share") + "/vaultctl/vault.db" }

    static var stateDirectory: String { directory("XDG_STATE_HOME", else: ".local/state") + "/vaultctl" }

    /// The base directory a variable names; a relative one is to be ignored, the specification says.
    private static func directory(_ variable: String, else fallback: String) -> String {
        if let path = value(variable), path.hasPrefix("/") { return path }
        return home + "/" + fallback
    }

    private static var home: String {
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
