/// The numbers behind a plot, for who reads them, or has them read.
struct HTMLTable {
    var caption: String
    var columns: [(title: String, kind: Kind)]
    /// The first cell of each names the row.
    var rows: [[String]]

    /// What a column holds, which is a class of the page's style.
    enum Kind: String {
        /// Broken where there is no room.
        case words
        /// Set to the right.
        case number
        /// Never broken: times, codes.
        case whole
    }

    func write(to html: inout HTMLText) {
        // It can be scrolled, also by keyboard.
        html.element("div", ["class": "table", "tabindex": "0", "role": "region", "aria-label": caption]) { html in
            html.element("table") { html in
                html.element("caption", text: caption)
                html.element("thead") { html in
                    html.element("tr") { html in
                        for column in columns {
                            html.element(
                                "th", ["scope": "col", "class": column.kind.rawValue],
                                text: column.title)
                        }
                    }
                }
                html.element("tbody") { html in
                    for row in rows { html.element("tr") { write(row, to: &$0) } }
                }
            }
        }
    }

    private func write(_ row: [String], to html: inout HTMLText) {
        for (index, cell) in row.enumerated() {
            if index == 0 {
                html.element("th", ["scope": "row", "class": columns[index].kind.rawValue], text: cell)
            } else {
                html.element("td", ["class": columns[index].kind.rawValue], text: cell)
            }
        }
    }
}
