internal import FoundationEssentials
internal import SwiftProtobuf
internal import VaultProtos

/// A segment of the audit's index: when its entries were made, and which profile's they are.
struct AuditSegment: Sendable, Equatable {
    /// Entries of a segment.
    static let width: UInt64 = 1024

    private(set) var earliest: Date
    private(set) var latest: Date
    /// By the hash of the name, which of its entries are the profile's, ascending.
    private var offsets: [[UInt8]: [UInt16]]

    /// - Parameter entries: all those of one segment, in order.
    init(_ entries: [AuditEntry]) {
        earliest = entries.map(\.event.time).min() ?? .distantPast
        latest = entries.map(\.event.time).max() ?? .distantFuture
        offsets = [:]
        for (offset, entry) in entries.enumerated() {
            guard let name = entry.event.profile else { continue }
            offsets[Self.hash(of: name), default: []].append(UInt16(offset))
        }
    }

    /// Which entries may be the profile's: all that are, and seldom one of another whose hash is the same.
    func offsets(ofProfile name: String) -> [UInt16] { offsets[Self.hash(of: name), default: []] }

    private static func hash(of name: String) -> [UInt8] { Array(sha256(Array(name.utf8)).prefix(8)) }

    // MARK: Message

    /// - Returns: nil when it does not hang together.
    init?(_ sealed: SealedAuditSegment) {
        guard let earliest = Date(milliseconds: sealed.earliest), let latest = Date(milliseconds: sealed.latest),
            earliest <= latest
        else { return nil }
        self.earliest = earliest
        self.latest = latest
        offsets = [:]
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
            message.earliest = earliest.milliseconds
            message.latest = latest.milliseconds
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

extension Snapshot {
    /// A segment of the index; nil where there is none that can be used, so that the rows have to be looked at.
    ///
    /// It was sealed by whoever holds the keys, once and for its place alone, so it is what it was; that it tells what the
    /// rows tell is for ``verify``.
    func segment(_ number: UInt64) throws(VaultError) -> AuditSegment? {
        guard let meta = try store.auditSegment(number),
            let opened = keyring.openMeta(meta, at: AuditSegment.place(number))
        else { return nil }
        do {
            return AuditSegment(try SealedAuditSegment(serializedBytes: opened.plaintext))
        } catch {
            return nil
        }
    }

    /// What the segment of that number must be.
    func segmentOfRows(_ number: UInt64) throws(VaultError) -> AuditSegment {
        var entries: [AuditEntry] = []
        try store.forEachAudit(from: number * AuditSegment.width) { (row) throws(VaultError) in
            entries.append(try entry(row))
            return entries.count < AuditSegment.width
        }
        guard entries.count == AuditSegment.width else {
            throw .damaged("audit entry \(number * AuditSegment.width + UInt64(entries.count)) is missing")
        }
        return AuditSegment(entries)
    }
}
