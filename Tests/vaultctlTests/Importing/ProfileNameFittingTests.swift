import Testing
import Vault

@testable import vaultctl

struct ProfileNameFittingTests {
    @Test(arguments: [
        ("prod/etl", "prod/etl"), ("Prod / EU", "Prod/EU"), ("Visual Studio – Prod (EU)", "Visual-Studio-Prod-EU"),
        ("-leading", "leading"), ("a//b/./c/", "a/b/c"), ("ключ-7", "7"),
    ])
    func `what no name has becomes a hyphen`(text: String, name: String) throws {
        #expect(ProfileName(fitting: text)?.description == name)
    }

    @Test(arguments: ["", "/", "ключ", "..", "- -"])
    func `of what has no letter or digit nothing is left`(text: String) {
        #expect(ProfileName(fitting: text) == nil)
    }

    @Test func `a long name is cut, and a suffix still fits`() throws {
        let long = try #require(ProfileName(fitting: String(repeating: "x", count: 200)))
        #expect(long.description.utf8.count == 128)
        let client = "22222222-0000-4000-8000-000000000001"
        let other = long.distinct(clientID: client) { $0 == long }
        #expect(other.description.hasSuffix("-22222222") && other.description.utf8.count == 128)
    }

    @Test func `a name that is taken is told apart by ever more of the client id`() throws {
        let name = try ProfileName("ci")
        let client = "22222222-0000-4000-8000-000000000001"
        var taken: Set<ProfileName> = []
        var names: [String] = []
        for _ in 0..<4 {
            let next = name.distinct(clientID: client, isTaken: taken.contains)
            names.append(next.description)
            taken.insert(next)
        }
        #expect(names == ["ci", "ci-22222222", "ci-\(client)", "ci-2"])
    }
}
