/// Where a federated credential's assertion, a token of another identity provider, is taken from; anew for each request,
/// because whoever writes it renews it.
public enum AssertionSource: Sendable, Hashable {
    /// An absolute path, as Kubernetes projects a service account's token.
    case file(String)
    /// What the shell prints for this command.
    case command(String)
    /// A variable in the environment of the process that asks.
    case environment(String)
}

extension AssertionSource: CustomStringConvertible {
    public var description: String {
        switch self {
        case .file(let path): "file \(path)"
        case .command(let command): "command \(command)"
        case .environment(let name): "environment \(name)"
        }
    }
}
