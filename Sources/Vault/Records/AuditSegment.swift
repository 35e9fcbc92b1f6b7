internal import FoundationEssentials
internal import SwiftProtobuf
internal import VaultProtos

/// A segment of the audit's index: when its entries were made, and which profile's they are.
struct AuditSegment: Sendable, Equatable {
    /// Entries of a segment.
    static let width: UInt64 = 1024

    /// Unix milliseconds.
    private var earliestTime = Int64.max
    private var latestTime = Int64.min
    /// By the hash of the name, which of its entries are the profile's, ascending.
    private var offsets: [[UInt8]: [UInt16]] = [:]

    /// Of no entries.
    init() {}

    /// Takes in when an entry was made, in Unix milliseconds.
    mutating func add(time: Int64) {
        earliestTime = min(earliestTime, time)
        latestTime = max(latestTime, time)
    }

    /// Takes in that an entry is about the profile of that name; they come in order.
    ///
    /// - Parameter offset: the entry's number less that of the segment's first.
    mutating func add(profile: RawSpan, _ offset: UInt16) {
        offsets[Self.hash(of: profile), default: []].append(offset)
    }

    /// Whether any of its entries may have been made from then on.
    func reaches(_ since: Date) -> Bool { latestTime >= since.milliseconds }

    /// Whether any of its entries may have been made before then.
    func begins(before until: Date) -> Bool { earliestTime <= until.milliseconds }

    /// Which entries may be the profile's: all that are, and seldom one of another whose hash is the same.
    func offsets(ofProfile name: String) -> [UInt16] {
        offsets[Array(name.utf8).withRawSpan(Self.hash(of:)), default: []]
    }

    private static func hash(of name: RawSpan) -> [UInt8] { Array(sha256(name).prefix(8)) }

    // MARK: Message

    /// - Returns: nil when it does not hang together.
    init?(_ sealed: SealedAuditSegment) {
        guard sealed.earliest <= sealed.latest else { return nil }
        earliestTime = sealed.earliest
        latestTime = sealed.latest
        for profile in sealed.profiles {
            let bytes = Array(profile.offsets)
            let found = stride(from: 0, to: bytes.count - 1, by: 2).map {
                UInt16(bytes[$0]) | UInt16(bytes[$0 + 1]) << 8
            }
            guard bytes.count.isMultiple(of: 2), found.allSatisfy({ $0 < Self.width }),
                zip(found, found.dropFirst()).allSatisfy({ $0 < $1 }),
                offsets.updateValue(found, forKey: Array(profile.nameHash)) == nil
            else { return nil }
        }
    }

    var sealed: SealedAuditSegment {
        .with { message in
            message.earliest = earliestTime
            message.latest = latestTime
            let sorted = offsets.sorted { $0.key.lexicographicallyPrecedes($1.key) }
            message.profiles = sorted.map { hash, offsets in
                .with { profile in
                    profile.nameHash = .init(hash)
                    profile.offsets = .init(offsets.flatMap { [UInt8($0 & 0xff), UInt8($0 >> 8)] })
                }
            }
        }
    }

    static func place(_ number: UInt64) -> SealedPlace {
        SealedPlace(table: .auditIndex, column: .meta, rowID: SealedPlace.auditIndexRowID(number))
    }
}

extension Keyring {
    /// Opens a segment of the index.
    ///
    /// - Returns: nil unless it was sealed for that place and hangs together.
    func auditSegment(_ meta: [UInt8], _ number: UInt64) -> AuditSegment? {
        guard let opened = openMeta(meta, at: AuditSegment.place(number)), opened.header.version == 0 else {
            return nil
        }
        do {
            return AuditSegment(try SealedAuditSegment(serializedBytes: opened.plaintext))
        } catch {
            return nil
        }
    }
}

extension Snapshot {
    /// A segment of the index; nil where there is none that can be used, so that the rows have to be looked at.
    ///
    /// It was sealed by whoever holds the keys, once and for its place alone, so it is what it was; that it tells what the
    /// rows tell is for the verifier.
    func segment(_ number: UInt64) throws(VaultError) -> AuditSegment? {
        try store.auditSegment(number).flatMap { keyring.auditSegment($0, number) }
    }

    /// What the segment of that number must be.
    func segmentOfRows(_ number: UInt64) throws(VaultError) -> AuditSegment {
        var (segment, count) = (AuditSegment(), UInt64(0))
        try store.forEachAudit(from: number * AuditSegment.width) { (row) throws(VaultError) in
            let event = try entry(row).event
            segment.add(time: event.time.milliseconds)
            if let name = event.profile {
                Array(name.utf8).withRawSpan { segment.add(profile: $0, UInt16(count)) }
            }
            count += 1
            return count < AuditSegment.width
        }
        guard count == AuditSegment.width else {
            throw .damaged("audit entry \(number * AuditSegment.width + count) is missing")
        }
        return segment
    }
}
