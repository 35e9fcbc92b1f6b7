internal import SwiftProtobuf
internal import Vault
internal import VaultProtos

/// Lists as the parts of an answer, each of which fits a frame. There is always one, so that one can be the last.
extension Array<Profile> {
    /// - Throws: code `internalError` when one profile alone is longer than a frame.
    func answerParts() throws(VaultError) -> [AgentAnswer] {
        try runsOfMessages(map(\.message)).map { run in
            AgentAnswer(.profiles(.with { $0.profiles = run }))
        }
    }
}

extension Array<Rotation> {
    /// - Throws: code `internalError` when one rotation alone is longer than a frame.
    func answerParts() throws(VaultError) -> [AgentAnswer] {
        try runsOfMessages(map(\.message)).map { run in
            AgentAnswer(.rotations(.with { $0.rotations = run }))
        }
    }
}

extension Array<CachedToken> {
    /// - Throws: code `internalError` when one token's details alone are longer than a frame.
    func answerParts() throws(VaultError) -> [AgentAnswer] {
        try runsOfMessages(map(\.message)).map { run in
            AgentAnswer(.cachedTokens(.with { $0.tokens = run }))
        }
    }
}

extension Array<AuditEntry> {
    /// - Throws: code `internalError` when one entry alone is longer than a frame.
    func answerParts() throws(VaultError) -> [AgentAnswer] {
        try runsOfMessages(map(\.message)).map { run in
            AgentAnswer(.auditEntries(.with { $0.entries = run }))
        }
    }
}

extension Array<ProfileUse> {
    /// - Throws: code `internalError` when one profile's alone is longer than a frame.
    func answerParts() throws(VaultError) -> [AgentAnswer] {
        try runsOfMessages(map(\.message)).map { run in
            AgentAnswer(.profileUses(.with { $0.uses = run }))
        }
    }
}

extension Array<AuditFinding> {
    /// - Throws: code `internalError` when one finding alone is longer than a frame.
    func answerParts() throws(VaultError) -> [AgentAnswer] {
        try runsOfMessages(map(\.wireForm)).map { run in
            AgentAnswer(.auditFindings(.with { $0.findings = run }))
        }
    }
}

extension Array<Setting> {
    /// - Throws: code `internalError` when one setting alone is longer than a frame.
    func answerParts() throws(VaultError) -> [AgentAnswer] {
        try runsOfMessages(map(SealedSetting.init)).map { run in
            AgentAnswer(.settings(.with { $0.settings = run }))
        }
    }
}

extension AgentAnswer {
    init(_ content: OneOf_Content) {
        self.init()
        self.content = content
    }
}

extension AgentRequest {
    /// This request as several whose `check` names some of `names` each, so that each fits a frame.
    ///
    /// - Throws: code `internalError` when there is no room for a name at all.
    func cut(toCheck names: [ProfileName]) throws(VaultError) -> [AgentRequest] {
        try cut(names) { $0.check.names = $1 }
    }

    /// The same with `planRotations`.
    func cut(toPlan names: [ProfileName]) throws(VaultError) -> [AgentRequest] {
        try cut(names) { $0.planRotations.names = $1 }
    }

    private func cut(
        _ names: [ProfileName], _ name: (inout AgentRequest, [String]) -> Void
    ) throws(VaultError) -> [AgentRequest] {
        let room = try Frame.longestPayload - serializedLength() - Frame.messageOverhead
        return try runs(of: names.map(\.description), room: room) { name in name.utf8.count }.map { run in
            var request = self
            name(&request, run)
            return request
        }
    }
}

extension Frame {
    /// What a message around a list takes, more than generously: a tag and a length, twice.
    fileprivate static let messageOverhead = 16
}

extension Message {
    fileprivate func serializedLength() throws(VaultError) -> Int {
        do {
            let bytes: [UInt8] = try serializedBytes()
            return bytes.count
        } catch { throw VaultError(.internalError, "a message for client or agent cannot be written") }
    }
}

private func runsOfMessages<Item: Message>(_ items: [Item]) throws(VaultError) -> [[Item]] {
    try runs(of: items, room: Frame.longestPayload - Frame.messageOverhead) { (item) throws(VaultError) in
        try item.serializedLength()
    }
}

/// Cuts `items` into runs of which each, as a repeated field, takes at most `room` bytes.
private func runs<Item>(
    of items: [Item], room: Int, length: (Item) throws(VaultError) -> Int
) throws(VaultError) -> [[Item]] {
    var runs: [[Item]] = [[]]
    var left = room
    for item in items {
        // A tag of one byte and a length of at most three: no item is longer than a frame.
        let taken = try length(item) + 4
        guard taken <= room else {
            throw VaultError(.internalError, "an item of a list is longer than a frame between client and agent")
        }
        if taken > left {
            runs.append([])
            left = room
        }
        runs[runs.count - 1].append(item)
        left -= taken
    }
    return runs
}
