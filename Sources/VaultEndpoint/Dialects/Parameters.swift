internal import HTTPTypes
internal import HummingbirdCore

/// The parameters of a request, each at most once.
struct Parameters {
    private var values: [String: String] = [:]

    /// - Throws: a refusal when one comes twice: which of the two is meant nobody knows.
    init(_ uri: URI) throws(Refusal) {
        for (key, value) in uri.queryParameters {
            guard values.updateValue(String(value), forKey: String(key)) == nil else {
                throw Refusal(.badRequest, "invalid_request", "a parameter was given twice")
            }
        }
    }

    /// One that is empty counts as none.
    subscript(_ name: String) -> String? { values[name].flatMap { $0.isEmpty ? nil : $0 } }
}
