import FoundationEssentials
import Testing

@testable import Vault

/// Policies as values: what is stored of them, and what names executables.
struct PolicyTests {
    private func full() throws -> Policy {
        var rules = PolicyRules()
        rules.audiences = ["arm", "https://vault.azure.net/.default"]
        rules.users = [0, 4_294_967_295]
        rules.executables = [try ExecutablePattern("/opt/a tool/*")]
        rules.usesPerHour = 60
        rules.requiresReason = true
        rules.maximumSecretAge = 7_776_000
        let id = try #require(RowID(Array(0xf0...0xff)))
        return Policy(
            name: try PolicyName("prod/arm"), coverage: PolicyCoverage(profiles: [id], tags: [try Tag("env=a b")]),
            rules: rules)
    }

    @Test func `a policy is read as it was written`() throws {
        let policy = try full()
        #expect(policy.text.contains("for profile f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff\nfor tag env=a b\n"))
        let read = Policy(name: policy.name, text: policy.text)
        #expect(read == policy)
        #expect(read.isUnderstood)
    }

    @Test func `each line that is missing or another one is not understood or not the same`() throws {
        let policy = try full()
        let lines = policy.text.split(separator: "\n")
        for index in lines.indices {
            let fewer = lines.indices.filter { $0 != index }.map { lines[$0] }.joined(separator: "\n")
            #expect(Policy(name: policy.name, text: fewer) != policy)
            let changed = lines.indices.map { $0 == index ? "x" + lines[$0] : String(lines[$0]) }
            #expect(!Policy(name: policy.name, text: changed.joined(separator: "\n")).isUnderstood)
        }
    }

    @Test(arguments: [
        ("/usr/bin/terraform", "/usr/bin/terraform", true),
        ("/usr/bin/terraform", "/usr/bin/terraform (deleted)", true),
        ("/usr/bin/terraform", "/opt/usr/bin/terraform", false),
        ("terraform", "/usr/bin/terraform", true),
        ("terraform", "/usr/bin/terraform2", false),
        ("terraform", "[terraform]", false),
        ("python3*", "/usr/bin/python3.13", true),
        ("*", "/usr/bin/env", true),
        ("/opt/*", "/opt/tool", true),
        ("/opt/*", "/opt/a/tool", false),
        ("/opt/*/bin/*-agent", "/opt/x/bin/the-long-agent", true),
        ("a*a*b", "/aaab", true),
        ("a*a*b", "/ab", false),
        ("x", "?", false),
    ])
    func `an executable fits a pattern`(pattern: String, path: String, fits: Bool) throws {
        #expect(try ExecutablePattern(pattern).matches(path) == fits)
    }

    @Test(arguments: ["", "bin/az", "a\nb", String(repeating: "a", count: 513)])
    func `what no path can be is no pattern`(text: String) {
        #expect(throws: VaultError.self) { try ExecutablePattern(text) }
    }
}
