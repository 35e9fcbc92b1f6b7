internal import FoundationEssentials

/// The `uti` of a token, if it is a JWT that has one (RFC 7519, section 3).
///
/// It is read from the payload without verifying anything and goes into the record only, where it finds the sign-in in
/// the provider's own log. A token is opaque to its client: one without a readable payload is no worse.
enum TokenID {
    /// - Returns: nil for anything but a JWT with a `uti` of letters, digits and `-_.`.
    static func read(from token: borrowing SecretBytes) -> String? {
        guard let payload = payload(of: token) else { return nil }
        do {
            return ShownText.identifier(try BoundedJSON(payload).decode(Payload.self).uti)
        } catch {
            // An encrypted or foreign token. There is no id to record, which is what nil says.
            return nil
        }
    }

    private struct Payload: Decodable {
        let uti: String?
    }

    /// The middle one of three base64url parts (RFC 7515, section 3.1). Without the signature it opens nothing, but it
    /// is kept in locked memory all the same as far as the decoders allow.
    static func payload(of token: borrowing SecretBytes) -> SecretBytes? {
        let text: String? = token.withBytes { bytes in
            let dots = (0..<bytes.byteCount).filter { bytes.octet(at: $0) == UInt8(ascii: ".") }
            guard dots.count == 2 else { return nil }
            var base64 = ""
            for offset in dots[0] + 1..<dots[1] {
                switch bytes.octet(at: offset) {
                case UInt8(ascii: "-"): base64.append("+")
                case UInt8(ascii: "_"): base64.append("/")
                case let byte: base64.unicodeScalars.append(Unicode.Scalar(byte))
                }
            }
            return base64 + String(repeating: "=", count: (4 - base64.utf8.count % 4) % 4)
        }
        guard let text, let data = Data(base64Encoded: text) else { return nil }
        return SecretBytes(copying: data.bytes)
    }
}
