/// Where a vault's settings send what is to be known outside its file.
struct Outlets: Sendable, Equatable {
    /// Sockets, paths and a command; nil where nothing is to go there.
    var anchorJournal: String?
    var anchorCommand: String?
    var sinkJournal: String?
    var sinkFile: String?

    /// - Parameter settings: nothing goes where one names a place that this program does not understand.
    init(_ settings: [Setting] = []) {
        for setting in settings where setting.isUnderstood {
            switch setting.key {
            case .anchorJournal: anchorJournal = Self.socket(setting.value)
            case .anchorCommand: anchorCommand = setting.value
            case .sinkJournal: sinkJournal = Self.socket(setting.value)
            case .sinkFile: sinkFile = setting.value
            case .rotationWindow, .rotationSpread, .selection, .policy: break
            }
        }
    }

    private static func socket(_ value: String) -> String? {
        guard case .socket(let path) = JournalChoice(value) else { return nil }
        return path
    }
}
