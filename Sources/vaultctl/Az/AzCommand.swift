/// What the stand-in answers itself.
enum AzCommand: String, CaseIterable {
    case accessToken = "account get-access-token"
    case show = "account show"
    case list = "account list"
    case set = "account set"
    case version
    case login
    case logout

    /// The command that the words begin with; nil for one that only another az can do.
    ///
    /// - Returns: it, and the words after it.
    static func named(by words: [String]) -> (command: AzCommand, rest: [String])? {
        for command in allCases {
            let name = command.rawValue.split(separator: " ").map(String.init)
            if words.starts(with: name) { return (command, Array(words.dropFirst(name.count))) }
        }
        return nil
    }

    /// Its options but the global ones, in the order in which az declares them.
    var options: [AzOption] {
        switch self {
        case .accessToken:
            [
                Self.subscription, AzOption("--resource"), AzOption("--scope", kind: .values),
                AzOption("--resource-type", choices: AzResourceType.allCases.map(\.rawValue)),
                AzOption("--tenant", "-t"),
            ]
        case .show, .set: [Self.subscription]
        case .list: [AzOption("--all", kind: .flag), AzOption("--refresh", kind: .flag)]
        case .version: []
        case .login: Self.loginOptions
        case .logout: [AzOption("--username", "-u")]
        }
    }

    private static let subscription = AzOption("--subscription", "-s", "--name", "-n")

    /// What names a service principal; what is said here is never looked at, but for whose it is.
    private static let loginOptions = [
        AzOption("--username", "-u"), AzOption("--password", "-p"), AzOption("--tenant", "-t"),
        AzOption("--service-principal", kind: .flag), AzOption("--certificate"),
        AzOption("--use-cert-sn-issuer", kind: .flag), AzOption("--federated-token"),
        AzOption("--allow-no-subscriptions", kind: .flag), AzOption("--skip-subscription-discovery", kind: .flag),
        AzOption("--scope", kind: .values),
    ]
}

/// What `--resource-type` names.
enum AzResourceType: String, CaseIterable {
    case oss = "oss-rdbms"
    case arm
    case aadGraph = "aad-graph"
    case graph = "ms-graph"
    case batch
    case media
    case dataLake = "data-lake"
}
