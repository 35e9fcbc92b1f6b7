/// Text on its way out, kept as UTF-8 so that a hundred thousand rows cost no string each.
///
/// What comes from outside (descriptions, tags, a provider's words) goes in through one of the escaping verbs: a
/// terminal obeys control characters, and a line-based format ends at a newline.
package struct ByteText {
    package private(set) var bytes: [UInt8] = []

    package init() {}

    package mutating func reserve(_ count: Int) { bytes.reserveCapacity(count) }

    package mutating func append(_ byte: UInt8) { bytes.append(byte) }

    /// Appends text of our own making, as it is.
    package mutating func append(_ text: String) { bytes.append(contentsOf: text.utf8) }

    package mutating func append(_ scalar: Unicode.Scalar) {
        bytes.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
    }

    package mutating func append(bytes other: ArraySlice<UInt8>) { bytes.append(contentsOf: other) }

    package mutating func append(spaces count: Int) {
        if count > 0 { bytes.append(contentsOf: repeatElement(UInt8(ascii: " "), count: count)) }
    }

    package mutating func append(number: Int64) {
        guard number >= 10 || number < 0 else { return append(UInt8(ascii: "0") + UInt8(number)) }
        append(String(number))
    }

    /// Appends `number` with at least `width` digits.
    package mutating func append(padded number: Int64, width: Int) {
        let digits = String(number)
        for _ in digits.utf8.count..<max(width, digits.utf8.count) { append(UInt8(ascii: "0")) }
        append(digits)
    }

    package mutating func append(hexadecimal other: [UInt8]) {
        for byte in other {
            append(Self.hexadecimalDigit(byte >> 4))
            append(Self.hexadecimalDigit(byte & 15))
        }
    }

    /// The lower-case digit for a value below 16.
    package static func hexadecimalDigit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }

    package mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }
}

extension ByteText {
    /// Appends text for a terminal: control characters, line breaks and what turns the direction of writing become
    /// `\u{…}`.
    package mutating func append(visible text: String) {
        if text.isPlain { return append(text) }
        for scalar in text.unicodeScalars {
            if scalar.isUnsafeOnTerminal {
                append("\\u{\(String(scalar.value, radix: 16))}")
            } else {
                append(scalar)
            }
        }
    }

    /// Appends one field of a tab-separated line: tab, newline, carriage return and backslash are escaped as
    /// `\t`, `\n`, `\r` and `\\`, other control characters as `\u{…}`.
    package mutating func append(field text: String) {
        if text.isPlain { return append(text) }
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\t": append("\\t")
            case "\n": append("\\n")
            case "\r": append("\\r")
            case "\\": append("\\\\")
            default: append(visible: String(scalar))
            }
        }
    }

    /// Appends a JSON string with its quotes. What a terminal would act on, C1 and DEL included, becomes `\uXXXX`.
    package mutating func append(json text: String) {
        append(UInt8(ascii: "\""))
        guard !text.isPlain else {
            append(text)
            return append(UInt8(ascii: "\""))
        }
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": append("\\\"")
            case "\\": append("\\\\")
            case "\n": append("\\n")
            case "\r": append("\\r")
            case "\t": append("\\t")
            case _ where scalar.isUnsafeOnTerminal:
                append("\\u")
                for shift in [12, 8, 4, 0] { append(Self.hexadecimalDigit(UInt8(scalar.value >> shift & 15))) }
            default: append(scalar)
            }
        }
        append(UInt8(ascii: "\""))
    }
}

extension Unicode.Scalar {
    /// Whether a terminal would act on it instead of showing it, or show the text around it in another order.
    package var isUnsafeOnTerminal: Bool {
        switch value {
        case 0..<0x20, 0x7f..<0xa0, 0x200e, 0x200f, 0x2028, 0x2029, 0x202a...0x202e, 0x2066...0x2069, 0xfeff: true
        default: false
        }
    }
}

extension String {
    /// Whether it is printable ASCII without quote and backslash, so that every format takes it as it is.
    fileprivate var isPlain: Bool {
        let bytes = utf8Span.span
        for index in bytes.indices {
            let byte = bytes[index]
            guard byte >= 0x20, byte < 0x7f, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") else {
                return false
            }
        }
        return true
    }

    /// The text as a terminal may show it; see ``ByteText/append(visible:)``.
    package var visible: String {
        var text = ByteText()
        text.append(visible: self)
        return String(decoding: text.bytes, as: UTF8.self)
    }
}
