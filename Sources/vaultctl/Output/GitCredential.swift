import FoundationEssentials
import Glibc
import Vault

/// What git tells of the place that it wants a credential for: lines `key=value` on standard input, up to an empty line or
/// the end (git-credential(1)).
struct GitCredentialRequest: Equatable {
    var isHTTPS = false
    /// Lower case, with the port where one is named.
    var host = ""
    var username: String?
    /// Whether git takes a token as such (2.46 and later), and not as a password alone.
    var takesAuthenticationType = false

    /// Bytes.
    static let longest = 64 << 10

    /// Reads a request; what it has of a password stays in locked memory and goes at once.
    ///
    /// - Throws: code `usage` for one that is too long or not text; `inputOutput` when it cannot be read.
    static func reading(_ descriptor: Int32) throws(VaultError) -> GitCredentialRequest {
        var length = 0
        let text = try SecretBytes(count: longest + 1) { (span: inout MutableRawSpan) throws(VaultError) in
            while length <= longest {
                let count = unsafe span.withUnsafeMutableBytes { space in
                    unsafe Descriptor.read(
                        into: UnsafeMutableRawBufferPointer(rebasing: space.dropFirst(length)), from: descriptor)
                }
                guard count >= 0 else {
                    throw VaultError(
                        .inputOutput, "git's request could not be read: \(Descriptor.text(of: Int32(-count)))")
                }
                length += count
                let known = span.bytes.extracting(first: length)
                if count == 0 || hasEnd(known) { break }
            }
        }
        guard length <= longest else {
            throw VaultError(.usage, "git's request is longer than \(longest >> 10) KiB")
        }
        return try text.withBytes { (bytes) throws(VaultError) in
            try GitCredentialRequest(bytes.extracting(first: length))
        }
    }

    /// - Throws: code `usage` for a zero byte: git refuses to send one, so that it is not git that asks.
    init(_ text: RawSpan) throws(VaultError) {
        guard !text.byteOffsets.contains(where: { text.byte(at: $0) == 0 }) else {
            throw VaultError(.usage, "git's request has a zero byte in it")
        }
        var start = 0
        while start < text.byteCount {
            let end = (start..<text.byteCount).first { text.byte(at: $0) == Self.newline } ?? text.byteCount
            if end == start { break }
            take(text.extracting(start..<end))
            start = end + 1
        }
    }

    /// Takes one line; keys that are not needed, a password among them, are not even copied.
    private mutating func take(_ line: RawSpan) {
        guard let equals = line.byteOffsets.first(where: { line.byte(at: $0) == UInt8(ascii: "=") }) else { return }
        let value = line.extracting((equals + 1)..<line.byteCount)
        switch Self.text(line.extracting(first: equals)) {
        case "protocol": isHTTPS = Self.text(value) == "https"
        case "host": host = Self.text(value).lowercased()
        case "username": username = Self.text(value)
        case "capability[]": if Self.text(value) == "authtype" { takesAuthenticationType = true }
        default: break
        }
    }

    private static func hasEnd(_ text: RawSpan) -> Bool {
        if text.byteCount > 0, text.byte(at: 0) == newline { return true }
        return text.byteOffsets.dropFirst().contains {
            text.byte(at: $0) == newline && text.byte(at: $0 - 1) == newline
        }
    }

    private static func text(_ bytes: RawSpan) -> String {
        unsafe bytes.withUnsafeBytes { unsafe String(decoding: $0, as: UTF8.self) }
    }

    private static let newline = UInt8(ascii: "\n")
}

extension GitCredentialRequest {
    /// Without the port that is https's own.
    private var place: String { host.hasSuffix(":443") ? String(host.dropLast(4)) : host }

    private var isAzureDevOps: Bool { place == "dev.azure.com" || place.hasSuffix(".visualstudio.com") }

    /// Whether the host's name alone tells that a profile may have tokens for it: Azure DevOps, or a workspace.
    var isOfAzure: Bool { isHTTPS && (isAzureDevOps || Cloud.ofWorkspace(host: place) != nil) }

    /// What a profile's token for the host is for.
    ///
    /// - Returns: nil for a host that the profile's tokens are none of the business of: another workspace than its own, or
    ///   one of another cloud.
    func audience(of destination: Destination) -> AudienceChoice? {
        guard isHTTPS, !host.isEmpty else { return nil }
        if isAzureDevOps { return destination.provider == .entra ? .resource("devops") : nil }
        let isOwn =
            destination.workspace.map { $0.lowercased() == "https://" + place }
            ?? (destination.provider == .entra && Cloud.ofWorkspace(host: place) == destination.cloud)
        return isOwn ? .resource("databricks") : nil
    }
}

extension TokenDocument {
    /// What git is answered: a password that both Azure DevOps and Databricks take with any user's name; or, where git
    /// knows how, the token as what it is, not to be stored (wire reference, 9).
    init(git details: TokenDetails, for request: GitCredentialRequest) {
        let expiry = "password_expiry_utc=\(Int64(details.expiresAt.timeIntervalSince1970.rounded(.down)))\n"
        guard request.takesAuthenticationType else {
            // The word that Databricks wants before tokens.
            self.init(before: "username=\(request.username ?? "token")\npassword=", after: "\n" + expiry)
            return
        }
        self.init(
            before: "capability[]=authtype\nauthtype=Bearer\ncredential=", after: "\nephemeral=1\n" + expiry)
    }
}
