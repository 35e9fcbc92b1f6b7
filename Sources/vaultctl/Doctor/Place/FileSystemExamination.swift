import Glibc
import Vault

/// Whether the vault lies where locks and durable writes hold, and nobody copies it away.
struct FileSystemExamination: Examination {
    static let name = "file system"

    func examine(_ patient: Patient) throws(VaultError) -> [Diagnosis] {
        let folder = PrivateDirectory.parent(of: try Vault.canonicalPath(of: patient.path))
        guard try FileStatus(of: folder) != nil else { return [.skipped("there is no folder \(folder)")] }
        if let name = NetworkFileSystem.name(of: folder) {
            return [
                .problem("\(folder) is on a network file system (\(name))", "keep the vault on a local disk: --vault")
            ]
        }
        if let synced = try SyncedFolder.above(folder) {
            return [
                .warning(
                    "\(synced) is copied to other machines: a vault that is written on two is forked",
                    "move the folder \(folder) out of it")
            ]
        }
        return [.ok("a local disk, and no folder that is known to be synchronized")]
    }
}

/// Folders that programs keep alike on several machines.
enum SyncedFolder {
    /// The names that such programs give them, in lower case.
    private static let names: Set = [
        "dropbox", "onedrive", "google drive", "googledrive", "my drive", "nextcloud", "owncloud", "icloud drive",
        "pclouddrive", "megasync", "seafile", "syncthing", "tresorit",
    ]

    /// What they put into them.
    private static let marks = [".stfolder", ".dropbox.cache"]

    /// Whether it is called as such a folder is; OneDrive's have the organization behind the name.
    static func isNamed(_ name: String) -> Bool {
        names.contains(name.lowercased()) || name.lowercased().hasPrefix("onedrive - ")
    }

    /// - Parameter path: absolute.
    /// - Returns: the nearest one that `path` lies in; nil when it lies in none that is known.
    static func above(_ path: String) throws(VaultError) -> String? {
        var folder = path
        while folder != "/" {
            if isNamed(String(folder.split(separator: "/").last ?? "")) { return folder }
            for mark in marks {
                do throws(VaultError) {
                    if try FileStatus(of: "\(folder)/\(mark)") != nil { return folder }
                } catch {
                    // What this user cannot look into, no program of this user's synchronizes.
                    guard error.code == .locked else { throw error }
                }
            }
            folder = PrivateDirectory.parent(of: folder)
        }
        return nil
    }
}
