import Vault

/// An address that credentials or tokens may be sent to: `https`, a host, and nothing that hides where it leads.
struct EndpointURL: Equatable {
    /// `https://host[:port][/path]`, the host in lower case, without a trailing slash.
    let text: String
    let host: String
    let path: String

    /// - Throws: code `usage` for anything but an https URL with a host, or with user, query or fragment.
    init(_ typed: String, option: String) throws(VaultError) {
        func refuse(_ why: String) -> VaultError {
            VaultError(
                .usage, "the URL given for \(option) is not allowed: \(why)",
                hint: "give it as https://HOST, like \(option) https://login.example.com")
        }
        let scheme = "https://"
        guard typed.lowercased().hasPrefix(scheme) else { throw refuse("it does not begin with https://") }
        guard typed.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) else {
            throw refuse("it has a space or a character that is not ASCII")
        }
        let rest = typed.dropFirst(scheme.count)
        guard !rest.contains(where: { "?#\\".contains($0) }) else { throw refuse("it has a query or fragment") }
        let place = rest.prefix { $0 != "/" }
        guard !place.contains("@") else { throw refuse("it has a user name") }
        guard let (host, port) = Self.split(place) else { throw refuse("its host or port is not one") }
        var path = rest.dropFirst(place.count)
        while path.hasSuffix("/") { path = path.dropLast() }
        self.host = host
        self.path = String(path)
        text = scheme + host + (port.map { ":\($0)" } ?? "") + path
    }

    /// A workspace's address: a bare host counts as https, and there is no path.
    static func workspace(_ typed: String) throws(VaultError) -> EndpointURL {
        let url = try EndpointURL(typed.contains("://") ? typed : "https://" + typed, option: "--workspace")
        guard url.path.isEmpty else {
            throw VaultError(
                .usage, "the URL given for --workspace is not allowed: it has a path", hint: "give the host alone")
        }
        return url
    }

    private static func split(_ place: Substring) -> (host: String, port: UInt16?)? {
        var host = place.lowercased()
        var port: UInt16?
        // The port is what follows the last colon outside the brackets of an IPv6 address.
        if let colon = host.lastIndex(of: ":"), !host[colon...].contains("]") {
            guard let number = UInt16(host[host.index(after: colon)...]), number > 0 else { return nil }
            port = number
            host = String(host[..<colon])
        }
        if host.hasPrefix("["), host.hasSuffix("]") {
            let address = host.dropFirst().dropLast()
            guard address.contains(":"), address.allSatisfy({ $0.isHexDigit || $0 == ":" || $0 == "." }) else {
                return nil
            }
            return (host, port)
        }
        let labels = host.split(separator: ".", omittingEmptySubsequences: false)
        let isName = labels.allSatisfy { label in
            !label.isEmpty && label.allSatisfy { $0.isLetter || $0.isNumber || $0 == "-" || $0 == "_" }
        }
        return isName ? (host, port) : nil
    }
}
