import ArgumentParser
import FoundationEssentials
import Vault

extension Moment: ExpressibleByArgument {
    public init?(argument: String) { self.init(argument) }
}

/// A moment as `--since` takes it: a date, or how long ago.
enum Since: Equatable {
    case date(Date)
    case ago(Period)

    func date(now: Date) -> Date {
        switch self {
        case .date(let date): date
        case .ago(let period): now.addingTimeInterval(-period.seconds)
        }
    }
}

extension Since: ExpressibleByArgument {
    init?(argument: String) {
        if let moment = Moment(argument) {
            self = .date(moment.date)
        } else if let period = Period(argument) {
            self = .ago(period)
        } else {
            return nil
        }
    }
}
