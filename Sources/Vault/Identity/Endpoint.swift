internal import FoundationEssentials
internal import HTTPTypes

/// Where something is asked for: an `https` address, taken apart.
struct Endpoint: Sendable, Equatable {
    /// Lower-case name or address, an IPv6 address in brackets.
    let host: String
    /// 443 unless the address says otherwise.
    let port: Int
    /// Percent-encoded, without a trailing slash; empty for the root.
    let path: String
    /// Percent-encoded, without the question mark.
    let query: String?

    /// - Parameter what: names the address in the error: `authority`, `workspace`, ….
    /// - Throws: ``VaultError`` of code `usage` unless `text` is an `https` address with a host and without user
    ///   name, password or fragment.
    init(_ text: String, what: String) throws(VaultError) {
        guard let endpoint = Endpoint(text) else {
            throw VaultError(
                .usage, "the \(what) is not an https address with a host and nothing secret in it",
                hint: "for example https://login.microsoftonline.com")
        }
        self = endpoint
    }

    /// The same, of an address that a peer gave; nil instead of an error.
    init?(_ text: String) {
        guard text.utf8.count <= 2048, text.utf8.allSatisfy({ (0x21...0x7e).contains($0) }),
            let parts = URLComponents(string: text), parts.scheme?.lowercased() == "https",
            parts.percentEncodedUser == nil, parts.percentEncodedPassword == nil, parts.percentEncodedFragment == nil,
            let host = parts.encodedHost, Self.isHost(host), (1...65535).contains(parts.port ?? 443)
        else { return nil }
        self.host = host.lowercased()
        port = parts.port ?? 443
        var path = parts.percentEncodedPath
        while path.hasSuffix("/") { path.removeLast() }
        self.path = path
        query = parts.percentEncodedQuery
    }

    private init(host: String, port: Int) {
        self.host = host
        self.port = port
        path = ""
        query = nil
    }

    /// The same place without a path.
    var origin: Endpoint { Endpoint(host: host, port: port) }

    /// `host` or `host:port`, as the `Host` field holds it.
    var authority: String { port == 443 ? host : "\(host):\(port)" }

    func isSameOrigin(as other: Endpoint) -> Bool {
        host == other.host && port == other.port
    }

    /// A request for something below the endpoint.
    ///
    /// - Parameter path: percent-encoded, begins with a slash, may end in a query.
    func request(_ method: HTTPRequest.Method, _ path: String, fields: HTTPFields) -> HTTPRequest {
        HTTPRequest(
            method: method, scheme: "https", authority: authority, path: self.path + path, headerFields: fields)
    }

    private static func isHost(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 255
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                    UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: ":"):
                    true
                default: false
                }
            }
    }
}
