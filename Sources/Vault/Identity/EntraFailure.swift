internal import FoundationEssentials
internal import HTTPTypes

/// What Entra answers instead of a token, as the error that a user sees (wire reference, 1.3).
///
/// Decisions are taken on `error` and `error_codes` alone. The description is for people: its wording, language and
/// line ends change, so it is shown and never read.
enum EntraFailure {
    /// Longest text of the provider that is shown, in characters.
    static let longestText = 300
    /// The same of ``ProviderRefusal/text``, which has all sentences and the ids.
    static let longestWholeText = 2000

    /// The error behind an answer that is not 200.
    ///
    /// - Parameters:
    ///   - secret: what was sent, so that a peer that repeats it cannot put it into the error.
    ///   - field: the `Authorization` field that it was sent in, if it was.
    static func error(
        of exchange: borrowing RetryingClient.Exchange, secret: borrowing SecretBytes, field: String? = nil
    ) -> VaultError {
        let body: Body
        do {
            body = try BoundedJSON(exchange.answer.body).decode(Body.self)
        } catch {
            return notAnAnswer(exchange, because: error)
        }
        let encoded = FormBody.encoded(secret)
        func repeats(_ text: String) -> Bool {
            ShownText.holds(secret, in: text) || ShownText.holds(encoded, in: text)
                || field.map { ShownText.repeats($0, in: text) } ?? false
        }
        func identifier(_ text: String?) -> String? {
            guard let text = ShownText.identifier(text), !repeats(text) else { return nil }
            return text
        }
        guard let name = identifier(body.error) else {
            return notATokenEndpoint("status \(exchange.status) with an error of no OAuth kind")
        }
        let fields = exchange.answer.head.headerFields
        var refusal = ProviderRefusal(
            error: name, aadsts: body.error_codes?.first?.value,
            traceID: identifier(body.trace_id) ?? identifier(fields[.requestID]),
            correlationID: identifier(body.correlation_id) ?? identifier(fields[.clientRequestID]))
        var text = shown(body.error_description, code: refusal.aadsts, error: name)
        if repeats(text) {
            text = "\(refusal.aadsts.map { "AADSTS\($0)" } ?? name) (its text repeats the secret and is not shown)"
        }
        let whole = ShownText.cleaned(body.error_description ?? "", limit: longestWholeText)
        if !whole.isEmpty, !repeats(whole) { refusal.text = whole }
        let kind = EntraErrorKind(refusal, status: exchange.status)
        guard kind.code == .tryAgain else {
            return VaultError(
                kind.code, "the identity provider refused: \(text)",
                hint: kind.hint ?? (body.claims == nil ? nil : claimsHint), refusal: refusal)
        }
        return VaultError(
            .tryAgain, "the identity provider cannot answer now: \(text)", hint: later(exchange.retryAfter),
            refusal: refusal, retryAfter: exchange.retryAfter.map(TimeInterval.init))
    }

    /// What came is no answer of a token endpoint.
    static func notATokenEndpoint(_ what: String) -> VaultError {
        VaultError(
            .unavailable, "the identity provider did not answer as a token endpoint: \(what)",
            hint: "check the authority and the cloud of the profile, and any proxy in between")
    }

    /// A 200 whose body is not the JSON of a token.
    static func notATokenEndpoint(
        _ exchange: borrowing RetryingClient.Exchange, because refusal: BoundedJSON.Refusal
    ) -> VaultError {
        notATokenEndpoint(isHTML(exchange.answer) ? "it sent HTML" : "it sent \(refusal.description)")
    }

    /// An answer that is neither a token nor an OAuth error: a gateway's page, a redirect, a throttle.
    private static func notAnAnswer(
        _ exchange: borrowing RetryingClient.Exchange, because refusal: BoundedJSON.Refusal
    ) -> VaultError {
        let status = exchange.status
        if (300...399).contains(status) {
            // Where to is not told: the address is the peer's text, and could repeat what it was sent.
            return notATokenEndpoint("it sent a redirect, status \(status), which is never followed")
        }
        if status == 429 || status == 503 || (status >= 500 && exchange.retryAfter != nil) {
            return VaultError(
                .tryAgain, "the identity provider is throttling or busy, status \(status)",
                hint: later(exchange.retryAfter), retryAfter: exchange.retryAfter.map(TimeInterval.init))
        }
        let what = isHTML(exchange.answer) ? "HTML" : refusal.description
        return notATokenEndpoint("it sent status \(status) with \(what)")
    }

    private static let claimsHint =
        "a conditional access policy asks for more than a client secret gives; an administrator of the tenant can tell"

    private static func later(_ seconds: Int?) -> String {
        guard let seconds else { return "try again in a minute" }
        return "try again in \(seconds) s, as the provider asks"
    }

    /// `AADSTS<code>: <first sentence>`, or the name of the error where the provider sent no code.
    private static func shown(_ description: String?, code: Int?, error: String) -> String {
        let start = code.map { "AADSTS\($0)" } ?? error
        // Four times the cap bounds the work on a text of a megabyte; white space and sentence end lie within.
        var text = Substring((description ?? "").prefix(longestText * 4))
        if let colon = text.firstIndex(of: ":"), text.hasPrefix("AADSTS"),
            text[..<colon].dropFirst(6).allSatisfy(\.isNumber)
        {
            text = text[text.index(after: colon)...]
        }
        let sentence = ShownText.firstSentence(of: String(text.drop { $0.isWhitespace }))
        return ShownText.cleaned(sentence.isEmpty ? start : "\(start): \(sentence)", limit: longestText)
    }

    /// Told by the content type, or by the first character where that says nothing useful.
    private static func isHTML(_ answer: borrowing HTTPAnswer) -> Bool {
        if answer.head.headerFields[.contentType]?.lowercased().hasPrefix("text/html") == true { return true }
        return answer.body.withBytes { bytes in
            for offset in 0..<min(bytes.byteCount, 64) where bytes.octet(at: offset) > 0x20 {
                return bytes.octet(at: offset) == UInt8(ascii: "<")
            }
            return false
        }
    }

    /// RFC 6749, section 5.2, with Entra's additions.
    private struct Body: Decodable {
        let error: String
        let error_description: String?
        let error_codes: [LenientInteger]?
        let trace_id: String?
        let correlation_id: String?
        /// A claims challenge; what it asks for, a client secret cannot give.
        let claims: String?
    }
}
