internal import HTTPTypes
internal import Vault

/// Lets requests in: those that come from a client that was told where the endpoint is, and not from a page in a browser or
/// through a proxy.
struct Guardian: Sendable {
    private let hosts: Set<String>
    private let header: SharedSecret
    private let path: SharedSecret

    init(hosts: Set<String>, header: SharedSecret, path: String) {
        self.hosts = hosts
        self.header = header
        self.path = SharedSecret(SecretBytes(copying: path))
    }

    /// A page may make a browser ask under a name of its own that leads here (DNS rebinding), or with its `Origin`; a server
    /// that fetches what others tell it to adds `X-Forwarded-For`, which the real IMDS refuses, too.
    func checkOrigin(_ head: HTTPRequest) throws(Refusal) {
        guard let host = head.authority, hosts.contains(host.lowercased()), head.headerFields[.host] == nil else {
            throw Refusal(.forbidden, "invalid_request", "the Host is not this endpoint's")
        }
        guard head.headerFields[.origin] == nil, head.headerFields[.forwardedFor] == nil else {
            throw Refusal(.forbidden, "invalid_request", "requests of browsers and through proxies are not answered")
        }
    }

    /// What is asked for, by a client that may ask for it.
    func route(of head: HTTPRequest) throws(Refusal) -> Route {
        let target = head.path ?? ""
        let path = String(target.prefix { $0 != "?" })
        let route: Route
        switch path {
        case Route.healthPath: route = .health
        case Route.identityPath:
            let dialect = Dialect.ofIdentityPath(target)
            guard isHeader(head.headerFields) else {
                var refusal = Refusal(.unauthorized, "unauthorized", "the identity header is missing or wrong")
                refusal.dialect = dialect
                throw refusal
            }
            route = .dialect(dialect)
        default:
            let parts = path.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: true)
            let isKnown = isEqual(String(parts.first ?? ""), to: self.path)
            guard isKnown, path.hasPrefix("/"), parts.count == 2, let dialect = Dialect(path: "/" + parts[1]) else {
                throw Refusal(.notFound, "not_found", "there is nothing at this path")
            }
            route = .dialect(dialect)
        }
        guard head.method == route.method else {
            throw Refusal(.methodNotAllowed, "invalid_request", "use \(route.method.rawValue)", allow: route.method)
        }
        return route
    }

    /// The header's name is `X-IDENTITY-HEADER` for App Service, `secret` for Azure ML, and `x-ms-identity` in Terraform.
    private func isHeader(_ fields: HTTPFields) -> Bool {
        let given = HTTPField.Name.identityHeaders.lazy.compactMap { fields[$0] }.first
        return isEqual(given ?? "", to: header)
    }

    /// Takes as long whatever of it is right; how long a secret is, is none.
    private func isEqual(_ text: String, to secret: SharedSecret) -> Bool {
        guard text.utf8.count == secret.bytes.count else { return false }
        return secret.bytes.equals(SecretBytes(copying: text))
    }
}

extension SecretBytes {
    /// The text's bytes. The text itself stays where it is.
    fileprivate init(copying text: String) {
        self = Array(text.utf8).withRawSpan { SecretBytes(copying: $0) }
    }
}

extension HTTPField.Name {
    // Tokens of RFC 9110, so they are never nil.
    fileprivate static let host = HTTPField.Name("Host")!
    fileprivate static let identityHeaders = ["X-IDENTITY-HEADER", "secret", "x-ms-identity"].map {
        HTTPField.Name($0)!
    }
}
