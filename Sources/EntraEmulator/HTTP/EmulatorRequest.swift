import FoundationEssentials
import HTTPTypes

/// A request, read once: its path in pieces, its query, and the emulator's time for it.
struct EmulatorRequest: Sendable {
    let method: HTTPRequest.Method
    /// The path as sent, without the query.
    let path: String
    /// The decoded pieces of the path.
    let segments: [String]
    let query: Form
    /// The host that was asked, without a port; empty when none was named.
    let host: String
    /// The address that was asked, without a slash at its end: `https://localhost:8443`. A server behind TLS cannot know
    /// better, as the scheme is not sent.
    let origin: String
    let fields: HTTPFields
    let body: [UInt8]
    /// What the clock shows to this request, a fault's skew included.
    var time: Date

    init(_ request: HTTPRequest, body: [UInt8], time: Date) {
        let target = request.path ?? "/"
        let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let path = String(parts.first ?? "/")
        self.method = request.method
        self.path = path
        self.segments = path.split(separator: "/").map { Form.decode($0.utf8, plusIsSpace: false) ?? String($0) }
        self.query = parts.count > 1 ? Form(Array(parts[1].utf8)) : Form([])
        self.origin = "https://\(request.authority ?? "")"
        self.host = Self.hostname(of: request.authority ?? "")
        self.fields = request.headerFields
        self.body = body
        self.time = time
    }

    /// `authority` without its port; an IPv6 address keeps its brackets.
    static func hostname(of authority: String) -> String {
        guard let colon = authority.lastIndex(of: ":"), !authority[colon...].contains("]") else { return authority }
        return String(authority[..<colon])
    }

    /// The body read as a form.
    var form: Form { Form(body) }

    /// The body read as JSON.
    func json<Value: Decodable>(_ type: Value.Type) throws(Refusal) -> Value {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .iso8601
        do {
            return try decoder.decode(type, from: Data(body))
        } catch {
            throw Refusal(.control(.badRequest, "the body is not the JSON expected here: \(error)"))
        }
    }
}

/// The answer to a request that goes no further.
struct Refusal: Error {
    let response: EmulatorResponse

    init(_ response: EmulatorResponse) { self.response = response }
}
