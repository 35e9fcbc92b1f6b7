import ArgumentParser
import NIOSSL

/// What may be wrong with the server's certificate, so that a client can show that it refuses it.
enum CertificateFault: String, ExpressibleByArgument, CaseIterable {
    /// It ended yesterday.
    case expired
    /// It names a host that nobody asks for.
    case wrongHost = "wrong-host"
    /// No authority signed it; the file of `--ca-out` holds one that has nothing to do with it.
    case selfSigned = "self-signed"
}

/// The highest TLS version that the server speaks.
enum NewestTLS: String, ExpressibleByArgument, CaseIterable {
    case tls11 = "1.1"
    case tls12 = "1.2"
    case tls13 = "1.3"

    var version: TLSVersion {
        switch self {
        case .tls11: .tlsv11
        case .tls12: .tlsv12
        case .tls13: .tlsv13
        }
    }
}
