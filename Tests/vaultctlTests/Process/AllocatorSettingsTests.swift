import Testing

@testable import vaultctl

struct AllocatorSettingsTests {
    private let ours = "glibc.malloc.perturb=165:glibc.malloc.tcache_count=0:glibc.malloc.top_pad=4194304"

    @Test(arguments: [nil, "", ":", "glibc.malloc.perturb=0", "glibc.malloc.tcache_count=7:glibc.malloc.perturb=1"])
    func `ours replace what is there of them`(current: String?) {
        #expect(AllocatorSettings.merged(into: current) == ours)
    }

    @Test func `others stay`() {
        let current = "glibc.malloc.perturb=1:glibc.malloc.arena_max=2:glibc.malloc.perturb_byte=3"
        let merged = "glibc.malloc.arena_max=2:glibc.malloc.perturb_byte=3:" + ours
        #expect(AllocatorSettings.merged(into: current) == merged)
    }

    @Test(arguments: ["x", "=1", "a=b=c", "x:y=", "::"])
    func `what is not understood does not spoil them`(current: String) {
        let merged = AllocatorSettings.merged(into: current)
        #expect(merged == (current == "x:y=" ? "y=:" + ours : ours))
    }

    /// A second start would otherwise be followed by a third.
    @Test(arguments: ["", "a=b", "glibc.malloc.perturb=1:a=b", "x:a=b"])
    func `merging twice changes nothing`(current: String) {
        let once = AllocatorSettings.merged(into: current)
        #expect(AllocatorSettings.merged(into: once) == once)
    }
}
