import Testing
@testable import vaultctl

struct HTMLTextTests {
    private func text(_ body: (inout HTMLText) -> Void) -> String {
        var html = HTMLText()
        body(&html)
        return String(decoding: html.bytes, as: UTF8.self)
    }

    @Test func `text and attributes cannot become markup`() {
        #expect(text { $0.append("<b a='1' c=\"2\">&amp;") } == "&lt;b a=&#39;1&#39; c=&quot;2&quot;&gt;&amp;amp;")
        #expect(
            text { $0.element("p", ["class": "\"><script>"], text: "</p>") }
                == "<p class=\"&quot;&gt;&lt;script&gt;\">&lt;/p&gt;</p>")
    }

    @Test func `what would steer a reader is shown`() {
        #expect(text { $0.append("a\u{202e}b\u{0}c\nd") } == "a\\u{202e}b\\u{0}c\\u{a}d")
    }

    @Test func `parts of a whole`() {
        #expect(PlotPart(1, of: 3).percent == "33.33%")
        #expect(PlotPart(0, of: 0).percent == "0.00%")
        #expect(PlotPart(7, of: 7).percent == "100.00%")
        #expect(PlotPart(1, of: 1999).percent == "0.05%")
    }
}
