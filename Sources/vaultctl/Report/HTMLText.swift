import Vault

/// A document of HTML on its way out. Markup can only be what stands in the source of this program; whatever is known at run
/// time alone goes through ``append(_:)`` and cannot become any.
struct HTMLText {
    private var text = ByteText()

    var bytes: [UInt8] { text.bytes }

    /// Appends markup as it is.
    mutating func markup(_ literal: StaticString) { text.append(literal.description) }

    /// Appends text. `& < > " '` become entities, so that it is text between tags and in a quoted attribute alike; what would
    /// steer a reader's eyes, as a character that turns the direction of writing, becomes `\u{…}`.
    mutating func append(_ content: String) {
        for scalar in content.unicodeScalars {
            switch scalar {
            case "&": text.append("&amp;")
            case "<": text.append("&lt;")
            case ">": text.append("&gt;")
            case "\"": text.append("&quot;")
            case "'": text.append("&#39;")
            case _ where scalar.isUnsafeOnTerminal: text.append(visible: String(scalar))
            default: text.append(scalar)
            }
        }
    }

    /// Appends an element without content, or the start of one.
    mutating func open(_ name: StaticString, _ attributes: KeyValuePairs<StaticString, String> = [:]) {
        markup("<")
        markup(name)
        for (name, value) in attributes {
            markup(" ")
            markup(name)
            markup("=\"")
            append(value)
            markup("\"")
        }
        markup(">")
    }

    mutating func close(_ name: StaticString) {
        markup("</")
        markup(name)
        markup(">")
    }

    mutating func element(
        _ name: StaticString, _ attributes: KeyValuePairs<StaticString, String> = [:], _ body: (inout HTMLText) -> Void
    ) {
        open(name, attributes)
        body(&self)
        close(name)
    }

    mutating func element(
        _ name: StaticString, _ attributes: KeyValuePairs<StaticString, String> = [:], text: String
    ) {
        element(name, attributes) { $0.append(text) }
    }
}
