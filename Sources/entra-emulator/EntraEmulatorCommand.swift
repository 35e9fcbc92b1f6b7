import ArgumentParser
import EntraEmulator
import Foundation
import Logging
import ServiceLifecycle
import UnixSignals

/// `entra-emulator`: the emulator behind a TLS socket, until SIGTERM or SIGINT.
@main
struct EntraEmulatorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "entra-emulator",
        abstract: "A double of Microsoft Entra ID and what lies around it, for tests and demonstrations.",
        discussion: """
            It serves the token endpoints (v1 and v2), discovery documents and keys, Azure subscriptions, \
            Databricks workspaces, and what rotates credentials: the applications of Microsoft Graph and the secrets \
            of Databricks' service principals. It leaves out all else of Graph and of Databricks. It answers from a \
            directory that you can give and change while it runs. \
            It makes its own certificate authority at each start; clients verify against the file of --ca-out.

            CREDENTIALS
              An application of the directory may have, beside "secrets",
                "certificates": ["-----BEGIN CERTIFICATE-----…"]
                "federatedCredentials":
                  [{"issuer": "/external/builds", "subject": "etl"}]
              A workspace, or one of "databricksAccounts", may have
                "servicePrincipals": [{"clientId": "…",
                  "secrets": [{"value": "dose…"}], "federationPolicies":
                  [{"issuer": "/external/builds", "subject": "etl",
                    "audiences": ["…"]}]}]
              Who may change them by Graph say "roles"
                ["Application.ReadWrite.OwnedBy"] and the "owners" of an
                application; by Databricks, "admin" and "managesItself" of a
                service principal, and "administrators" of the workspace.
              A tenant may have "replication" (see settings), and
                "passwordPolicy" and "keyPolicy": {"maxLifetime": "P90D"}
              An issuer that begins with / is one that the emulator plays: there
              is one under /external/ for every name, with discovery and keys.

            CONTROL
              GET, DELETE       /emulator/requests
              GET, POST, DELETE /emulator/faults
              POST   /emulator/settings                {"tokenLifetime": seconds,
                       "replication": {"tokenDelay": seconds, "readDelay": seconds,
                       "alternating": true}, "seed": number}
              GET    /emulator/applications/ID         what lives, what was removed
              DELETE /emulator/applications/ID
              GET    /emulator/databricks/ID           the same, of its secrets
              POST   /emulator/applications/ID/secrets         {"value": …}
              DELETE /emulator/applications/ID/secrets/KEY-or-all
              POST   /emulator/applications/ID/certificates    {"pem": …}
              DELETE /emulator/applications/ID/certificates
              POST   /emulator/applications/ID/disable, …/enable
              POST   /emulator/external/NAME/tokens    {"subject": …, "audience": …,
                       "notBefore": seconds from now, "lifetime": seconds from now}

            EXAMPLE
              entra-emulator --port 8443 --ca-out ca.pem --ready-file ready &
              tenant=https://localhost:8443/contoso.onmicrosoft.com
              curl --cacert ca.pem $tenant/oauth2/v2.0/token \\
                -d grant_type=client_credentials \\
                -d client_id=22222222-2222-4222-8222-222222222222 \\
                --data-urlencode \\
                'client_secret=Xq38Q~example+secret/for=the%emulator.0' \\
                -d scope=https://management.azure.com/.default
              curl --cacert ca.pem https://localhost:8443/emulator/requests
              curl --cacert ca.pem https://localhost:8443/emulator/faults \\
                -d '{"name":"throttled","count":1,"path":"token","seconds":2}'
            """
    )

    @Option(help: "The port to listen on; 0 takes a free one.")
    var port = 0

    @Option(help: "The address to listen on.")
    var host = "127.0.0.1"

    @Option(help: ArgumentHelp("Where to write the certificate of the authority, in PEM.", valueName: "file"))
    var caOut: String?

    @Option(
        help: ArgumentHelp("Where to write the base URL, once connections are accepted.", valueName: "file")
    )
    var readyFile: String?

    @Option(help: ArgumentHelp("The directory to serve, in JSON; see --print-directory.", valueName: "file"))
    var directory: String?

    @Option(help: "What is wrong with the server's certificate.")
    var certificate: CertificateFault?

    @Option(name: .customLong("tls-maximum"), help: "The highest TLS version spoken.")
    var newestTLS: NewestTLS?

    @Flag(help: "Write a line to standard error for every request.")
    var log = false

    @Flag(help: "Print the built-in directory, which shows the format, and exit.")
    var printDirectory = false

    func validate() throws {
        guard printDirectory || caOut != nil else {
            throw ValidationError("--ca-out is needed: without the authority no client can verify the server.")
        }
    }

    func run() async throws {
        if printDirectory {
            return Output.line(String(decoding: try Directory.example.json(), as: UTF8.self))
        }
        let served = try servedDirectory()
        let identity = try ServerIdentity(workspaceHosts: served.workspaceHosts, fault: certificate)
        let emulator = try await EntraEmulator(directory: served, observe: log ? Output.log : nil)
        if let caOut { try write(identity.authorityPEM, to: caOut) }

        var logger = Logger(label: "entra-emulator")
        logger.logLevel = .error
        let socket = try TLSSocket(
            host: host, port: port, configuration: identity.tlsConfiguration(newest: newestTLS), logger: logger
        )
        let service = try socket.service(for: emulator) { port in
            let base = "https://localhost:\(port)"
            await emulator.serve(at: base)
            do {
                if let readyFile { try write(base + "\n", to: readyFile) }
            } catch {
                Self.exit(withError: error)
            }
            Output.line(base)
        }
        let group = ServiceGroupConfiguration(
            services: [BriefShutdown(service: service, grace: .milliseconds(300))],
            gracefulShutdownSignals: [.sigterm, .sigint], logger: logger
        )
        try await ServiceGroup(configuration: group).run()
    }

    private func servedDirectory() throws -> Directory {
        guard let directory else { return .example }
        do {
            return try Directory(json: Data(contentsOf: URL(filePath: directory)))
        } catch let error as DecodingError {
            throw ValidationError("\(directory) is no directory: \(error)")
        } catch {
            throw ValidationError("\(directory) cannot be read: \(error.localizedDescription)")
        }
    }

    /// Writes `text` so that a reader finds all of it or no file.
    private func write(_ text: String, to path: String) throws {
        try Data(text.utf8).write(to: URL(filePath: path), options: .atomic)
    }
}
