internal import FoundationEssentials

/// Which proxy a request goes through, as the environment says: `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`, in lower
/// case first.
///
/// The variables follow no standard. Where programs differ this does as Go's `httpproxy` and thus most cloud tools:
/// a name in `NO_PROXY` means itself and everything below it, a name with a leading dot only what is below it, and the
/// loopback is never asked through a proxy.
struct ProxySettings: Sendable {
    private let proxy: String?
    private let variable: String
    private let exceptions: [Exception]

    /// - Parameter environment: the variables of the process.
    init(environment: [String: String]) {
        func value(_ name: String) -> String? {
            let values = [name.lowercased(), name].compactMap { environment[$0] }
            return values.first { !$0.isEmpty }
        }
        let https = value("HTTPS_PROXY")
        proxy = https ?? value("ALL_PROXY")
        variable = https == nil ? "ALL_PROXY" : "HTTPS_PROXY"
        exceptions = (value("NO_PROXY") ?? "").split { $0 == "," || $0.isWhitespace }.compactMap(Exception.init)
    }

    /// The proxy for a target; nil for a direct connection.
    ///
    /// - Parameter host: a name or address, an IPv6 address in brackets.
    /// - Throws: ``VaultError`` of code `usage` for a proxy that is not understood. The address itself is not in the
    ///   error: it may hold a password.
    func proxy(for host: String, port: Int) throws(VaultError) -> Proxy? {
        guard let proxy else { return nil }
        let host = Self.bare(host)
        if Self.isLoopback(host) || exceptions.contains(where: { $0.covers(host, port: port) }) { return nil }
        guard let parsed = Proxy(proxy) else {
            throw VaultError(
                .usage, "\(variable) is not the address of a proxy that can be used",
                hint: "give it as http://HOST:PORT or socks5://HOST:PORT")
        }
        return parsed
    }

    /// Lower case, without brackets and without the dot that ends a full name.
    fileprivate static func bare(_ host: some StringProtocol) -> String {
        var host = host.lowercased()
        if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
        if host.hasSuffix(".") { host.removeLast() }
        return host
    }

    private static func isLoopback(_ host: String) -> Bool {
        host == "localhost" || host == "::1" || IPv4Address(host).map { $0.bits >> 24 == 127 } == true
    }
}

/// A proxy, by an address like `http://user:password@host:port`.
struct Proxy: Sendable, Equatable, Hashable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    enum Kind: String, Sendable {
        /// HTTP with `CONNECT` (RFC 9110, section 9.3.6).
        case http
        /// SOCKS 5 (RFC 1928), the name resolved by the proxy.
        case socks5
    }

    let kind: Kind
    let host: String
    let port: Int
    let user: String?
    let password: String?

    /// - Returns: nil for what is no address, for a proxy that is itself reached by TLS, and for a SOCKS proxy with a
    ///   password: neither can be used.
    init?(_ text: String) {
        let text = text.contains("://") ? text : "http://\(text)"
        guard let parts = URLComponents(string: text), let scheme = parts.scheme?.lowercased(),
            let host = parts.encodedHost, !host.isEmpty, (1...65535).contains(parts.port ?? 80)
        else { return nil }
        switch scheme {
        case "http": kind = .http
        case "socks5", "socks5h": kind = .socks5
        default: return nil
        }
        guard kind == .http || parts.user == nil else { return nil }
        self.host = ProxySettings.bare(host)
        port = parts.port ?? (kind == .http ? 80 : 1080)
        user = parts.user
        password = parts.password
    }

    /// Without user name and password.
    var description: String { "\(kind)://\(host):\(port)" }
    var debugDescription: String { description }
    var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// One entry of `NO_PROXY`.
private struct Exception: Sendable {
    private enum Kind: Sendable {
        case everything
        case name(String)
        /// With its leading dot.
        case suffix(String)
        case network(IPv4Address, length: Int)
    }

    private let kind: Kind
    private let port: Int?

    init?(_ text: Substring) {
        var text = String(text)
        if text == "*" {
            kind = .everything
            port = nil
            return
        }
        if let slash = text.firstIndex(of: "/") {
            guard let address = IPv4Address(text[..<slash]), let length = Int(text[text.index(after: slash)...]),
                (0...32).contains(length)
            else { return nil }
            kind = .network(address, length: length)
            port = nil
            return
        }
        var port: Int?
        // A colon begins a port, unless there are several: then it is an IPv6 address, whose port follows a bracket.
        let isBareIPv6 = !text.hasPrefix("[") && text.count(where: { $0 == ":" }) > 1
        if !isBareIPv6, let colon = text.lastIndex(of: ":"), text.last != "]" {
            port = Int(text[text.index(after: colon)...])
            guard port != nil else { return nil }
            text = String(text[..<colon])
        }
        self.port = port
        if text.hasPrefix("*.") { text.removeFirst() }
        let name = ProxySettings.bare(text)
        guard !name.isEmpty, name != "." else { return nil }
        kind = name.hasPrefix(".") ? .suffix(name) : .name(name)
    }

    func covers(_ host: String, port wanted: Int) -> Bool {
        if let port, port != wanted { return false }
        switch kind {
        case .everything: return true
        case .name(let name): return host == name || host.hasSuffix(".\(name)")
        case .suffix(let suffix): return host.hasSuffix(suffix)
        case .network(let network, let length): return IPv4Address(host)?.isIn(network, length: length) == true
        }
    }
}

/// An IPv4 address in dotted form, four decimal numbers and nothing else.
private struct IPv4Address: Sendable {
    let bits: UInt32

    init?(_ text: some StringProtocol) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var bits: UInt32 = 0
        for part in parts {
            guard (1...3).contains(part.utf8.count), part.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
                let number = UInt8(part)
            else { return nil }
            bits = bits << 8 | UInt32(number)
        }
        self.bits = bits
    }

    func isIn(_ network: IPv4Address, length: Int) -> Bool {
        let mask: UInt32 = length == 0 ? 0 : ~0 << UInt32(32 - length)
        return bits & mask == network.bits & mask
    }
}
