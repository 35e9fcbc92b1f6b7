public import FoundationEssentials

/// When a credential was in the directory, by the emulator's clock. One that was removed is kept, so that a test can see
/// what was removed, and when.
public struct Lifespan: Sendable, Equatable {
    /// What a directory file lists has always been there.
    public internal(set) var added = Date.distantPast
    /// When it was taken out; `nil` while it is there.
    public internal(set) var removed: Date?

    /// Whether the credential was there at `time`.
    func includes(_ time: Date) -> Bool {
        added <= time && removed.map { time < $0 } ?? true
    }
}

/// A credential of an application, whether a secret or a certificate.
protocol DatedCredential {
    var keyId: String { get }
    var life: Lifespan { get set }
}
