import ArgumentParser
import CredentialFiles
import Glibc
import Vault

struct Scan: Verb {
    static let configuration = CommandConfiguration(
        commandName: "scan",
        abstract: "Find client secrets that lie in files in clear.",
        discussion: #"""
            Without a PATH it looks where az and the Databricks CLI keep them, into the histories of bash, zsh and fish, \
            and into .env and *.tfvars of the working folder; below a folder into every text of at most 16 MiB. Links \
            are not followed. Nothing of a secret is shown, only where it lies, and whether the vault has it: that takes \
            the passphrase, which is asked for when something was found; --no-vault leaves it out. Exits with 1 when \
            something was found, with 74 when nothing was and something could not be read, or a file that was named is no \
            text. tsv has no header; its columns are path:line, kind, client id, vault.

            EXAMPLES
              vaultctl scan
              vaultctl scan ~/work --no-vault
              vaultctl scan . -o json | jq -r '.[] | select(.inVault | not) | .path'
            """#)

    @Argument(help: ArgumentHelp("Files and folders.", valueName: "path"))
    var paths: [String] = []

    @Flag(help: "Do not look whether the vault has them.")
    var noVault = false

    @OptionGroup var unlock: UnlockOptions
    var global: GlobalOptions { unlock.global }

    /// Each takes locked memory until it was looked for in the vault.
    private static let mostFindings = 5000

    func run() async throws {
        let output = try global.listOutput()
        // Each secret is some pages of locked memory.
        ResourceLimits.raise()
        let places = try paths.isEmpty ? ScanPlaces.usual() : ScanPlaces(named: paths)
        var (findings, isComplete) = try findings(in: places)
        if !findings.isEmpty, asksVault {
            try await unlock.withVault(hint: "\(UnlockOptions.howToUnlock), or give --no-vault") { vault in
                let index = try vault.secretIndex()
                for number in findings.indices {
                    findings[number].profiles = findings[number].secret.secret.map { index.holders(of: $0.bytes) }
                }
            }
        }
        try output.write(findings, as: ScanFinding.listing)
        guard !findings.isEmpty else {
            guard isComplete else {
                throw VaultError(.inputOutput, "nothing was found, and not everything could be looked at")
            }
            return
        }
        global.console.hint("vaultctl import --from FORM --shred takes secrets into the vault and out of their files")
        throw ExitCode(VaultError.Code.finding.rawValue)
    }

    /// A vault that nobody named and that is not there is no error: whoever has none can scan, too.
    private var asksVault: Bool {
        guard !noVault else { return false }
        if global.vault != nil || Surroundings.value("VAULTCTL_VAULT") != nil { return true }
        return unsafe access(global.vaultPath, F_OK) == 0
    }

    /// - Returns: also whether all was looked at that there is to look at.
    private func findings(in places: ScanPlaces) throws(VaultError) -> (findings: [ScanFinding], isComplete: Bool) {
        let progress = Progress("scanning", console: global.console)
        defer { progress.finish() }
        var findings: [ScanFinding] = []
        var seen: Set<String> = []
        var unread: [String] = []
        /// Files that somebody named. What lies beside others in a folder may well be a picture.
        var passedOver: [String] = []
        /// Certificates that a file names, which lie wherever somebody put them.
        var named: [String] = []
        func look(_ path: String, _ visit: consuming FileWalk.Visit) throws(VaultError) {
            guard seen.insert(path).inserted else { return }
            progress.show(seen.count, "files")
            switch consume visit {
            case .passedOver(let why):
                if !paths.isEmpty, places.isFile(path) {
                    passedOver.append("\(path): \(why)")
                } else {
                    global.console.detail("passed over \(path): \(why)")
                }
            case .failed(let why): unread.append("\(path): \(why)")
            case .content(let content):
                let scan = FileScan(content, path: path, most: Self.mostFindings - findings.count)
                findings += scan.secrets.map { ScanFinding(path: path, secret: $0) }
                let folder = path.lastIndex(of: "/").map { path[..<$0] } ?? "."
                named += scan.certificates.map { $0.hasPrefix("/") ? $0 : "\(folder)/\($0)" }
                guard !scan.hasMore else {
                    throw VaultError(
                        .usage, "there are more than \(Self.mostFindings) secrets in these places",
                        hint: "scan them one after the other")
                }
            }
        }
        let isCutShort = try places.visit(look)
        for path in named {
            do throws(VaultError) {
                guard try FileWalk.kind(of: path).exists else { continue }
            } catch {
                unread.append("\(path): \(error.message)")
                continue
            }
            try look(path, FileWalk.read(path))
        }
        progress.finish()
        for what in unread { global.console.note("warning: could not be read: \(what)") }
        for what in passedOver { global.console.note("warning: not looked at: \(what)") }
        if isCutShort {
            global.console.note(
                "warning: not everything was looked at: a folder has more than \(FileWalk.mostFiles) files, "
                    + "or goes deeper than \(FileWalk.deepest) folders")
        }
        global.console.detail("looked at \(seen.count) files")
        return (findings, unread.isEmpty && passedOver.isEmpty && !isCutShort)
    }
}
