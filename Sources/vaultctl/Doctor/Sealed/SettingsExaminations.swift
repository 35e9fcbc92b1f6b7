import Glibc
import Vault
import VaultAgent

/// Whether this program understands what is set: it does nothing where it does not.
struct SettingsExamination: SealedExamination {
    static let name = "settings"

    func examine(_ patient: Patient, _ service: any VaultService) async throws(VaultError) -> [Diagnosis] {
        let settings = try await service.settings()
        let strange = settings.filter { !$0.isUnderstood }
        guard strange.isEmpty else {
            return strange.map {
                .warning("\($0.key.rawValue) has a value that this version does not know", "use a newer vaultctl")
            }
        }
        return [.ok(settings.isEmpty ? "none" : "\(settings.count), all understood")]
    }
}

/// Whether copies of entries, and notes, get where settings send them.
struct CopiesExamination: SealedExamination {
    static let name = "copies"

    func examine(_ patient: Patient, _ service: any VaultService) async throws(VaultError) -> [Diagnosis] {
        let places = try await service.settings().filter { $0.isUnderstood && Self.place(of: $0) != nil }
        var found: [Diagnosis] = []
        for setting in places {
            guard let place = Self.place(of: setting), let why = try place.complaint else { continue }
            found.append(.warning("\(setting.key.rawValue): \(why)", "vaultctl config get \(setting.key.rawValue)"))
        }
        // Only an agent lives long enough to count.
        for delivery in patient.agent.status?.unlocked?.deliveries ?? [] where delivery.failed + delivery.dropped > 0 {
            let why = delivery.lastError.map { ": \($0)" } ?? ""
            found.append(
                .warning(
                    "\(delivery.key.rawValue): \(delivery.failed) failed and \(delivery.dropped) were dropped since the "
                        + "agent was unlocked\(why)", "vaultctl status; vaultctl audit export has all entries"))
        }
        guard found.isEmpty else { return found }
        return [.ok(places.isEmpty ? "none are set" : places.map(\.key.rawValue).joined(separator: ", "))]
    }

    private enum Outlet {
        case file(String)
        case socket(String)

        /// Why nothing can get there; nil when it can.
        var complaint: String? {
            get throws(VaultError) {
                switch self {
                case .socket(let path):
                    return try FileStatus(of: path)?.isSocket == true ? nil : "there is no journal at \(path)"
                case .file(let path):
                    guard let status = try FileStatus(of: path) else {
                        let folder = PrivateDirectory.parent(of: path)
                        return unsafe access(folder, W_OK) == 0 ? nil : "\(folder): \(systemMessage(errno))"
                    }
                    guard status.isRegularFile else { return "\(path) is no regular file" }
                    guard status.owner == geteuid() else { return "\(path) belongs to another user" }
                    guard status.mode & 0o022 == 0 else { return "\(path) can be written by others" }
                    return unsafe access(path, W_OK) == 0 ? nil : "\(path): \(systemMessage(errno))"
                }
            }
        }
    }

    /// Nil for a setting that names no place, or none in use.
    private static func place(of setting: Setting) -> Outlet? {
        switch setting.key {
        case .sinkFile: return .file(setting.value)
        case .sinkJournal, .anchorJournal:
            guard case .socket(let path)? = JournalChoice(setting.value) else { return nil }
            return .socket(path)
        default: return nil
        }
    }
}
