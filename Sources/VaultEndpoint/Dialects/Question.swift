internal import HTTPTypes
internal import Vault

/// What a client asks for.
struct Question {
    /// As it was asked for: a slash at its end makes another token (wire reference, 1.1).
    var resource: String
    var clientID: String?
    /// Of Databricks, as the client knows it.
    var workspace: String?
}

extension Dialect {
    func question(in parameters: Parameters, _ fields: HTTPFields) throws(Refusal) -> Question {
        switch self {
        case .databricks:
            guard fields[.databricksMetadataVersion] == "1" else {
                throw Refusal(.badRequest, "invalid_request", "X-Databricks-Metadata-Version: 1 is missing")
            }
            guard let workspace = fields[.databricksHost] else {
                throw Refusal(.badRequest, "invalid_request", "X-Databricks-Host is missing")
            }
            return Question(resource: Audience.databricksResource, workspace: workspace)
        case .imds:
            // Clients look whether there is an IMDS by a request without it, and any answer tells them.
            try checkMetadata(fields)
            guard parameters["api-version"] != nil else { throw Self.wrongVersion }
        case .cloudShell:
            try checkMetadata(fields)
        case .appService:
            guard parameters["api-version"] == "2019-08-01" else { throw Self.wrongVersion }
        case .machineLearning:
            guard parameters["api-version"] == "2017-09-01" else { throw Self.wrongVersion }
        }
        guard let resource = parameters["resource"] else {
            throw Refusal(.badRequest, "invalid_request", "the parameter resource is missing")
        }
        for name in ["mi_res_id", "msi_res_id", "object_id", "principal_id"] where parameters[name] != nil {
            throw Refusal(
                .badRequest, "identity_not_found",
                "this endpoint knows its identity by client id; \(name) says nothing to it")
        }
        // Azure ML has a spelling of its own.
        return Question(resource: resource, clientID: parameters["client_id"] ?? parameters["clientid"])
    }

    private func checkMetadata(_ fields: HTTPFields) throws(Refusal) {
        guard fields[.metadata]?.lowercased() == "true" else {
            throw Refusal(.badRequest, "bad_request_102", "the header Metadata: true is missing")
        }
    }

    private static let wrongVersion = Refusal(
        .badRequest, "invalid_request", "the api-version is missing, or not one that this endpoint knows")
}

/// Workspaces by their URLs, as people write them.
enum WorkspaceHost {
    static func isSame(_ one: String, _ other: String) -> Bool { bare(one) == bare(other) }

    private static func bare(_ url: String) -> Substring {
        var text = url.lowercased()[...]
        if text.hasPrefix("https://") { text = text.dropFirst(8) }
        while text.hasSuffix("/") { text = text.dropLast() }
        if text.hasSuffix(":443") { text = text.dropLast(4) }
        return text
    }
}

extension HTTPField.Name {
    // Tokens of RFC 9110, so they are never nil.
    fileprivate static let metadata = HTTPField.Name("Metadata")!
    fileprivate static let databricksHost = HTTPField.Name("X-Databricks-Host")!
    fileprivate static let databricksMetadataVersion = HTTPField.Name("X-Databricks-Metadata-Version")!
}
