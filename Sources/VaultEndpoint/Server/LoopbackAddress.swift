internal import Glibc
internal import Vault

/// An address of the loopback interface, IPv4 or IPv6.
struct LoopbackAddress {
    private let fourth: in_addr
    let isSixth: Bool
    /// `127.0.0.1`, `[::1]`.
    let inURL: String

    /// - Parameter host: `localhost`, or an address; no name, because a resolver decides what those stand for.
    /// - Throws: code `usage` for everything else.
    init(_ host: String) throws(VaultError) {
        var sixth = in6_addr()
        if host == "::1" || host == "[::1]" {
            fourth = in_addr()
            isSixth = true
            inURL = "[::1]"
            return
        }
        let text = host.lowercased() == "localhost" ? "127.0.0.1" : host
        var fourth = in_addr()
        if unsafe inet_pton(AF_INET, text, &fourth) == 1, UInt32(bigEndian: fourth.s_addr) >> 24 == 127 {
            self.fourth = fourth
            isSixth = false
            inURL = text
            return
        }
        let bare = host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : host
        let isAddress = unsafe inet_pton(AF_INET, host, &fourth) == 1 || inet_pton(AF_INET6, bare, &sixth) == 1
        guard isAddress else {
            throw VaultError(
                .usage, "an endpoint listens at an address, not at a name", hint: "use 127.0.0.1, [::1] or unix:PATH")
        }
        throw VaultError(
            .usage,
            "an endpoint listens on the loopback interface alone: elsewhere tokens would cross the network in the clear",
            hint: "use 127.0.0.1 in a network namespace that the container shares, or unix:PATH")
    }

    var family: Int32 { isSixth ? AF_INET6 : AF_INET }

    func bind(_ descriptor: Int32, port: UInt16) -> Bool {
        if isSixth {
            var address = sockaddr_in6()
            address.sin6_family = sa_family_t(AF_INET6)
            address.sin6_port = port.bigEndian
            address.sin6_addr = in6addr_loopback
            return Self.bind(descriptor, &address)
        }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr = fourth
        return Self.bind(descriptor, &address)
    }

    private static func bind<Address>(_ descriptor: Int32, _ address: inout Address) -> Bool {
        unsafe withUnsafeBytes(of: &address) { bytes in
            unsafe bytes.withMemoryRebound(to: sockaddr.self) { address in
                unsafe Glibc.bind(descriptor, address.baseAddress, socklen_t(MemoryLayout<Address>.size)) == 0
            }
        }
    }

    /// The port that a socket got; nil with `errno` set.
    static func port(of descriptor: Int32) -> UInt16? {
        // The port is at the same place in both kinds of address.
        var address = sockaddr_in6()
        var length = socklen_t(MemoryLayout<sockaddr_in6>.size)
        let code = unsafe withUnsafeMutableBytes(of: &address) { bytes in
            unsafe getsockname(descriptor, bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self), &length)
        }
        return code == 0 ? UInt16(bigEndian: address.sin6_port) : nil
    }
}
