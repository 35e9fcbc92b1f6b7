package import Vault

/// Which secrets lie in one file in clear: those that a reader of its form finds, those that are known by how they look or
/// by what they are called, and keys of certificates.
package struct FileScan {
    package private(set) var secrets: [LyingSecret] = []
    /// Files that are named as holding a certificate with its key, as they are written.
    package private(set) var certificates: [String] = []

    /// Whether there are more secrets than were wanted; the others are left out.
    package private(set) var hasMore = false
    private let most: Int

    /// - Parameters:
    ///   - path: tells the form.
    ///   - most: how many secrets are taken; each takes locked memory.
    package init(_ content: borrowing SecretBytes, path: String, most: Int) {
        self.most = most
        content.withBytes { bytes in
            let name = path.lastIndex(of: "/").map { path[path.index(after: $0)...] } ?? path[...]
            read(content, bytes, path: path, name: name)
            look(bytes)
            addKey(content, bytes)
            if name == "msal_token_cache.json" { addTokens(bytes) }
        }
        secrets.sort { ($0.range.lowerBound, $0.kind.rawValue) < ($1.range.lowerBound, $1.kind.rawValue) }
    }

    // MARK: By form

    private mutating func read(_ content: borrowing SecretBytes, _ bytes: RawSpan, path: String, name: Substring) {
        guard let format = FileFormat(ofFileNamed: name, bytes) else { return }
        // What its reader cannot make out may still have secrets in it, which are looked for byte by byte.
        guard let reading = try? format.read(content, path: path, most: most) else { return }
        for found in reading.credentials {
            switch found.proof {
            case .clientSecret(let secret, let erasure):
                let kind: LyingSecret.Kind =
                    found.destination.provider == .databricks ? .databricksSecret : .clientSecret
                add(kind, erasure.range, clientID: found.clientID, secret, bytes)
            case .certificateText(let text, let erasure):
                add(.certificateKey, erasure.range, clientID: found.clientID, Self.sealed(text.bytes), bytes)
            case .certificate(let path): certificates.append(path)
            case .federated: break
            }
        }
    }

    // MARK: By shape and name

    private mutating func look(_ bytes: RawSpan) {
        let known = secrets.map(\.range)
        var number = 0
        var start = 0
        while start < bytes.byteCount {
            number += 1
            var end = start
            while end < bytes.byteCount, bytes.byte(at: end) != 0x0a { end += 1 }
            for found in Self.secrets(in: start..<end, bytes) where !known.contains(where: { $0.overlaps(found.range) })
            {
                guard hasRoom() else { return }
                secrets.append(
                    LyingSecret(
                        line: number, kind: found.kind, clientID: found.clientID,
                        secret: SharedSecret(SecretBytes(copying: bytes.extracting(found.range))), range: found.range))
            }
            start = end + 1
        }
    }

    private static func secrets(
        in line: Range<Int>, _ bytes: RawSpan
    ) -> [(kind: LyingSecret.Kind, range: Range<Int>, clientID: String?)] {
        var found: [(kind: LyingSecret.Kind, range: Range<Int>, clientID: String?)] = []
        // A line may be a whole file.
        lazy var clientIDOfLine = SecretAssignment.clientID(within: line, in: bytes)
        func add(_ kind: LyingSecret.Kind, _ range: Range<Int>, _ clientID: String? = nil) {
            guard !found.contains(where: { $0.range.overlaps(range) }) else { return }
            found.append((kind, range, clientID ?? clientIDOfLine))
        }
        // What is called a secret is whole; of what looks like one a part may be missing.
        for at in line {
            switch bytes.byte(at: at) {
            case UInt8(ascii: "c"), UInt8(ascii: "C"):
                guard let range = SecretAssignment.secret(at: at, within: line, in: bytes) else { continue }
                add(.clientSecret, range)
            case UInt8(ascii: "l"):
                guard let login = LoginCommand(login: at, within: line, in: bytes) else { continue }
                add(login.isServicePrincipal ? .clientSecret : .password, login.password, login.clientID)
            default: continue
            }
        }
        for at in line {
            guard let shape = SecretShape.secret(at: at, within: line, in: bytes) else { continue }
            add(shape.kind, shape.range)
        }
        return found
    }

    // MARK: Keys and tokens

    /// A private key, not encrypted, beside a certificate.
    private mutating func addKey(_ content: borrowing SecretBytes, _ bytes: RawSpan) {
        var key: Range<Int>?
        var hasCertificate = false
        for at in 0..<bytes.byteCount where bytes.byte(at: at) == UInt8(ascii: "-") && bytes.has("-----BEGIN ", at: at)
        {
            let label = at + 11
            if bytes.has("CERTIFICATE-----", at: label) { hasCertificate = true }
            let isKey = ["", "RSA ", "EC "].contains { bytes.isKey(at: label, $0) }
            if isKey, key == nil, !bytes.isEncrypted(from: label) { key = at..<label }
        }
        guard let key, hasCertificate, !secrets.contains(where: { $0.range.contains(key.lowerBound) }) else { return }
        add(.certificateKey, key, clientID: nil, Self.sealed(content), bytes)
    }

    /// What a vault would keep of a PEM file; nil where it would not take it.
    private static func sealed(_ pem: borrowing SecretBytes) -> SharedSecret? {
        let certificate = try? ClientCertificate(pem: pem) { () throws(VaultError) in
            throw VaultError(.usage, "the key is encrypted")
        }
        return certificate.map { SharedSecret($0.sealed) }
    }

    /// The cache of az: one finding for all that is in it, where the first lies.
    private mutating func addTokens(_ bytes: RawSpan) {
        let kinds = ["\"AccessToken\"", "\"RefreshToken\""]
        for at in 0..<bytes.byteCount
        where bytes.byte(at: at) == UInt8(ascii: "\"") && bytes.has("\"credential_type\"", at: at) {
            var value = at + 17
            while value < bytes.byteCount, bytes.isBlank(at: value) || bytes.byte(at: value) == UInt8(ascii: ":") {
                value += 1
            }
            guard kinds.contains(where: { bytes.text(value..<min(value + $0.utf8.count, bytes.byteCount)) == $0 })
            else {
                continue
            }
            return add(.tokens, at..<value, clientID: nil, nil, bytes)
        }
    }

    /// Asked before any secret takes locked memory.
    private mutating func hasRoom() -> Bool {
        hasMore = hasMore || secrets.count >= most
        return !hasMore
    }

    private mutating func add(
        _ kind: LyingSecret.Kind, _ range: Range<Int>, clientID: String?, _ secret: SharedSecret?, _ bytes: RawSpan
    ) {
        guard hasRoom() else { return }
        secrets.append(
            LyingSecret(
                line: bytes.line(of: range.lowerBound), kind: kind, clientID: clientID, secret: secret, range: range))
    }
}

