import FoundationEssentials
import Testing
@testable import Vault

struct ProfilePairingTests {
    private static let stored = Date(timeIntervalSince1970: 1_700_000_000)

    private func profile(
        _ name: String, client: String = "c1", id: UInt8? = nil, scope: String? = nil
    ) throws -> Profile {
        Profile(
            id: try #require(RowID([UInt8](repeating: id ?? UInt8(name.utf8.count), count: 16))),
            name: try ProfileName(name), destination: Destination(), tenant: "T1", clientID: client,
            credential: Credential(kind: .clientSecret, storedAt: Self.stored),
            audience: try scope.map { try Audience(scope: $0) }, createdAt: Self.stored, updatedAt: Self.stored)
    }

    @Test func `a profile is the one of the same row, whatever its name`() throws {
        let pairing = ProfilePairing(
            ours: [try profile("new", id: 1), try profile("old", id: 2)], theirs: [try profile("old", id: 1)],
            areCopies: true)
        #expect(pairing.partner(of: try profile("old", id: 1))?.name == (try ProfileName("new")))
    }

    @Test func `another service principal is never a partner`() throws {
        let their = try profile("a", client: "c2", id: 1)
        for areCopies in [false, true] {
            let pairing = ProfilePairing(ours: [try profile("a", id: 1)], theirs: [their], areCopies: areCopies)
            #expect(pairing.partner(of: their) == nil)
        }
    }

    @Test func `case means nothing in the ids of a tenant and a client`() throws {
        let their = try profile("a", client: "C1", id: 2)
        let pairing = ProfilePairing(ours: [try profile("a", id: 1)], theirs: [their], areCopies: false)
        #expect(pairing.partner(of: their) != nil)
    }

    @Test func `one that is somebody's partner is nobody else's`() throws {
        let ours = [try profile("a", id: 1)]
        let theirs = [try profile("b", id: 2), try profile("a", id: 3)]
        let pairing = ProfilePairing(ours: ours, theirs: theirs, areCopies: false)
        #expect(pairing.partner(of: theirs[0]) == nil)
        #expect(pairing.partner(of: theirs[1])?.name == (try ProfileName("a")))
    }

    @Test func `what serves another end is another profile`() throws {
        let ours = [try profile("a", id: 1, scope: "api://one/.default")]
        let same = try profile("b", id: 2, scope: "api://one/.default")
        let other = try profile("b", id: 2, scope: "api://two/.default")
        #expect(ProfilePairing(ours: ours, theirs: [same], areCopies: false).partner(of: same) != nil)
        #expect(ProfilePairing(ours: ours, theirs: [same], areCopies: true).partner(of: same) == nil)
        #expect(ProfilePairing(ours: ours, theirs: [other], areCopies: false).partner(of: other) == nil)
    }

    @Test func `a name that is taken gets the first number that is free`() throws {
        let name = try ProfileName("ci")
        #expect(name.unused(among: []) == name)
        #expect(name.unused(among: [name, try ProfileName("ci-2")]) == (try ProfileName("ci-3")))
        let longest = try ProfileName(String(repeating: "n", count: 128))
        #expect(longest.unused(among: [longest]) == nil)
    }
}
