internal import FoundationEssentials
internal import SwiftProtobuf
internal import VaultProtos

/// Looks up in the record which tokens of profiles were given out: of some days all of them, of the time before the last one
/// of each profile. The index tells which rows have to be opened, so that this takes one pass and not one for each profile.
struct ProfileUses {
    private let records: Records
    private let since: Date
    private var tallies: [RowID: Tally] = [:]
    /// Under which names entries of the profiles are found; what was renamed has several.
    private var names: [UInt64: Set<RowID>] = [:]

    fileprivate struct Tally {
        /// Of the entry that ``last`` is about.
        var sequence: UInt64 = 0
        var last: ProfileUse.LastToken?
        var recipients: [Key: (tokens: Int, last: Date)] = [:]

        struct Key: Hashable {
            let user: String
            let host: String
            let executable: String?
        }
    }

    /// - Parameters:
    ///   - profiles: nil: all there are.
    ///   - since: from when on all recipients are wanted.
    init(_ records: Records, of profiles: [RowID]?, since: Date) throws(VaultError) {
        self.records = records
        self.since = since
        let wanted = profiles.map(Set.init)
        for profile in try records.read({ (snapshot) throws(VaultError) in try snapshot.profiles() })
        where wanted?.contains(profile.id) ?? true {
            tallies[profile.id] = Tally()
            names[AuditSegment.hash(ofProfile: profile.name.description), default: []].insert(profile.id)
        }
    }

    /// - Throws: code `damaged`; `tryAgain` when the task is cancelled.
    mutating func find() async throws(VaultError) -> [ProfileUse] {
        var end = try records.read { (snapshot) throws(VaultError) in snapshot.state.tree.size }
        // From the newest back. That all have their last one does not end it: clocks are set back.
        while end > 0, !tallies.isEmpty {
            guard !Task.isCancelled else { throw .cancelled }
            let number = (end - 1) / AuditSegment.width
            try records.read { (snapshot) throws(VaultError) in try take(number, to: end, of: snapshot) }
            end = number * AuditSegment.width
            await Task.yield()
        }
        return tallies.map { id, tally in tally.use(of: id) }
    }

    /// Takes the entries of a segment of the index, up to number `end`.
    private mutating func take(_ number: UInt64, to end: UInt64, of snapshot: Snapshot) throws(VaultError) {
        let start = number * AuditSegment.width
        var opener = AuditOpener(snapshot.keyring)
        guard end - start == AuditSegment.width, let segment = try snapshot.segment(number) else {
            return try takeAll(start..<end, of: snapshot.store, &opener)
        }
        let isRecent = segment.reaches(since)
        // A name that is met on the way is looked for in the same segment, too.
        var done: Set<UInt64> = []
        while true {
            let wanted = Set(names.keys.filter { !done.contains($0) && (isRecent || isMissing(anyOf: $0)) })
            guard !wanted.isEmpty else { return }
            done.formUnion(wanted)
            let offsets = segment.offsets(among: wanted)
            if isRecent, offsets.values.reduce(0, { $0 + $1.count }) > AuditSegment.width / 4 {
                // So many that to read them in order is faster; all are looked at, whatever they are called.
                return try takeAll(start..<end, of: snapshot.store, &opener)
            }
            for (hash, offsets) in offsets {
                for offset in offsets.reversed() {
                    guard isRecent || isMissing(anyOf: hash) else { break }
                    let row = try snapshot.store.auditRow(start + UInt64(offset))
                    try row.meta.withRawSpan { (meta) throws(VaultError) in try take(meta, row.sequence, &opener) }
                }
            }
        }
    }

    private func isMissing(anyOf hash: UInt64) -> Bool {
        names[hash, default: []].contains { tallies[$0]?.last == nil }
    }

    private mutating func takeAll(
        _ range: Range<UInt64>, of store: VaultStore, _ opener: inout AuditOpener
    ) throws(VaultError) {
        var next = range.lowerBound
        while next < range.upperBound {
            let stretch = try AuditStretch(next..<range.upperBound, from: store, derived: false)
            for row in stretch.rows {
                guard row.sequence == next, let meta = row.meta else { throw Self.unreadable(next) }
                try stretch.bytes.withRawSpan { (bytes) throws(VaultError) in
                    try take(bytes.extracting(meta), row.sequence, &opener)
                }
                next += 1
            }
            guard next == stretch.range.upperBound else { throw Self.unreadable(next) }
        }
    }

    /// Takes an entry, of which nothing is decoded twice or kept that is not asked for: there are many.
    private mutating func take(
        _ meta: RawSpan, _ sequence: UInt64, _ opener: inout AuditOpener
    ) throws(VaultError) {
        guard case .entry(let length) = opener.open(meta, sequence: sequence) else { throw Self.unreadable(sequence) }
        let event: SealedAuditEvent
        do {
            event = try SealedAuditEvent(serializedBytes: opener.withPlaintext(length) { $0.array })
        } catch {
            throw Self.unreadable(sequence)
        }
        guard event.outcome == AuditOutcome.ok.rawValue, let id = RowID(Array(event.profileID)),
            let index = tallies.index(forKey: id)
        else { return }
        switch event.action {
        case AuditAction.issue.rawValue where !event.detail.hasPrefix(AuditEvent.givenToNobody):
            guard let time = Date(milliseconds: event.time) else { throw Self.unreadable(sequence) }
            tallies.values[index].count(event, sequence, at: time, isRecent: time >= since)
        case AuditAction.rename.rawValue:
            guard let old = AuditEvent(event)?.formerName else { return }
            names[AuditSegment.hash(ofProfile: old), default: []].insert(id)
        default: break
        }
    }

    private static func unreadable(_ sequence: UInt64) -> VaultError {
        .damaged("audit entry \(sequence) is missing, or does not open")
    }
}

extension ProfileUses.Tally {
    fileprivate mutating func count(_ event: SealedAuditEvent, _ number: UInt64, at time: Date, isRecent: Bool) {
        if last == nil || number > sequence {
            sequence = number
            last = .init(
                time: time, audience: event.audience.nonEmpty, user: event.caller.user, host: event.caller.host)
        }
        guard isRecent else { return }
        let key = Key(user: event.caller.user, host: event.caller.host, executable: event.caller.recipient)
        let before = recipients[key]
        recipients[key] = ((before?.tokens ?? 0) + 1, max(before?.last ?? time, time))
    }

    fileprivate func use(of profile: RowID) -> ProfileUse {
        let all = recipients.map { key, count in
            ProfileUse.Recipient(
                user: key.user, host: key.host, executable: key.executable, tokens: count.tokens, last: count.last)
        }
        .sorted { ($1.last, $0.user, $0.host, $0.executable ?? "") < ($0.last, $1.user, $1.host, $1.executable ?? "") }
        return ProfileUse(
            profile: profile, last: last, recipients: Array(all.prefix(ProfileUse.mostRecipients)),
            otherRecipients: max(0, all.count - ProfileUse.mostRecipients))
    }
}

extension SealedAuditEvent.Caller {
    /// The program that a token was for: whoever asked an endpoint, else the nearest that is not this one under any of the
    /// names that it is run by.
    fileprivate var recipient: String? {
        if hasClient, !client.executable.isEmpty { return client.executable }
        return claimedExecutables.first { path in
            !path.utf8.reversed().starts(with: "/vaultctl".utf8.reversed())
                && !path.utf8.reversed().starts(with: "/az".utf8.reversed())
        }
    }
}