extension RawSpan {
    /// Whether the label of a PEM block is that of a private key of this kind.
    fileprivate func isKey(at label: Int, _ kind: String) -> Bool {
        text(label..<Swift.min(label + kind.utf8.count, byteCount)) == kind
            && has("PRIVATE KEY-----", at: label + kind.utf8.count)
    }

    /// Whether the head of a PEM block says so (RFC 1421).
    fileprivate func isEncrypted(from label: Int) -> Bool {
        (label..<Swift.min(label + 100, byteCount)).contains { has("4,ENCRYPTED", at: $0) }
    }
}

extension FileFormat {
    /// The form of a file, as far as its name tells, or else a look into it; nil where it is none that is read.
    init?(ofFileNamed name: Substring, _ bytes: RawSpan) {
        func mentions(_ text: StaticString) -> Bool { (0..<bytes.byteCount).contains { bytes.has(text, at: $0) } }
        switch name {
        case "service_principal_entries.json", "accessTokens.json": self = .az
        case _ where name.hasSuffix("databrickscfg"): self = .databricks
        case _ where name.hasSuffix(".tfvars") || name.hasSuffix(".tfvars.json"): self = .terraform
        case _ where name.hasPrefix(".env") || name.hasSuffix(".env"): self = .env
        case _ where name.hasSuffix(".json") && (mentions("\"appId\"") || mentions("\"clientSecret\"")): self = .rbac
        case _ where name.hasSuffix(".json") && mentions("\"clientId\"") && mentions("\"secret\""): self = .json
        case _ where name.hasSuffix(".csv") && mentions("client_id"): self = .csv
        default: return nil
        }
    }
}
