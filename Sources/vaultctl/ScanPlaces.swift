import CredentialFiles
import Glibc
import Vault

/// What is scanned: the places that are named, or those where tools and shells leave secrets.
struct ScanPlaces {
    /// Absolute.
    private var files: [String] = []
    private var folders: [String] = []
    /// The extensions of az are programs of others, thousands of files of them.
    private static let leftOut: Set<String> = ["cliextensions"]

    /// - Throws: code `notFound` for a place that is named and not there.
    init(named paths: [String]) throws(VaultError) {
        for var path in paths.map(Surroundings.absolute) {
            // Shown with every file below it.
            while path.hasSuffix("/.") || path.hasSuffix("/") && path != "/" { path.removeLast() }
            let kind = Self.kind(of: path)
            guard kind.exists else { throw VaultError(.notFound, "there is nothing at \(path)") }
            if kind.isFolder { folders.append(path) } else { files.append(path) }
        }
    }

    /// Where tools keep them, the histories of shells, and files of variables in the working folder; as far as they are there.
    static func usual() throws(VaultError) -> ScanPlaces {
        let home = Surroundings.home
        let named = [
            Surroundings.value("AZURE_CONFIG_DIR") ?? "\(home)/.azure",
            Surroundings.value("DATABRICKS_CONFIG_FILE") ?? "\(home)/.databrickscfg",
            "\(home)/.bash_history", "\(home)/.zsh_history", "\(home)/.local/share/fish/fish_history",
        ]
        let variables = FileWalk.names(in: ".", where: isOfVariables).map { "./\($0)" }
        var there: [String] = []
        for path in named + variables where kind(of: path).exists { there.append(path) }
        return try ScanPlaces(named: there)
    }

    /// Where that cannot be told it is a file, which reading then says cannot be read: the others are looked at.
    private static func kind(of path: String) -> (isFolder: Bool, exists: Bool) {
        (try? FileWalk.kind(of: path)) ?? (isFolder: false, exists: true)
    }

    /// Whether it is a file among the places, and not one below a folder.
    func isFile(_ path: String) -> Bool { files.contains(path) }

    private static func isOfVariables(_ name: String) -> Bool {
        name == ".env" || name.hasPrefix(".env.") || name.hasSuffix(".env") || name.hasSuffix(".tfvars")
            || name.hasSuffix(".tfvars.json")
    }

    /// Calls `body` with each file once.
    ///
    /// - Returns: whether there were more files than are looked at.
    func visit(
        _ body: (_ path: String, _ visit: consuming FileWalk.Visit) throws(VaultError) -> Void
    ) throws(VaultError) -> Bool {
        var isCutShort = false
        for file in files { try body(file, FileWalk.read(file)) }
        for folder in folders {
            var walk = FileWalk(leavingOut: Self.leftOut)
            try walk.visit(folder, body)
            isCutShort = isCutShort || walk.isCutShort
        }
        return isCutShort
    }
}
