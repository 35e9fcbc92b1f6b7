import FoundationEssentials
import Testing

@testable import vaultctl

struct SurroundingsTests {
    @Test func `a relative path begins at the working directory`() {
        let here = FileManager.default.currentDirectoryPath
        #expect(Surroundings.absolute("/a/b") == "/a/b")
        for path in ["a/b", "./a/b", ".//./a/b"] { #expect(Surroundings.absolute(path) == here + "/a/b") }
        #expect(Surroundings.absolute("../b") == here + "/../b")
    }
}
