internal import FoundationEssentials
internal import HTTPTypes
internal import NIOCore
internal import Vault

/// What a client gets.
struct Answer {
    var head: HTTPResponse
    var body: ByteBuffer
    var holdsToken = false
    var closes = false

    init(status: HTTPResponse.Status, fields: [String: JSONField]) {
        self.init(status: status, body: ByteBuffer(bytes: JSONField.object(fields)))
    }

    /// - Throws: code `unavailable` for a token that is not printable ASCII, or that has a quote or a backslash: no issuer
    ///   makes such tokens, and JSON could not have it as it is.
    init(token: borrowing SecretBytes, fields: [String: JSONField]) throws(VaultError) {
        let rest = JSONField.object(fields).dropFirst()
        let before = #"{"access_token":""#
        let isSound = token.withBytes { bytes in
            (0..<bytes.byteCount).allSatisfy { index in
                let byte = bytes.byte(at: index)
                return (0x21...0x7e).contains(byte) && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
            }
        }
        guard isSound, !token.isEmpty else {
            throw VaultError(.unavailable, "the identity provider's token has characters that no token has")
        }
        // Of the final size: growing would leave a copy of the token behind.
        var body = ByteBufferAllocator().buffer(capacity: before.utf8.count + token.count + 2 + rest.count)
        body.writeString(before)
        token.withBytes { bytes in unsafe bytes.withUnsafeBytes { _ = unsafe body.writeBytes($0) } }
        body.writeString("\",")
        body.writeBytes(rest)
        self.init(status: .ok, body: body)
        holdsToken = true
    }

    /// Overwrites the body, unless somebody still sends it.
    mutating func wipe() {
        guard holdsToken else { return }
        _ = body.modifyIfUniquelyOwned { buffer in
            buffer.setRepeatingByte(0, count: buffer.writerIndex, at: 0)
        }
    }

    init(_ refusal: Refusal, in dialect: Dialect?) {
        let fields: [String: JSONField] =
            switch dialect {
            case .appService, .machineLearning:
                ["statusCode": .number(Int64(refusal.status.code)), "message": .text(refusal.message)]
            case .databricks:
                ["error_code": .text(refusal.error), "message": .text(refusal.message)]
            case .imds, .cloudShell, nil:
                ["error": .text(refusal.error), "error_description": .text(refusal.message)]
            }
        self.init(status: refusal.status, fields: fields)
        if let seconds = refusal.retryAfter { head.headerFields[.retryAfter] = String(seconds) }
        if let method = refusal.allow { head.headerFields[.allow] = method.rawValue }
        if refusal.closes { head.headerFields[.connection] = "close" }
        closes = refusal.closes
    }

    private init(status: HTTPResponse.Status, body: ByteBuffer) {
        head = HTTPResponse(
            status: status,
            headerFields: [
                .contentType: "application/json; charset=utf-8", .contentLength: String(body.readableBytes),
                .cacheControl: "no-store",
            ])
        self.body = body
    }
}

/// A value in an answer.
enum JSONField: Encodable {
    case text(String)
    case number(Int64)

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .text(let text): try container.encode(text)
        case .number(let number): try container.encode(number)
        }
    }

    static func object(_ fields: [String: JSONField]) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Texts and whole numbers have no value that JSON lacks.
        return (try? encoder.encode(fields)).map(Array.init) ?? Array("{}".utf8)
    }
}
