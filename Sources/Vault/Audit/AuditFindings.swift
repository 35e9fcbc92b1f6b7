/// Findings as they are made: what is wrong with entries that follow one another is one finding, and of each kind only so
/// many are kept.
struct AuditFindings: Sendable {
    private(set) var kept: [AuditFinding] = []
    private(set) var omitted: [AuditFinding.Kind: Int] = [:]
    private var open: [AuditFinding.Kind: ClosedRange<UInt64>] = [:]
    private var counts: [AuditFinding.Kind: Int] = [:]

    /// Of one kind. A person reads the first few; a program that needs more has a copy of the file.
    private static let mostOfAKind = 100

    mutating func add(_ finding: AuditFinding) {
        counts[finding.kind, default: 0] += 1
        guard counts[finding.kind, default: 0] <= Self.mostOfAKind else {
            omitted[finding.kind, default: 0] += 1
            return
        }
        kept.append(finding)
    }

    mutating func add(
        _ kind: AuditFinding.Kind, _ subject: AuditFinding.Subject, _ message: String, hint: String? = nil
    ) {
        add(AuditFinding(kind, subject, message, hint: hint))
    }

    /// Adds what is wrong with entries; of each kind in the order of their numbers.
    mutating func add(_ kind: AuditFinding.Kind, entries: ClosedRange<UInt64>) {
        guard let last = open[kind] else {
            open[kind] = entries
            return
        }
        if last.upperBound &+ 1 == entries.lowerBound {
            open[kind] = last.lowerBound...entries.upperBound
        } else {
            add(AuditFinding(kind, entries: last))
            open[kind] = entries
        }
    }

    /// Ends the runs of entries that are still open, and puts those about entries behind the others, by number.
    mutating func close() {
        for kind in AuditFinding.Kind.allCases {
            if let last = open.removeValue(forKey: kind) { add(AuditFinding(kind, entries: last)) }
        }
        let entries = kept.filter { $0.firstEntry != nil }.sorted { ($0.firstEntry ?? 0) < ($1.firstEntry ?? 0) }
        kept = kept.filter { $0.firstEntry == nil } + entries
    }
}

extension AuditFinding {
    fileprivate var firstEntry: UInt64? {
        if case .entries(let numbers) = subject { numbers.lowerBound } else { nil }
    }
}
