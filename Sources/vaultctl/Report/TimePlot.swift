import Vault

/// Requests for tokens over time: a column for each stretch of days, stacked by how they ended.
struct TimePlot {
    struct Stack {
        /// The first day, counted from 1 January 1970, UTC.
        var day: Int64
        /// In the order of ``TimePlot/series``.
        var counts: [Int]

        var total: Int { counts.reduce(0, +) }
        var label: String { CivilTime(days: day).dayText }
    }

    let title: String
    /// Days that a column stands for.
    let width: Int64
    /// Without gaps.
    let stacks: [Stack]

    static let series: [(name: String, tone: PlotTone)] = [
        ("from the provider", .plain), ("from the cache", .cached), ("refused", .refused), ("failed", .failed),
    ]

    /// Columns that can still be told apart on a small screen.
    private static let most: Int64 = 92
    /// Pixels: of the plot, and above it for the number at the highest line.
    private static let (height, top) = (200, 8)

    /// - Parameter days: what was counted on each; a day without anything may be missing.
    init(title: String, days: [Int64: AuditTally]) {
        self.title = title
        guard let first = days.keys.min(), let last = days.keys.max() else {
            (width, stacks) = (1, [])
            return
        }
        let span = last - first + 1
        let width = [1, 7, 28, 91].first { span <= $0 * Self.most } ?? (span + Self.most - 1) / Self.most
        var stacks = (0..<(span + width - 1) / width).map {
            Stack(day: first + $0 * width, counts: Self.series.map { _ in 0 })
        }
        for (day, tally) in days {
            let counts = [tally.issued - tally.fromCache, tally.fromCache, tally.refused, tally.failed]
            for (index, count) in counts.enumerated() { stacks[Int((day - first) / width)].counts[index] += count }
        }
        (self.width, self.stacks) = (width, stacks)
    }

    /// What the plot shows; stretches without anything are left out.
    var table: HTMLTable {
        HTMLTable(
            caption: title,
            columns: [(width == 1 ? "Day (UTC)" : "\(width) days from", .whole)]
                + Self.series.map { ($0.name, .number) },
            rows: stacks.filter { $0.total > 0 }.map { [$0.label] + $0.counts.map(String.init) })
    }

    func write(to html: inout HTMLText) {
        let scale = Scale(above: stacks.map(\.total).max() ?? 0)
        let height = "\(Self.top + Self.height + 24)"
        // The page's style leaves room at the left, where the numbers are.
        html.element("svg", ["role": "img", "aria-label": title, "class": "time", "height": height]) { html in
            html.element("title", text: title)
            for line in 0...scale.lines { write(lineAt: line * scale.step, of: scale, to: &html) }
            for (index, stack) in stacks.enumerated() where stack.total > 0 {
                html.element("g") { write(stack, at: index, of: scale, to: &$0) }
            }
            writeDays(to: &html)
        }
        html.element("ul", ["class": "legend"]) { html in
            for series in Self.series {
                html.element("li") { html in
                    html.element("span", ["class": "key \(series.tone.rawValue)", "aria-hidden": "true"], text: "")
                    html.append(series.name)
                }
            }
        }
    }

    /// Lines at round numbers, five at most.
    private struct Scale {
        let step: Int
        let lines: Int

        init(above most: Int) {
            var unit = 1
            while unit * 25 < most { unit *= 10 }
            let step = [unit, 2 * unit, 5 * unit].first { $0 * 5 >= most } ?? 5 * unit
            self.step = step
            lines = max(1, (most + step - 1) / step)
        }

        /// Pixels from the bottom.
        func height(of count: Int) -> Int { TimePlot.height * count / (step * lines) }
    }

    private func write(lineAt value: Int, of scale: Scale, to html: inout HTMLText) {
        let y = Self.top + Self.height - scale.height(of: value)
        html.element(
            "line", ["x2": "100%", "y1": "\(y)", "y2": "\(y)", "class": "grid"], text: "")
        html.element(
            "text", ["x": "-8", "y": "\(y + 4)", "class": "axis", "text-anchor": "end"], text: "\(value)")
    }

    private func write(_ stack: Stack, at index: Int, of scale: Scale, to html: inout HTMLText) {
        let parts = zip(stack.counts, Self.series).filter { $0.0 > 0 }
        let summary = parts.map { "\($0.0) \($0.1.name)" }.joined(separator: ", ")
        html.element("title", text: "\(stack.label): \(summary)")
        // A tenth of the place stays free on both sides.
        let x = PlotPart(10 * index + 1, of: 10 * stacks.count).percent
        let width = PlotPart(8, of: 10 * stacks.count).percent
        var (below, bottom) = (0, 0)
        for (count, series) in parts {
            below += count
            // One refusal among a thousand tokens is still to be seen.
            let height = max(2, scale.height(of: below) - bottom)
            bottom += height
            html.element(
                "rect",
                [
                    "x": x, "y": "\(Self.top + Self.height - bottom)", "width": width, "height": "\(height)",
                    "class": series.tone.rawValue,
                ], text: "")
        }
    }

    private func writeDays(to html: inout HTMLText) {
        guard let first = stacks.first, let last = stacks.last else { return }
        let y = "\(Self.top + Self.height + 18)"
        html.element("text", ["y": y, "class": "axis"], text: first.label)
        guard stacks.count > 1 else { return }
        html.element("text", ["x": "100%", "y": y, "class": "axis", "text-anchor": "end"], text: last.label)
    }
}
