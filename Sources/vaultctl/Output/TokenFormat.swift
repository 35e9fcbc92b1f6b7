import FoundationEssentials
import Glibc
import Vault

/// The formats of `issue`.
enum TokenFormat: String, CaseIterable {
    /// What is known about the token, without the token.
    case table
    case raw, json, az, env, header
    case execCredential = "exec-credential"
    /// Answers git, which says on standard input what it wants; see ``GitCredential``.
    case git
}

/// A token as one of the formats has it: the text before and after it. The token itself stays in locked memory.
struct TokenDocument: Equatable {
    var before: String
    var after: String
}

extension TokenDocument {
    /// Nil for `table`, which does not hold the token, and for `git`, whose form depends on what git asked.
    init?(
        _ details: TokenDetails, as format: TokenFormat, omitsSubscription: Bool = false,
        credentialVersion: ExecCredentialVersion = .v1beta1
    ) {
        switch format {
        case .table, .git: return nil
        case .raw: self.init(before: "", after: "\n")
        case .header: self.init(before: "Authorization: Bearer ", after: "\n")
        case .env: self.init(env: details)
        case .json: self.init(json: details)
        case .az: self.init(az: details, omitsSubscription: omitsSubscription)
        case .execCredential: self.init(execCredential: details, version: credentialVersion)
        }
    }

    /// What `az account get-access-token` prints (wire reference, 3.1): keys sorted, two spaces, `expiresOn` in local
    /// time without a zone, `expires_on` as POSIX time; the tenant stands in for a missing subscription, and with a
    /// tenant asked for there is no subscription at all.
    private init(az details: TokenDetails, omitsSubscription: Bool) {
        let fields = [
            ("expiresOn", "\"\(LocalTime.text(of: details.expiresAt)).000000\""),
            ("expires_on", String(Int64(details.expiresAt.timeIntervalSince1970.rounded(.down)))),
            ("subscription", omitsSubscription ? nil : Self.quoted(details.subscription ?? details.tenant)),
            ("tenant", Self.quoted(details.tenant)),
            ("tokenType", Self.quoted(details.tokenType)),
        ]
        let rest = fields.compactMap { key, value in value.map { ",\n  \"\(key)\": \($0)" } }.joined()
        self.init(before: "{\n  \"accessToken\": \"", after: "\"" + rest + "\n}\n")
    }

    private init(json details: TokenDetails) {
        var json = JSONText(indented: true)
        json.object { json in
            json.field("audience", details.audience.resource)
            json.field("auditSequence", Int64(clamping: details.auditSequence))
            json.field("clientId", details.clientID)
            json.field("expiresAt", details.expiresAt)
            json.field("issuedAt", details.issuedAt)
            json.field("profile", details.profile.description)
            json.field("scope", details.audience.scope)
            json.field("source", details.source.rawValue)
            json.field("subscription", details.subscription)
            json.field("tenant", details.tenant)
            json.field("tokenType", details.tokenType)
            json.field("workspace", details.workspace)
        }
        // `accessToken` sorts before all of these; the object's own opening is replaced by one that holds it.
        let rest = String(decoding: json.text.bytes.dropFirst(), as: UTF8.self)
        self.init(before: "{\n  \"accessToken\": \"", after: "\"," + rest + "\n")
    }

    private init(env details: TokenDetails) {
        let isDatabricks = details.audience.resource == Audience.databricksResource
        let host = isDatabricks ? details.workspace.map { "export DATABRICKS_HOST=\(shellQuoted($0))\n" } : nil
        let name = isDatabricks ? "DATABRICKS_TOKEN" : "AZURE_ACCESS_TOKEN"
        self.init(before: (host ?? "") + "export \(name)='", after: "'\n")
    }

    private static func quoted(_ text: String) -> String {
        var json = ByteText()
        json.append(json: text)
        return String(decoding: json.bytes, as: UTF8.self)
    }
}

/// One word for a POSIX shell, whatever is in it.
func shellQuoted(_ text: String) -> String {
    "'" + text.replacing("'", with: #"'\''"#) + "'"
}

extension TokenDocument {
    /// Checks that the token can stand between quotes.
    ///
    /// - Throws: code `unavailable` for a token that is not printable ASCII, or that has a quote or a backslash: no
    ///   issuer makes such tokens, and no format could carry it safely.
    func check(_ token: borrowing SecretBytes) throws(VaultError) {
        let isSound = token.withBytes { bytes in
            (0..<bytes.byteCount).allSatisfy { index in
                let byte = bytes.byte(at: index)
                return (0x21...0x7e).contains(byte) && !Self.neverInTokens.contains(byte)
            }
        }
        guard isSound, !token.isEmpty else {
            throw VaultError(.unavailable, "the identity provider's token has characters that no token has")
        }
    }

    private static let neverInTokens = Array(#""'\`"#.utf8)
}

/// Local time as the C library knows it, `TZ` honoured.
enum LocalTime {
    /// `2026-11-22 15:11:21`.
    static func text(of date: Date) -> String {
        tzset()
        var seconds = time_t(date.timeIntervalSince1970.rounded(.down))
        // `tm` carries a pointer to the zone's name; only its numbers are looked at.
        var local = unsafe tm()
        guard unsafe localtime_r(&seconds, &local) != nil else { return date.rfc3339 }
        let numbers = unsafe [local.tm_mon + 1, local.tm_mday, local.tm_hour, local.tm_min, local.tm_sec]
        var text = ByteText()
        text.append(padded: unsafe Int64(local.tm_year) + 1900, width: 4)
        for (separator, number) in zip(["-", "-", " ", ":", ":"], numbers) {
            text.append(separator)
            text.append(padded: Int64(number), width: 2)
        }
        return String(decoding: text.bytes, as: UTF8.self)
    }
}

extension TokenDetails {
    /// For a person who asked on a terminal: all but the token.
    func record(tokenLength: Int) -> Record {
        Record(
            lines: [
                ("profile", .text(profile.description)), ("audience", .text(audience.resource)),
                ("tenant", .text(tenant)), ("client id", .text(clientID)), ("expires", .time(expiresAt)),
                ("source", .text(source.rawValue)), ("entry", .number(Int64(clamping: auditSequence))),
                ("token", .text("hidden, \(tokenLength) characters; -o raw shows it")),
            ],
            json: { _ in })
    }
}
