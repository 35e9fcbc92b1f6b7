import Vault

/// Finds secrets that were typed as arguments, where every user of the machine can read them (`/proc/PID/cmdline`).
enum SecretArguments {
    /// What other tools call such an option.
    private static let names: Set<String> = [
        "secret", "client-secret", "clientsecret", "password", "pass", "passphrase", "new-passphrase", "token",
        "access-token", "secret-value", "key",
    ]

    /// - Throws: code `usage` for the first such option; the message never repeats what follows it.
    static func refuse(in arguments: [String]) throws(VaultError) {
        for argument in arguments {
            if argument == "--" { return }
            guard let name = name(of: argument), !(argument == "--key" && isPublicKeyAsked(in: arguments)) else {
                continue
            }
            let how =
                name.contains("pass") && !name.contains("password")
                ? "leave it out to be asked, or use --passphrase-file or --passphrase-fd"
                : "leave it out to be asked, or use --secret-stdin, --secret-file or --secret-fd"
            throw VaultError(
                .usage, "a secret is never an argument: there is no \(name)",
                hint: "\(how); if a secret was typed, treat it as exposed and replace it")
        }
    }

    /// `audit checkpoint --key` takes nothing: it writes a public key.
    private static func isPublicKeyAsked(in arguments: [String]) -> Bool {
        zip(arguments, arguments.dropFirst()).contains { $0 == "audit" && $1 == "checkpoint" }
    }

    /// The option as it may be shown; nil for an argument that is none of these.
    private static func name(of argument: String) -> String? {
        if argument.hasPrefix("--") {
            let name = argument.dropFirst(2).prefix { $0 != "=" }.lowercased()
            return names.contains(name.replacing("_", with: "-")) ? "--" + name : nil
        }
        // `-pSECRET` as mysql takes it, too.
        return argument.hasPrefix("-p") ? "-p" : nil
    }
}
