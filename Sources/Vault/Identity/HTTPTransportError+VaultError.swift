extension VaultError {
    /// What a user is told when no answer came.
    ///
    /// - Parameters:
    ///   - peer: who was asked: "the identity provider".
    ///   - authority: host and port of it.
    init(_ error: HTTPTransportError, peer: String, at authority: String) {
        switch error {
        case .unreachable(let why):
            self.init(
                .unavailable, "\(peer) at \(authority) cannot be reached: \(why)",
                hint: "check the network, HTTPS_PROXY and NO_PROXY, and the address")
        case .timedOut:
            self.init(
                .unavailable, "\(peer) at \(authority) did not answer in time",
                hint: "check the network, HTTPS_PROXY and NO_PROXY, or try again")
        case .untrusted(let why):
            self.init(
                .unavailable, "\(peer) at \(authority) is not trusted: \(why)",
                hint: "if a proxy or a private authority signs here, name its certificate: --ca-file PATH")
        case .tooLong(let limit):
            self.init(
                .unavailable, "\(peer) at \(authority) answered with more than \(limit) bytes",
                hint: "check the address: no such answer is that long")
        case .malformed(let why):
            self.init(.unavailable, "\(peer) at \(authority) did not answer in HTTP: \(why)")
        case .misconfigured(let error):
            self = error
        }
    }
}
