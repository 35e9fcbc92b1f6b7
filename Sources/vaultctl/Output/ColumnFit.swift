/// What becomes of a column on a terminal that is too narrow for the table.
struct ColumnFit {
    /// The narrowest that it may be cut to; nil: it is whole, or not there.
    var narrowest: Int?
    /// When it goes: the highest number first. Nil: it stays.
    var leaves: Int?

    /// As wide as its widest cell.
    static let whole = ColumnFit()

    static func cut(to narrowest: Int, leaves: Int? = nil) -> ColumnFit {
        ColumnFit(narrowest: narrowest, leaves: leaves)
    }

    static func leaves(_ order: Int) -> ColumnFit { ColumnFit(leaves: order) }
}

extension ColumnFit {
    /// A column as it is wanted.
    struct Wish {
        var fit: ColumnFit
        /// Of the widest cell.
        var width: Int
        var titleWidth: Int
        /// Whether no row has anything there.
        var isEmpty: Bool

        fileprivate var least: Int { min(width, max(fit.narrowest ?? width, titleWidth)) }
    }

    /// Between two columns.
    static let gap = 2

    /// How wide each column is made so that all that are shown fit; nil for those that are not.
    ///
    /// Columns that have nothing to tell go first, then those that leave first, until the rest can be cut to fit; then the
    /// widest are cut. What can neither be cut nor go is shown all the same.
    static func widths(_ wishes: [Wish], within room: Int) -> [Int?] {
        var shown = Array(wishes.indices)
        func total(_ width: (Wish) -> Int) -> Int {
            shown.reduce(gap * (shown.count - 1)) { $0 + width(wishes[$1]) }
        }
        while total(\.width) > room {
            let goes = shown.filter { wishes[$0].fit.leaves != nil }.max { left, right in
                let (left, right) = (wishes[left], wishes[right])
                return (left.isEmpty ? 1 : 0, left.fit.leaves ?? 0) < (right.isEmpty ? 1 : 0, right.fit.leaves ?? 0)
            }
            guard let goes, wishes[goes].isEmpty || total(\.least) > room else { break }
            shown.removeAll { $0 == goes }
        }
        var widths = [Int?](repeating: nil, count: wishes.count)
        for index in shown { widths[index] = wishes[index].width }
        var excess = total(\.width) - room
        while excess > 0 {
            let widest = shown.filter { (widths[$0] ?? 0) > wishes[$0].least }.max {
                (widths[$0] ?? 0) < (widths[$1] ?? 0)
            }
            guard let widest, let width = widths[widest] else { break }
            widths[widest] = width - 1
            excess -= 1
        }
        return widths
    }
}
