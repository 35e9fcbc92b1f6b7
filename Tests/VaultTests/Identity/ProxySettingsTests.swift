import Testing

@testable import Vault

@Suite struct ProxySettingsTests {
    func proxy(_ environment: [String: String], for host: String = "login.example.com", port: Int = 443) throws
        -> String?
    {
        try ProxySettings(environment: environment).proxy(for: host, port: port)?.description
    }

    @Test func `the variables and their order`() throws {
        #expect(try proxy([:]) == nil)
        #expect(try proxy(["HTTPS_PROXY": "http://p:3128"]) == "http://p:3128")
        #expect(try proxy(["https_proxy": "http://low", "HTTPS_PROXY": "http://up"]) == "http://low:80")
        #expect(try proxy(["ALL_PROXY": "socks5://s", "HTTPS_PROXY": "p:1"]) == "http://p:1")
        #expect(try proxy(["all_proxy": "socks5h://s"]) == "socks5://s:1080")
        #expect(try proxy(["HTTPS_PROXY": "", "ALL_PROXY": ""]) == nil)
        #expect(try proxy(["HTTP_PROXY": "http://p", "http_proxy": "http://p"]) == nil)
        #expect(try proxy(["https_proxy": "http://[::1]:8080/"]) == "http://::1:8080")
    }

    @Test(arguments: [
        ("*", true), ("login.example.com", true), ("LOGIN.Example.com.", true), ("example.com", true),
        (".example.com", true), ("*.example.com", true), (".login.example.com", false), ("ogin.example.com", false),
        ("com", true), ("other.com", false), ("login.example.com:443", true), ("login.example.com:8443", false),
        ("a,b login.example.com", true), ("", false), (",, ,", false), ("x:y:z", false), ("login.example.com:x", false),
        ("10.0.0.0/8", false), (".", false),
    ])
    func `names that are asked directly`(list: String, direct: Bool) throws {
        #expect(try (proxy(["HTTPS_PROXY": "http://p", "NO_PROXY": list]) == nil) == direct)
    }

    @Test(arguments: [
        ("10.1.2.3", "10.0.0.0/8", true), ("11.1.2.3", "10.0.0.0/8", false), ("10.1.2.3", "10.1.2.3", true),
        ("10.1.2.3", "10.1.2.2/31", true), ("10.1.2.4", "10.1.2.2/31", false), ("1.2.3.4", "0.0.0.0/0", true),
        ("10.1.2.3", "10.1.2.3/32", true), ("10.1.2.3", "10.0.0.0/33", false), ("10.1.2.3", "10.0.0/8", false),
        ("[2001:db8::1]", "2001:DB8::1", true), ("[2001:db8::1]", "[2001:db8::1]:443", true),
        ("[2001:db8::1]", "[2001:db8::1]:80", false), ("127.0.0.1", "", true), ("127.9.9.9", "", true),
        ("localhost", "", true), ("[::1]", "", true), ("128.0.0.1", "", false),
    ])
    func `addresses that are asked directly`(host: String, list: String, direct: Bool) throws {
        #expect(try (proxy(["HTTPS_PROXY": "http://p", "no_proxy": list], for: host) == nil) == direct)
    }

    @Test func `a proxy's password is used and never shown`() throws {
        let settings = ProxySettings(environment: ["HTTPS_PROXY": "http://me:p%40ss-canary@proxy:3128"])
        let proxy = try #require(try settings.proxy(for: "h", port: 443))
        #expect(proxy.user == "me")
        #expect(proxy.password == "p@ss-canary")
        var dumped = ""
        dump(proxy, to: &dumped)
        #expect(!"\(proxy) \(String(reflecting: proxy)) \(dumped)".contains("canary"))
    }

    @Test(arguments: [
        "https://me:canary@proxy", "ftp://canary", "http://", "socks5://me:canary@s", "http://canary:99999",
        "http://can ary:x",
    ])
    func `a proxy that cannot be used is an error without its address`(address: String) throws {
        let settings = ProxySettings(environment: ["HTTPS_PROXY": address])
        let error = try #require(throws: VaultError.self) { try settings.proxy(for: "h", port: 443) }
        #expect(error.code == .usage)
        #expect(!everything(of: error).contains("canary"))
        #expect(error.message.contains("HTTPS_PROXY"))
    }
}
