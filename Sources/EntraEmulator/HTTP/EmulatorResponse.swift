import FoundationEssentials
public import HTTPTypes

/// What the emulator answers, and how the answer is to go wrong on its way.
public struct EmulatorResponse: Sendable {
    /// The bytes after the head.
    public enum Content: Sendable, Equatable {
        case bytes([UInt8])
        /// One byte many times over, too many to hold; sent in pieces and without a length.
        case repeated(UInt8, count: Int)
    }

    /// How the answer ends.
    public enum Ending: Sendable, Equatable {
        /// As it should.
        case whole
        /// `Content-Length` promises more than comes before the connection is closed.
        case cutShort
        /// The connection is closed without a byte of the answer. What the request changed stays changed.
        case lost
    }

    public var head: HTTPResponse
    public var content: Content
    public var ending = Ending.whole
    /// How long the answer is held back.
    public var delay = Duration.zero
    /// The fault that struck within the route, for the record.
    var fault: Fault.Name?

    public init(status: HTTPResponse.Status, fields: HTTPFields = [:], content: Content = .bytes([])) {
        self.head = HTTPResponse(status: status, headerFields: fields)
        self.content = content
    }

    /// The body, where it is held in memory.
    public var bytes: [UInt8] {
        switch content {
        case .bytes(let bytes): bytes
        case .repeated: []
        }
    }

    /// An answer in JSON.
    /// - Parameter keys: how members are named: as in Swift, which is Resource Manager's way, or in snake case, which
    ///   is OAuth's.
    static func json(
        _ value: some Encodable, keys: JSONEncoder.KeyEncodingStrategy = .useDefaultKeys,
        status: HTTPResponse.Status = .ok, fields: HTTPFields = [:]
    ) -> EmulatorResponse {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = keys
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.dateEncodingStrategy = .iso8601
        do {
            var response = EmulatorResponse(status: status, fields: fields)
            response.content = .bytes([UInt8](try encoder.encode(value)))
            response.head.headerFields[.contentType] = "application/json; charset=utf-8"
            return response
        } catch {
            // Only numbers that JSON has no form for end here, and no answer holds one.
            return EmulatorResponse(status: .internalServerError, content: .bytes([UInt8]("\(error)".utf8)))
        }
    }

    /// A plain error of the emulator's own routes.
    static func control(_ status: HTTPResponse.Status, _ message: String) -> EmulatorResponse {
        .json(["error": message], status: status)
    }
}

extension HTTPField.Name {
    // All three are tokens (RFC 9110, section 5.6.2), and for a token the initialiser gives a name.
    // Tokens of RFC 9110, so they are never nil.
    static let clientRequestId = HTTPField.Name("client-request-id")!
    static let returnClientRequestId = HTTPField.Name("return-client-request-id")!
    static let requestId = HTTPField.Name("x-ms-request-id")!
}
