public import FoundationEssentials

/// How patient a rotation is with its provider (wire reference, 8.3).
public struct RotationRules: Sendable, Equatable {
    /// How long until all of the provider knows a change, in seconds: until then *not found* and *not accepted* mean *not
    /// yet*.
    public var window: TimeInterval = 600
    /// Over how long the successes are spread that a new credential must have without a failure in between, in seconds.
    public var spread: TimeInterval = 10
    /// How many these are.
    public static let successes = 3

    /// What may be chosen, in seconds.
    static let windows: ClosedRange<TimeInterval> = 5...86400
    static let spreads: ClosedRange<TimeInterval> = 1...3600

    /// - Parameter settings: those that this program does not understand count as not set.
    init(_ settings: [Setting] = []) {
        for setting in settings where setting.isUnderstood {
            guard let period = Period(setting.value) else { continue }
            switch setting.key {
            case .rotationWindow: window = period.seconds
            case .rotationSpread: spread = period.seconds
            case .anchorJournal, .anchorCommand, .sinkJournal, .sinkFile, .selection, .policy: break
            }
        }
    }
}
