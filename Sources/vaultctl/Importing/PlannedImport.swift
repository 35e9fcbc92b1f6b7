import CredentialFiles
import Vault

/// What is to become of one credential of a file.
struct PlannedImport: Sendable {
    var found: FoundCredential
    var path: String
    /// The profile that it becomes, or that it is already.
    var name: ProfileName
    /// What the profile would be called if that name were free; nil where it is.
    var wanted: ProfileName?
    var state: State

    enum State: Sendable, Equatable {
        case new
        /// The vault has it.
        case known
        /// The import has it already, in the entry with that number; new if that one does not get into the vault.
        case twin(Int)
        /// It names a cloud that nobody has described.
        case cloudUnknown
    }
}

extension PlannedImport {
    /// Plans what becomes of all credentials, in order.
    ///
    /// - Parameters:
    ///   - tags: added to each.
    ///   - namesCount: whether the files name profiles, as those of our own do.
    static func all(
        of files: [ImportedFile], _ pattern: NamePattern, tags: [Tag], namesCount: Bool, known: KnownPrincipals
    ) -> [PlannedImport] {
        var known = known
        var planned: [PlannedImport] = []
        for file in files {
            for found in file.reading.credentials {
                var found = found
                found.tags += tags.filter { !found.tags.contains($0) }
                let wanted = pattern.name(of: found, number: planned.count + 1, tags: found.tags)
                var plan = PlannedImport(found: found, path: file.path, name: wanted, state: .new)
                if !found.destination.cloud.isDescribed {
                    plan.state = .cloudUnknown
                } else if let same = known.same(as: found, name: namesCount && found.name != nil ? wanted : nil) {
                    plan.state = same.index.map { .twin($0) } ?? .known
                    plan.name = same.name
                } else {
                    plan.name = wanted.distinct(clientID: found.clientID, isTaken: known.isTaken)
                    if plan.name != wanted { plan.wanted = wanted }
                    known.insert(found, name: plan.name, index: planned.count)
                }
                planned.append(plan)
            }
        }
        return planned
    }
}
