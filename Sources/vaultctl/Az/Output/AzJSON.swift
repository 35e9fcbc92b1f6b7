/// JSON as az has it: two spaces a level, keys sorted, `": "` after a key, which Python's azure-identity looks for to mask
/// the token.
enum AzJSON {
    static func text(of value: AzValue) -> SplicedText {
        var text = SplicedText()
        append(value, to: &text, depth: 0)
        text.append("\n")
        return text
    }

    private static func append(_ value: AzValue, to text: inout SplicedText, depth: Int) {
        switch value {
        case .null: text.append("null")
        case .bool(let value): text.append(value ? "true" : "false")
        case .number(let number): text.append(String(number))
        case .text(let string): text.append(json: string)
        case .token:
            text.append("\"")
            text.appendToken()
            text.append("\"")
        case .list(let list):
            enclose(list, "[", "]", in: &text, depth: depth) { append($1, to: &$0, depth: depth + 1) }
        case .object(let object):
            enclose(object.sorted, "{", "}", in: &text, depth: depth) { text, member in
                text.append(json: member.key)
                text.append(": ")
                append(member.value, to: &text, depth: depth + 1)
            }
        }
    }

    private static func enclose<Element>(
        _ elements: [Element], _ open: String, _ close: String, in text: inout SplicedText, depth: Int,
        _ each: (inout SplicedText, Element) -> Void
    ) {
        text.append(open)
        for (index, element) in elements.enumerated() {
            text.append(index == 0 ? "\n" : ",\n")
            text.append(spaces: 2 * depth + 2)
            each(&text, element)
        }
        if !elements.isEmpty {
            text.append("\n")
            text.append(spaces: 2 * depth)
        }
        text.append(close)
    }
}
