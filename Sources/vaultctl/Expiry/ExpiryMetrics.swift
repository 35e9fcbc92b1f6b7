import FoundationEssentials
import Glibc
import Vault

/// The board for node_exporter's textfile collector (Prometheus' text format, version 0.0.4). Times are seconds since 1970.
struct ExpiryMetrics {
    private var text = ByteText()

    init(_ board: ExpiryBoard) {
        let own = board.rows.filter { $0.use != nil }
        family(
            "vaultctl_credential_expiry_timestamp_seconds", "When the credential of the profile expires.",
            own.compactMap { row in row.expiresAt.map { (Self.labels(row), $0.seconds) } })
        family(
            "vaultctl_credential_last_issued_timestamp_seconds", "When a token was last given out for the profile.",
            own.compactMap { row in row.use?.last.map { (Self.labels(row), $0.time.seconds) } })
        family(
            "vaultctl_credentials_due", "How many credentials have expired, expire soon, or are missing.",
            [([], Int64(board.due))])
        family(
            "vaultctl_credentials_unknown", "How many credentials have no known end.", [([], Int64(board.unknown))])
        if board.isLive {
            family(
                "vaultctl_credentials_unasked", "How many credentials the provider could not be asked about.",
                [([], Int64(board.unasked))])
            family(
                "vaultctl_credential_missing", "Whether the provider has the credential no more.",
                own.filter { !$0.isSilent && $0.profile.credential.kind != .federated }.map { row in
                    (Self.labels(row), row.state == .missing || row.state == .gone ? 1 : 0)
                })
            family(
                "vaultctl_foreign_credentials", "How many credentials the provider has that this vault does not use.",
                Self.unknown(board.rows))
        }
        // The last, so that whoever reads it has read all.
        family(
            "vaultctl_expiring_run_timestamp_seconds", "When this was found out.", [([], board.madeAt.seconds)])
    }

    var bytes: [UInt8] { text.bytes }

    /// How every file of metrics begins.
    private static let beginning = "# HELP vaultctl_"

    /// Nobody says --force here, each time a timer goes: only what was written so before is replaced.
    ///
    /// - Parameter path: of nothing, or of a regular file.
    /// - Throws: code `exists` when there is something else in it, or it cannot be read.
    static func checkReplaced(_ path: String) throws(VaultError) {
        let file = unsafe open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        guard file >= 0 else {
            guard errno != ENOENT else { return }
            throw VaultError(.exists, "cannot read what is at \(path): \(Descriptor.text(of: errno))")
        }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: beginning.utf8.count)
        // A regular file gives what it has at once.
        let count = unsafe read(file, &bytes, bytes.count)
        guard count == 0 || bytes[..<max(0, count)].elementsEqual(beginning.utf8) else {
            throw VaultError(
                .exists, "there is a file at \(path) that holds no metrics of vaultctl",
                hint: "name another one, or remove it")
        }
    }

    private typealias Labels = [(name: String, value: String)]

    private static func labels(_ row: ExpiryRow) -> Labels {
        let profile = row.profile
        return [
            ("profile", profile.name.description), ("tenant", profile.tenant), ("client_id", profile.clientID),
            ("kind", profile.credential.kind.rawValue), ("key_id", row.keyID ?? ""),
        ]
    }

    /// Of each profile at whose application there are some.
    private static func unknown(_ rows: [ExpiryRow]) -> [(Labels, Int64)] {
        let found = rows.filter { $0.use == nil }
        return Dictionary(grouping: found) { $0.profile.name }.sorted { $0.key < $1.key }.map { name, rows in
            let profile = rows[0].profile
            return (
                [("profile", name.description), ("tenant", profile.tenant), ("client_id", profile.clientID)],
                Int64(rows.count)
            )
        }
    }

    private mutating func family(_ name: String, _ help: String, _ samples: [(Labels, Int64)]) {
        text.append("# HELP \(name) \(help)\n# TYPE \(name) gauge\n")
        for (labels, value) in samples {
            text.append(name)
            if !labels.isEmpty {
                text.append("{")
                for (index, label) in labels.enumerated() {
                    text.append((index == 0 ? "" : ",") + label.name + "=\"")
                    text.append(label: label.value)
                    text.append("\"")
                }
                text.append("}")
            }
            text.append(" ")
            text.append(number: value)
            text.append("\n")
        }
    }
}

extension ByteText {
    /// Appends the value of a label: backslash, quote and newline are escaped, everything else is UTF-8 as it is.
    fileprivate mutating func append(label value: String) {
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\\": append("\\\\")
            case "\"": append("\\\"")
            case "\n": append("\\n")
            default: append(scalar)
            }
        }
    }
}

extension Date {
    /// Whole seconds since 1970. Dates of a vault lie in the years that can be written down.
    fileprivate var seconds: Int64 { Int64(timeIntervalSince1970.rounded(.down)) }
}
