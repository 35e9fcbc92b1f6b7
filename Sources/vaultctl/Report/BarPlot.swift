/// Horizontal bars, one for each row.
///
/// Lengths are parts of the width, so that the plot fits any page while its text keeps its size.
struct BarPlot {
    struct Bar {
        var label: String
        var value: Int
        /// What stands at the end of the line, the number in words.
        var text: String
        /// How it is coloured; the text says the same.
        var tone = PlotTone.plain
    }

    var title: String
    var bars: [Bar]

    /// Pixels.
    private static let rowHeight = 38
    /// Characters that have room beside the number on a small screen.
    private static let longestLabel = 34

    func write(to html: inout HTMLText) {
        let most = bars.map(\.value).max() ?? 0
        let height = bars.count * Self.rowHeight
        html.element("svg", ["role": "img", "aria-label": title, "width": "100%", "height": "\(height)"]) { html in
            html.element("title", text: title)
            for (index, bar) in bars.enumerated() {
                html.element("g") { write(bar, of: most, at: index * Self.rowHeight, to: &$0) }
            }
        }
    }

    private func write(_ bar: Bar, of most: Int, at top: Int, to html: inout HTMLText) {
        let y = "\(top + 14)"
        html.element("title", text: "\(bar.label): \(bar.text)")
        html.element("text", ["x": "0", "y": y], text: Self.shortened(bar.label))
        html.element(
            "text",
            [
                "x": "100%", "y": y, "class": bar.tone == .plain ? "value" : "value \(bar.tone.rawValue)",
                "text-anchor": "end",
            ], text: bar.text)
        for (width, tone) in [("100%", "rail"), (PlotPart(bar.value, of: most).percent, bar.tone.rawValue)] {
            html.element(
                "rect", ["y": "\(top + 20)", "width": width, "height": "8", "rx": "2", "class": tone], text: "")
        }
    }

    /// The middle goes, because names that belong together begin, or end, alike.
    private static func shortened(_ label: String) -> String {
        guard label.count > longestLabel else { return label }
        return "\(label.prefix(longestLabel / 2))…\(label.suffix(longestLabel / 2 - 1))"
    }
}

/// Classes of the page's style.
enum PlotTone: String {
    case plain, cached, refused, failed, soon
}

/// A part of a whole as SVG takes it.
struct PlotPart {
    let percent: String

    init(_ part: Int, of whole: Int) {
        let hundredths = Int((Double(part) * 10_000 / Double(max(1, whole))).rounded())
        let rest = hundredths % 100
        percent = "\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest)%"
    }
}
