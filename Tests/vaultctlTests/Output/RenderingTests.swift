import FoundationEssentials
import Testing
import Vault

@testable import vaultctl

struct RenderingTests {
    private let now = Date(timeIntervalSince1970: 1_795_360_281)

    private func text(_ write: (inout ByteText) -> Void) -> String {
        var text = ByteText()
        write(&text)
        return String(decoding: text.bytes, as: UTF8.self)
    }

    @Test func `a table is aligned by its widest cells`() {
        var table = Table(titles: ["NAME", "N", "LAST"], colours: false)
        for (name, number) in [("ä", 1), ("long-name", 100)] {
            table.append(.text(name), column: 0, now: now)
            table.append(.number(Int64(number)), column: 1, now: now)
            table.append(.text(nil), column: 2, now: now)
        }
        #expect(
            String(decoding: table.rendered().bytes, as: UTF8.self) == """
                NAME       N    LAST
                ä          1    -
                long-name  100  -

                """)
    }

    @Test func `control characters reach no terminal`() {
        let evil = "a\u{1b}[31m\u{7}\r\n\u{9b}x\u{202e}y\u{7f}"
        #expect(evil.visible == #"a\u{1b}[31m\u{7}\u{d}\u{a}\u{9b}x\u{202e}y\u{7f}"#)
        #expect("plain, ünïcode \u{1f511}".visible == "plain, ünïcode \u{1f511}")
    }

    @Test func `a field stays on its line and in its column`() {
        #expect(text { $0.append(field: "a\tb\nc\\d\u{1b}") } == #"a\tb\nc\\d\u{1b}"#)
    }

    @Test func `a JSON string is escaped`() {
        #expect(text { $0.append(json: "q\"b\\n\n\u{1b}\u{9b}é") } == #""q\"b\\n\n\u001b\u009bé""#)
    }

    @Test func `a document has its keys in order, indented or not`() {
        func write(_ json: inout JSONText) {
            json.object { json in
                json.field("a", nil as String?)
                json.field("b", ["x", "y"])
                json.field("c", object: { $0.field("n", Int64(-3)) })
                json.field("d", [] as [String])
            }
        }
        var compact = JSONText(indented: false)
        write(&compact)
        #expect(
            String(decoding: compact.text.bytes, as: UTF8.self) == #"{"a":null,"b":["x","y"],"c":{"n":-3},"d":[]}"#)
        var indented = JSONText(indented: true)
        write(&indented)
        #expect(
            String(decoding: indented.text.bytes, as: UTF8.self) == """
                {
                  "a": null,
                  "b": [
                    "x",
                    "y"
                  ],
                  "c": {
                    "n": -3
                  },
                  "d": []
                }
                """)
    }

    @Test(arguments: [
        (0, "1970-01-01T00:00:00Z"), (951_782_400, "2000-02-29T00:00:00Z"), (4_107_542_399, "2100-02-28T23:59:59Z"),
        (-1, "1969-12-31T23:59:59Z"), (253_402_300_799, "9999-12-31T23:59:59Z"),
    ])
    func `times are RFC 3339`(seconds: Double, text: String) {
        #expect(Date(timeIntervalSince1970: seconds).rfc3339 == text)
        #expect(Moment(text)?.date == Date(timeIntervalSince1970: seconds))
    }

    @Test func `milliseconds survive`() {
        let date = Date(timeIntervalSince1970: 1_795_360_281.123)
        #expect(text { $0.append(rfc3339: date, milliseconds: true) } == "2026-11-22T15:11:21.123Z")
    }

    @Test(arguments: [
        (0, "now"), (1, "in 1 second"), (119, "in 119 seconds"), (3599, "in 59 minutes"), (-10800, "3 hours ago"),
        (23 * 86400, "in 23 days"), (-800 * 86400, "2 years ago"),
    ])
    func `distances read as people say them`(seconds: Double, expected: String) {
        #expect(text { $0.append(relative: now.addingTimeInterval(seconds), to: now) } == expected)
    }
}
