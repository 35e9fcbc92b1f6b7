import HTTPTypes

extension Fault {
    /// The faults that answer in place of the route.
    static let instead: Set<Name> = [.throttled, .unavailable, .serverError, .redirect, .html, .huge]
    /// The faults that spoil a right answer on its way.
    static let afterwards: Set<Name> = [.replyLost, .wrongLength, .halfJSON, .serverErrorAfter]
    /// The faults that hold an answer back.
    static let delays: Set<Name> = [.slow, .latency]

    /// The answer of a fault in ``instead``; `nil` for any other.
    func answer() -> EmulatorResponse? {
        switch name {
        case .throttled: Self.retryable(.tooManyRequests, after: seconds ?? 5)
        case .unavailable: Self.retryable(.serviceUnavailable, after: seconds)
        case .serverError: Self.brokenServer
        case .redirect: Self.redirection(to: location ?? "https://redirected.invalid/")
        case .html: Self.text(.ok, "text/html; charset=utf-8", "<!DOCTYPE html><title>Sign in to this network</title>")
        case .huge:
            EmulatorResponse(
                status: .ok,
                fields: [.contentType: "application/json; charset=utf-8"],
                content: .repeated(UInt8(ascii: " "), count: bytes ?? 2 << 30)
            )
        case .duplicated, .serverErrorAfter, .replyLost, .slow, .latency, .notYetReplicated, .wrongLength, .halfJSON,
            .clockSkew:
            nil
        }
    }

    /// Spoils `response` as a fault in ``afterwards`` does.
    func spoil(_ response: inout EmulatorResponse) {
        switch name {
        case .replyLost: response.ending = .lost
        case .wrongLength: response.ending = .cutShort
        case .serverErrorAfter: response = Self.brokenServer
        case .halfJSON: response.content = .bytes(Array(response.bytes.prefix(response.bytes.count / 2)))
        default: break
        }
    }

    /// How long a fault in ``delays`` holds an answer back.
    var delay: Duration {
        switch name {
        case .slow: .seconds(seconds ?? 30)
        case .latency: .milliseconds(milliseconds ?? 50)
        default: .zero
        }
    }

    private static var brokenServer: EmulatorResponse {
        text(.internalServerError, "text/plain", "Internal Server Error")
    }

    private static func retryable(_ status: HTTPResponse.Status, after seconds: Double?) -> EmulatorResponse {
        var response = EmulatorResponse.json(
            ["error": "temporarily_unavailable", "error_description": "The service is temporarily unavailable."],
            status: status
        )
        response.head.headerFields[.retryAfter] = seconds.map { "\(Int($0.rounded(.up)))" }
        return response
    }

    private static func redirection(to location: String) -> EmulatorResponse {
        EmulatorResponse(status: .found, fields: [.location: location])
    }

    private static func text(_ status: HTTPResponse.Status, _ type: String, _ text: String) -> EmulatorResponse {
        EmulatorResponse(status: status, fields: [.contentType: type], content: .bytes([UInt8](text.utf8)))
    }
}
