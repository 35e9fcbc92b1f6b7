/// Where clients find the dialects of an endpoint. A Unix socket has no URLs: what goes to its paths needs a client that
/// can be given a socket.
public struct EndpointURLs: Sendable, Equatable {
    /// `IDENTITY_ENDPOINT`; goes with `IDENTITY_HEADER`. No secret in itself.
    public var identityEndpoint: String?
    /// `MSI_ENDPOINT`; goes with `MSI_SECRET`. No secret in itself.
    public var msiEndpoint: String?
    /// `MSI_ENDPOINT` without `MSI_SECRET`, as in Cloud Shell. Whoever knows it gets tokens.
    public var cloudShellEndpoint: String?
    /// `AZURE_POD_IDENTITY_AUTHORITY_HOST`. Whoever knows it gets tokens.
    public var imdsAuthority: String?
    /// `DATABRICKS_METADATA_SERVICE_URL`. Whoever knows it gets tokens.
    public var databricksMetadataURL: String?
    /// Answers 200 as long as the endpoint runs. No secret.
    public var health: String?

    /// - Parameters:
    ///   - authority: host and port as URLs have them; nil where there is none.
    ///   - path: the unguessable part.
    init(authority: String?, path: String) {
        guard let authority else { return }
        let base = "http://\(authority)"
        identityEndpoint = base + Route.identityPath
        msiEndpoint = base + Route.identityPath
        cloudShellEndpoint = "\(base)/\(path)\(Route.identityPath)"
        imdsAuthority = "\(base)/\(path)"
        databricksMetadataURL = "\(base)/\(path)\(Route.databricksPath)"
        health = base + Route.healthPath
    }
}
