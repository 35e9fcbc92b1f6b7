import Testing
@testable import vaultctl

struct AzOptionsTests {
    private func read(_ words: String...) throws -> AzOptions {
        try AzOptions(words, of: "account get-access-token", options: AzCommand.accessToken.options)
    }

    @Test(arguments: [["-o", "tsv"], ["-otsv"], ["-o=tsv"], ["--output", "TSV"], ["--output=tsv"], ["--out", "tsv"]])
    func `an option has many spellings`(words: [String]) throws {
        let options = try AzOptions(words, of: "version", options: [])
        #expect(options["--output"] == "tsv")
        #expect(options.surplus.isEmpty)
    }

    @Test func `the last of several counts`() throws {
        #expect(try read("-t", "a", "--tenant=b")["--tenant"] == "b")
        #expect(try read("--scope", "a", "b", "--scope", "c").values("--scope") == ["c"])
    }

    @Test func `as many scopes as follow`() throws {
        let options = try read("--scope", "a", "b", "-t", "c", "d")
        #expect(options.values("--scope") == ["a", "b"])
        #expect(options["--tenant"] == "c")
        #expect(options.surplus == ["d"])
    }

    @Test func `numbers and words with a space are no options`() throws {
        #expect(try read("--tenant", "-1")["--tenant"] == "-1")
        #expect(try read("-s", "-my sub")["--subscription"] == "-my sub")
        #expect(throws: AzFailure.usage("argument --tenant/-t: expected one argument")) { try read("-t", "-x") }
    }

    @Test func `after two dashes nothing is an option`() throws {
        #expect(try read("--", "-t", "x").surplus == ["-t", "x"])
    }

    @Test func `whoever is called az is az`() {
        #expect(AzStandIn.words(called: "/tmp/x/az", with: ["--vault"]) == ["--vault"])
        #expect(AzStandIn.words(called: "vaultctl", with: ["az", "-o", "x"]) == ["-o", "x"])
        #expect(AzStandIn.words(called: "/az/vaultctl", with: ["list"]) == nil)
        #expect(AzStandIn.words(called: "vaultctl", with: ["az", "--help"]) == nil)
        #expect(AzStandIn.words(called: nil, with: []) == nil)
    }
}
