import Testing
import Vault

@testable import vaultctl

struct SecretArgumentsTests {
    @Test(arguments: [
        ["add", "ci", "--secret", "hunter2"], ["add", "ci", "--secret=hunter2"], ["--client-secret", "hunter2"],
        ["--client_secret=hunter2"], ["add", "-p", "hunter2"], ["add", "-phunter2"],
        ["list", "--passphrase", "hunter2"], ["audit", "checkpoint", "--key=hunter2"],
        ["add", "ci", "--key", "hunter2"],
        ["--PASSWORD=hunter2"], ["issue", "ci", "--token", "hunter2"],
    ])
    func `a secret as an argument is refused and not repeated`(arguments: [String]) throws {
        let error = try #require(throws: VaultError.self) { try SecretArguments.refuse(in: arguments) }
        #expect(error.code == .usage)
        #expect(!error.description.contains("hunter2"))
        #expect(error.description.contains("exposed"))
    }

    @Test(arguments: [
        ["add", "ci", "--secret-stdin"], ["--secret-file", "x"], ["--passphrase-file=x"], ["--key-file", "k"],
        ["--secret-expires", "2027-01-01"], ["token", "ci"], ["--new-passphrase-fd", "3"], ["tokens"],
        ["audit", "checkpoint", "--key"],
    ])
    func `what says where a secret lies is allowed`(arguments: [String]) throws {
        try SecretArguments.refuse(in: arguments)
    }

    @Test(arguments: [
        (["hunter2"], "Unexpected argument 'hunter2'"),
        (["list", "a", "hunter2"], "2 unexpected arguments: 'a', 'hunter2'"),
        (["add", "--quiet=hunter2"], "The option '--quiet' does not take any value, but 'hunter2' was specified."),
        (["list", "--timeout", "hunter2"], "The value 'hunter2' is invalid for '--timeout <duration>'"),
        (["list", "-xhunter2"], "Unknown option '-xhunter2'"),
    ])
    func `a usage error does not repeat what was typed`(arguments: [String], message: String) {
        let error = UsageProblem(message: message, arguments: arguments).error
        #expect(error.code == .usage)
        #expect(!error.description.contains("hunter2"))
        #expect(error.message.first?.isLowercase == true)
        #expect(!error.message.hasSuffix("."))
    }

    @Test func `the hint of a value that was refused survives`() {
        let message = "The value 'b d' is invalid for '<name>': not allowed\nhint: like team/ci"
        let error = UsageProblem(message: message, arguments: ["show", "b d"]).error
        #expect(error.message == "the value is not valid for '<name>': not allowed")
        #expect(error.hint == "like team/ci")
    }
}

struct EndpointURLTests {
    @Test(arguments: [
        ("https://Login.Example.com/", "https://login.example.com"), ("https://h:8443", "https://h:8443"),
        ("https://h/adfs//", "https://h/adfs"), ("HTTPS://[::1]:1", "https://[::1]:1"),
    ])
    func `an address is brought into one form`(typed: String, text: String) throws {
        #expect(try EndpointURL(typed, option: "--authority").text == text)
    }

    @Test(arguments: [
        "http://h", "https://", "https://u@h", "https://u:p@h", "https://h?x", "https://h#x", "https://h:0",
        "https://h:99999",
        "https://a b", "https://h\\x", "ftp://h", "https://h..x", "https://-é", "https://[h]",
    ])
    func `an address that hides where it leads is refused`(typed: String) {
        #expect(throws: VaultError.self) { try EndpointURL(typed, option: "--authority") }
    }

    @Test func `a bare host is a workspace`() throws {
        #expect(try EndpointURL.workspace("adb-1.2.azuredatabricks.net").text == "https://adb-1.2.azuredatabricks.net")
        #expect(throws: VaultError.self) { try EndpointURL.workspace("https://h/?o=1") }
        #expect(throws: VaultError.self) { try EndpointURL.workspace("https://h/path") }
        #expect(throws: VaultError.self) { try EndpointURL.workspace("http://h") }
    }
}
