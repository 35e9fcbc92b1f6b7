internal import Glibc
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import NIOSSL

extension HTTPTransportError {
    /// What an error of the network stack means. The texts are ours: those of the libraries may quote addresses with
    /// passwords, or bytes of the peer.
    init(network error: any Error) {
        switch error {
        case let error as HTTPTransportError: self = error
        case let error as NIOConnectionError: self = Self.connection(error)
        case let error as IOError: self = Self.system(error.errnoCode)
        case let error as NIOSSLError: self = Self.tls(error)
        case let error as BoringSSLError: self = Self.tls(.handshakeFailed(error))
        case let error as NIOSSLExtraError where error == .failedToValidateHostname:
            self = .untrusted("its certificate is for another host")
        case is NIOSSLExtraError: self = .untrusted("its name cannot be checked against a certificate")
        case ChannelError.connectTimeout: self = .timedOut
        case is ChannelError: self = .unreachable(Self.closed)
        case HTTPParserError.invalidEOFState: self = .unreachable(Self.closed)
        case is HTTPParserError: self = .malformed("it sent no HTTP")
        case is CancellationError: self = .unreachable("the request was cancelled")
        default: self = .unreachable("the connection failed (\(type(of: error)))")
        }
    }

    private static let closed = "the connection was closed before the answer was complete"

    /// A host has several addresses; the last one's failure stands for all.
    private static func connection(_ error: NIOConnectionError) -> HTTPTransportError {
        if let last = error.connectionErrors.last { return HTTPTransportError(network: last.error) }
        if error.dnsAError != nil || error.dnsAAAAError != nil { return .unreachable("no such host") }
        return .unreachable("the host has no address")
    }

    private static func system(_ code: CInt) -> HTTPTransportError {
        switch code {
        case ECONNREFUSED: .unreachable("connection refused")
        case ECONNRESET, EPIPE, ECONNABORTED: .unreachable("the connection was reset")
        case ENETUNREACH, EHOSTUNREACH, ENETDOWN, EHOSTDOWN: .unreachable("no route to the host")
        case EADDRNOTAVAIL: .unreachable("no address to connect from")
        case EMFILE, ENFILE: .unreachable("too many open files")
        case EACCES, EPERM: .unreachable("this machine does not allow the connection")
        case ETIMEDOUT: .timedOut
        default: .unreachable("system error \(code)")
        }
    }

    /// The library tells a certificate that does not verify only by the name of BoringSSL's reason, and not whether the
    /// issuer or the date is to blame.
    private static func tls(_ error: NIOSSLError) -> HTTPTransportError {
        switch error {
        case .handshakeFailed(.sslError(let stack)), .handshakeFailed(.unknownError(let stack)):
            let reasons = String(describing: stack)
            if reasons.contains("CERTIFICATE_VERIFY_FAILED") {
                return .untrusted("its certificate is not trusted, or has expired")
            }
            if reasons.contains("WRONG_VERSION_NUMBER") || reasons.contains("HTTP_REQUEST") {
                return .malformed("it does not speak TLS")
            }
            if stack.contains(.eofDuringHandshake) { return .unreachable(closed) }
            return .untrusted("no connection of TLS 1.2 or newer came about")
        case .handshakeFailed: return .unreachable(closed)
        case .unableToValidateCertificate, .noCertificateToValidate:
            return .untrusted("its certificate is not trusted")
        case .uncleanShutdown, .shutdownFailed, .writeDuringTLSShutdown, .readInInvalidTLSState:
            return .unreachable(closed)
        default: return .untrusted("TLS failed")
        }
    }
}
