import Testing

@testable import EntraEmulator

@Suite struct FormTests {
    @Test func `a value survives encoding and decoding`() {
        for value in ["~ + / = %", "a&b=c", "ünïcode", ""] {
            let form = Form([UInt8]("x=\(Form.encode(value))&y=1".utf8))
            #expect(form.pairs.first?.value == value)
        }
    }

    @Test func `plus is a space in a form and a plus in a path`() {
        #expect(Form([UInt8]("a=b+c".utf8))["a"] == "b c")
        #expect(Form.decode("b+c".utf8, plusIsSpace: false) == "b+c")
    }

    @Test(arguments: ["%", "%4", "%zz", "%ff"]) func `a broken escape is kept as it is`(text: String) {
        #expect(Form.decode(text.utf8, plusIsSpace: true) == nil)
        #expect(Form([UInt8]("a=\(text)".utf8))["a"] == text)
    }
}
