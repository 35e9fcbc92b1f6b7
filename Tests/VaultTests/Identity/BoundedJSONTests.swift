import Testing

@testable import Vault

@Suite struct BoundedJSONTests {
    struct Rest: Decodable, Equatable {
        var a: LenientInteger?
        var access_token: String?
    }

    func taken(_ document: String) throws -> (secret: String?, rest: Rest) {
        let json = try BoundedJSON(secret(document), secretKey: "access_token")
        let rest = try json.decode(Rest.self)
        switch json.secret {
        case .some(let secret): return (text(secret), rest)
        case nil: return (nil, rest)
        }
    }

    @Test(arguments: [
        ("{\"access_token\":\"abc\"}", "abc"), ("{ \"access_token\" \t:\r\n \"abc\" , \"a\":1}", "abc"),
        ("{\"a\":\"2\",\"access_token\":\"a\\/b\\u002Bc\"}", "a/b+c"), ("{\"x\":{\"access_token\":\"inner\"}}", nil),
        ("{\"x\":\"access_token\",\"a\":3}", nil), ("{\"access\\u005ftoken\":\"abc\"}", nil),
        ("{\"x\\\"access_token\":\"abc\"}", nil), ("{\"access_token\":null}", nil),
        ("{\"x\":\"\\\\\",\"access_token\":\"abc\"}", "abc"), ("{\"access_token\":\"\"}", ""),
        ("{\"x\":\"{[\\\"{[\",\"access_token\":\"abc\"}", "abc"),
    ])
    func `the outermost token is moved out and nothing else is`(document: String, token: String?) throws {
        let (secret, rest) = try taken(document)
        #expect(secret == token)
        // Where the key was escaped nothing was moved: the decoder may see the text, and nobody takes it for a token.
        if token != nil { #expect(rest.access_token == "") }
    }

    @Test(arguments: [
        ("{\"access_token\":\"a\",\"access_token\":\"b\"}", BoundedJSON.Refusal.repeatedKey),
        ("{\"access_token\":\"a b\"}", .notAToken), ("{\"access_token\":\"a\\", .notJSON),
        ("{\"access_token\":\"a\\u12\"}", .notAToken), ("{\"access_token\":\"\\u0022\"}", .notAToken),
        ("{\"access_token\":\"\\u005c\"}", .notAToken), ("{\"access_token\":\"\\u00e4\"}", .notAToken),
        ("{\"access_token\":\"\\n\"}", .notAToken), ("{\"access_token\":\"\u{7f}\"}", .notAToken), ("", .notJSON),
        ("{\"access_token\":\"a\"", .notJSON), ("{\"access_token\":\"a\"}}", .notJSON), ("]", .notJSON),
        ("{\"access_token\":\"a\"} x", .notJSON), ("{\"access_token\" \"a\"}", .notJSON), ("\"", .notJSON),
        (String(repeating: "[", count: 65) + String(repeating: "]", count: 65), .tooDeep),
        (String(repeating: "{\"\":", count: 1 << 20), .tooDeep),
    ])
    func `a hostile document is refused`(document: String, refusal: BoundedJSON.Refusal) {
        #expect(throws: refusal) { try taken(document) }
    }

    @Test func `sixty-four levels are read`() throws {
        let document = String(repeating: "[", count: 64) + String(repeating: "]", count: 64)
        _ = try BoundedJSON(secret(document))
    }

    @Test func `UTF-16 is not read past the scan`() {
        let wide = "{\"access_token\":\"abc\"}".unicodeScalars.map { "\($0)\u{0}" }.joined()
        #expect(throws: BoundedJSON.Refusal.notJSON) { try taken(wide) }
    }

    @Test func `a token's id is read if it is a JWT that has one`() {
        func id(_ payload: String) -> String? { TokenID.read(from: secret("h.\(payload).s")) }
        #expect(id("eyJ1dGkiOiJhLWJfYyJ9") == "a-b_c")
        #expect(id("eyJ1dGkiOjF9") == nil)  // a number
        #expect(id("e30") == nil)  // no such claim
        #expect(id("eyJ1dGkiOiJhXG5iIn0") == nil)  // a line break in it
        #expect(id("!!!") == nil)
        #expect(id("") == nil)
        #expect(TokenID.read(from: secret("opaque")) == nil)
        #expect(TokenID.read(from: secret("a.b.c.d.e")) == nil)
    }
}
