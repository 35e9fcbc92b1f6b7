import FoundationEssentials

/// Base64 with the URL alphabet and without padding (RFC 4648, section 5).
enum Base64URL {
    static func encode(_ data: Data) -> String {
        let characters = data.base64EncodedString().compactMap { character -> Character? in
            switch character {
            case "+": "-"
            case "/": "_"
            case "=": nil
            default: character
            }
        }
        return String(characters)
    }

    /// The bytes of `text`; `nil` when it has padding or any other character that the alphabet has not.
    static func decode(_ text: some StringProtocol) -> Data? {
        var plain = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                plain.unicodeScalars.append(Unicode.Scalar(byte))
            case UInt8(ascii: "-"): plain += "+"
            case UInt8(ascii: "_"): plain += "/"
            default: return nil
            }
        }
        plain += String(repeating: "=", count: (4 - plain.utf8.count % 4) % 4)
        return Data(base64Encoded: plain)
    }

    /// `count` random bytes from the system's generator, encoded.
    static func random(_ count: Int) -> String {
        encode(Data((0..<count).map { _ in UInt8.random(in: .min ... .max) }))
    }
}
