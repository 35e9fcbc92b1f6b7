internal import Vault

extension FoundCredential.Proof {
    /// What a value that is called a certificate comes to: text where there is PEM anywhere in it, for OpenSSL writes
    /// attributes before; else a path.
    ///
    /// - Throws: for what is neither: a path is shown in errors, and a key in another form must not be.
    init(certificate value: FileValue, in bytes: RawSpan) throws(ValueFault) {
        let written = try value.secret(in: bytes)
        let (isText, isPath) = written.withBytes { bytes in
            ((0..<bytes.byteCount).contains { bytes.has("-----BEGIN", at: $0) }, Self.isPath(bytes))
        }
        if isText {
            self = .certificateText(SharedSecret(written), value.erasure)
        } else if isPath {
            self = .certificate(path: try value.text(in: bytes))
        } else {
            throw ValueFault(message: "its certificate is neither a path nor PEM")
        }
    }

    /// As far as the system takes paths (limits.h), and none that could be a key in base64.
    private static func isPath(_ bytes: RawSpan) -> Bool {
        guard bytes.byteCount <= 4095 else { return false }
        var hasOther = false
        var part = 0
        for at in 0..<bytes.byteCount {
            let byte = bytes.byte(at: at)
            guard byte >= 0x20, byte != 0x7f else { return false }
            part = byte == UInt8(ascii: "/") ? 0 : part + 1
            guard part <= 255 else { return false }
            if !isOfBase64(byte) { hasOther = true }
        }
        return hasOther || bytes.byteCount <= 255
    }

    private static func isOfBase64(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "/"), UInt8(ascii: "="),
            UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}
