/// A heading, and a plot beside its table; or what there is to say without.
struct ReportSection {
    var title: String
    var plot: (inout HTMLText) -> Void
    var table: HTMLTable
    /// What is said where the table is empty.
    var nothing: String
    var note: String?

    func write(to html: inout HTMLText) {
        html.element("section") { html in
            html.element("h2", text: title)
            if table.rows.isEmpty {
                html.element("p", text: nothing)
            } else {
                html.element("div", ["class": "pair"]) { html in
                    html.element("figure") { plot(&$0) }
                    table.write(to: &html)
                }
            }
            if let note { html.element("p", text: note) }
        }
    }
}
