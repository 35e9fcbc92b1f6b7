import ArgumentParser
import Testing
import VaultAgent

@testable import vaultctl

struct LimitOptionsTests {
    @Test func `what is left out is the standard`() throws {
        let none = try LimitOptions.parse([])
        #expect(!none.isGiven)
        #expect(none.limits == UnlockLimits())
        #expect(none.description == "15m without use, at the latest in 12h")
        let one = try LimitOptions.parse(["--for", "366d"])
        #expect(one.isGiven)
        #expect(one.limits == UnlockLimits(idle: 900, absolute: 366 * 86400))
    }

    @Test func `both are taken as they are typed`() throws {
        let options = try LimitOptions.parse(["--idle", "1s", "--for", "1h30m"])
        #expect(options.limits == UnlockLimits(idle: 1, absolute: 5400))
        #expect(options.description == "1s without use, at the latest in 90m")
    }

    @Test(arguments: ["0s", "366d1s", "forever", "-1s", "10"])
    func `other lengths are refused`(typed: String) {
        for option in ["--idle", "--for"] {
            #expect(throws: (any Error).self) { try LimitOptions.parse([option, typed]) }
        }
    }
}
