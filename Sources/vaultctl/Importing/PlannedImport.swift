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
                planned.append(PlannedImport(found: found, path: file.path, name: wanted, state: .new))
            }
        }
        for plan in planned where namesCount && plan.found.name != nil { known.reserve(plan.found, name: plan.name) }
        for index in planned.indices {
            let (found, wanted) = (planned[index].found, planned[index].name)
            if !found.destination.cloud.isDescribed {
                planned[index].state = .cloudUnknown
            } else if let same = known.same(as: found, name: namesCount && found.name != nil ? wanted : nil) {
                planned[index].state = same.index.map { .twin($0) } ?? .known
                planned[index].name = same.name
            } else {
                planned[index].name = wanted.distinct(clientID: found.clientID, isTaken: known.isTaken)
                if planned[index].name != wanted { planned[index].wanted = wanted }
                known.insert(found, name: planned[index].name, index: index, claimant: wanted)
            }
        }
        return planned
    }
}
