import FoundationEssentials
import Vault

/// A report as one file that asks for no other: styles and plots are in it, scripts are nowhere, and its policy allows none.
struct ReportPage {
    var vault: String
    var madeAt: Date
    /// What was asked for, in words; nil when it is about the whole record.
    var restriction: String?
    var figures: ReportFigures
    var profiles: [Profile]
    var verdict: ReportVerdict

    /// Bars of one plot.
    private static let most = 20
    /// How far ahead credentials are looked at, in days.
    private static let horizon = 90

    var bytes: [UInt8] {
        var html = HTMLText()
        html.markup(
            """
            <!DOCTYPE html>
            <html lang="en">
            <meta charset="utf-8">
            <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="referrer" content="no-referrer">
            <meta name="color-scheme" content="light dark">
            <title>Audit report</title>
            <style>
            """)
        html.markup(ReportStyle.sheet)
        html.markup("</style>\n")
        html.element("main") { html in
            writeHeader(to: &html)
            writeVerdict(to: &html)
            writeTiles(to: &html)
            for section in sections { section.write(to: &html) }
        }
        html.markup("\n</html>\n")
        return html.bytes
    }

    private func writeHeader(to html: inout HTMLText) {
        html.element("header") { html in
            html.element("h1", text: "Audit report")
            html.element("p") { html in
                html.append("Of ")
                html.element("code", text: vault)
                html.append(", made \(madeAt.rfc3339). Days are those of UTC.")
            }
            html.element("p", text: restriction.map { "Only \($0)." } ?? "The whole record.")
            if let first = figures.first, let last = figures.last {
                let span = "\(first.event.time.rfc3339) to \(last.event.time.rfc3339)"
                html.element("p", text: "Entries \(first.sequence) to \(last.sequence), \(span).")
            }
        }
    }

    private func writeVerdict(to html: inout HTMLText) {
        html.element("section", ["class": "verdict \(verdict.tone)"]) { html in
            html.element("h2", text: verdict.heading)
            for sentence in verdict.sentences { html.element("p", text: sentence) }
        }
    }

    private func writeTiles(to html: inout HTMLText) {
        let tally = figures.issuance
        let tiles: [(String, Int)] = [
            ("entries", figures.entries), ("tokens issued", tally?.issued ?? 0),
            ("from the cache", tally?.fromCache ?? 0), ("requests refused", tally?.refused ?? 0),
            ("requests failed", tally?.failed ?? 0), ("profiles now", profiles.count),
        ]
        html.element("dl", ["class": "tiles"]) { html in
            for (label, count) in tiles {
                html.element("div") { html in
                    html.element("dt", text: label)
                    html.element("dd", text: "\(count)")
                }
            }
        }
    }

    // MARK: Sections

    private var sections: [ReportSection] {
        [
            issuance, tokens("Tokens by profile", figures.byProfile, unit: "Profile"),
            tokens("Tokens by audience", figures.byAudience, unit: "Audience"), refusals, expiries,
        ]
    }

    private var issuance: ReportSection {
        let plot = TimePlot(title: "Requests for tokens over time", days: figures.days)
        return ReportSection(
            title: "Issuance over time", plot: plot.write, table: plot.table, nothing: "No token was asked for.")
    }

    private func tokens(_ title: String, _ summary: AuditSummary, unit: String) -> ReportSection {
        let rows = summary.rows
        let shown = rows.prefix(Self.most)
        let plot = BarPlot(
            title: title,
            bars: shown.map {
                BarPlot.Bar(label: $0.group.text ?? "none", value: $0.tally.issued, text: "\($0.tally.issued)")
            })
        let table = HTMLTable(
            caption: caption(title, shown: shown.count, of: rows.count),
            columns: [
                (unit, .words), ("issued", .number), ("from cache", .number), ("refused", .number), ("failed", .number),
            ],
            rows: shown.map { row in
                let tally = row.tally
                return [row.group.text ?? "none"]
                    + [tally.issued, tally.fromCache, tally.refused, tally.failed].map(String.init)
            })
        return ReportSection(title: title, plot: plot.write, table: table, nothing: "No token was asked for.")
    }

    private var refusals: ReportSection {
        let rows = figures.refusalRows
        let shown = rows.prefix(Self.most)
        let plot = BarPlot(
            title: "Refusals by code",
            bars: shown.map {
                BarPlot.Bar(label: $0.name, value: $0.tally.count, text: "\($0.tally.count)", tone: .refused)
            })
        let table = HTMLTable(
            caption: caption("Refusals by code", shown: shown.count, of: rows.count),
            columns: [("Code", .whole), ("times", .number), ("last (UTC)", .whole), ("profiles", .words)],
            rows: shown.map { [$0.name, "\($0.tally.count)", $0.tally.last.minute, Self.listed($0.tally.profiles)] })
        return ReportSection(title: "Refusals", plot: plot.write, table: table, nothing: "Nothing was refused.")
    }

    private var expiries: ReportSection {
        let due = ExpiringCredential.among(profiles, within: Self.horizon, now: madeAt)
        let shown = due.prefix(Self.most)
        let plot = BarPlot(
            title: "Days until credentials expire",
            bars: shown.map { BarPlot.Bar(label: $0.name, value: max(0, $0.days), text: $0.text, tone: $0.tone) })
        let table = HTMLTable(
            caption: caption("Credentials that expire", shown: shown.count, of: due.count),
            columns: [("Profile", .words), ("expires (UTC)", .whole), ("that is", .whole), ("key id", .words)],
            rows: shown.map { [$0.name, $0.expiresAt.minute, $0.text, $0.keyID ?? "unknown"] })
        let unknown = profiles.count { $0.credential.kind != .federated && $0.credential.expiresAt == nil }
        return ReportSection(
            title: "Credentials that expire within \(Self.horizon) days", plot: plot.write, table: table,
            nothing: "None, as far as is known.",
            note: unknown > 0 ? "Credentials of which nobody said when they expire: \(unknown)." : nil)
    }

    private func caption(_ title: String, shown: Int, of all: Int) -> String {
        shown < all ? "\(title): the first \(shown) of \(all)" : title
    }

    private static func listed(_ profiles: Set<String>) -> String {
        let names = profiles.sorted()
        return names.prefix(5).joined(separator: ", ") + (names.count > 5 ? " and \(names.count - 5) more" : "")
    }
}

extension Date {
    /// `2026-11-22 15:11`, in UTC.
    fileprivate var minute: String { String(rfc3339.prefix(16)).replacing("T", with: " ") }
}
