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

    /// `count` random bytes from the system's generator, encoded.
    static func random(_ count: Int) -> String {
        encode(Data((0..<count).map { _ in UInt8.random(in: .min ... .max) }))
    }
}
