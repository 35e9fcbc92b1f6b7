private import Crypto
internal import FoundationEssentials
internal import SwiftProtobuf
internal import VaultProtos

/// A segment of the audit's index: when its entries were made, and which profile's they are. It stays as it is stored,
/// because a question looks for one name in many of them.
struct AuditSegment: Sendable, Equatable {
    /// Entries of a segment.
    static let width: UInt64 = 1024

    /// Unix milliseconds.
    private let earliest: Int64
    private let latest: Int64
    /// As the message has them.
    private let nameHashes: [UInt8]
    private let counts: [UInt8]
    private let offsets: [UInt8]

    private static let hashLength = 8

    /// Whether any of its entries may have been made from then on.
    func reaches(_ since: Date) -> Bool { latest >= since.milliseconds }

    /// Whether any of its entries may have been made before then.
    func begins(before until: Date) -> Bool { earliest <= until.milliseconds }

    /// Which entries may be the profile's: all that are, and seldom one of another whose hash is the same.
    func offsets(ofProfile name: String) -> [UInt16] {
        let wanted = Self.hash(ofProfile: name)
        var start = 0
        for index in 0..<nameHashes.count / Self.hashLength {
            let count = Int(UInt16(littleEndianAt: 2 * index, of: counts))
            if Self.hash(at: index, of: nameHashes) == wanted {
                return (start..<start + count).map { UInt16(littleEndianAt: 2 * $0, of: offsets) }
            }
            start += count
        }
        return []
    }

    /// The entries that may be those of names with these hashes, as ``hash(ofProfile:)`` gives them, ascending: in one pass,
    /// however many names there are.
    func offsets(among hashes: Set<UInt64>) -> [UInt64: [UInt16]] {
        var found: [UInt64: [UInt16]] = [:]
        var start = 0
        for index in 0..<nameHashes.count / Self.hashLength {
            let end = start + Int(UInt16(littleEndianAt: 2 * index, of: counts))
            let hash = Self.hash(at: index, of: nameHashes)
            if hashes.contains(hash) {
                found[hash] = (start..<end).map { UInt16(littleEndianAt: 2 * $0, of: offsets) }
            }
            start = end
        }
        return found
    }

    static func hash(ofProfile name: String) -> UInt64 { Array(name.utf8).withRawSpan(Builder.hash(of:)) }

    private static func hash(at index: Int, of hashes: [UInt8]) -> UInt64 {
        hashes[hashLength * index..<hashLength * (index + 1)].reduce(0) { $0 << 8 | UInt64($1) }
    }

    // MARK: Building

    /// Takes in the entries of a segment, in order.
    struct Builder {
        private var earliest = Int64.max
        private var latest = Int64.min
        private var marks: [Mark] = []

        private struct Mark {
            let hash: UInt64
            let offset: UInt16
        }

        init() {
            marks.reserveCapacity(Int(AuditSegment.width))
        }

        /// Takes in what an entry tells.
        ///
        /// - Parameter offset: the entry's number less that of the segment's first.
        mutating func add(_ told: AuditWireForm.Told, in content: RawSpan, _ offset: UInt16) {
            note(told.time)
            if let name = told.profile { note(content.extracting(name), offset) }
        }

        /// The same of an entry that was decoded.
        mutating func add(_ event: AuditEvent, _ offset: UInt16) {
            note(event.time.milliseconds)
            if let name = event.profile { Array(name.utf8).withRawSpan { note($0, offset) } }
        }

        private mutating func note(_ time: Int64) {
            earliest = min(earliest, time)
            latest = max(latest, time)
        }

        private mutating func note(_ profile: RawSpan, _ offset: UInt16) {
            marks.append(Mark(hash: Self.hash(of: profile), offset: offset))
        }

        /// The first 8 bytes of SHA-256, so that their order is that of the numbers.
        fileprivate static func hash(of name: RawSpan) -> UInt64 {
            unsafe name.withUnsafeBytes { name in
                var hash = SHA256()
                unsafe hash.update(bufferPointer: name)
                return hash.finalize().prefix(AuditSegment.hashLength).reduce(0) { $0 << 8 | UInt64($1) }
            }
        }

        var segment: AuditSegment {
            var (nameHashes, counts, offsets): ([UInt8], [UInt8], [UInt8]) = ([], [], [])
            let sorted = marks.sorted { ($0.hash, $0.offset) < ($1.hash, $1.offset) }
            var start = 0
            while start < sorted.count {
                let hash = sorted[start].hash
                let end = sorted[start...].firstIndex { $0.hash != hash } ?? sorted.count
                for shift in stride(from: 56, through: 0, by: -8) {
                    nameHashes.append(UInt8(truncatingIfNeeded: hash >> UInt64(shift)))
                }
                counts += UInt16(end - start).littleEndianBytes
                for mark in sorted[start..<end] { offsets += mark.offset.littleEndianBytes }
                start = end
            }
            return AuditSegment(
                earliest: earliest, latest: latest, nameHashes: nameHashes, counts: counts, offsets: offsets)
        }
    }

    private init(earliest: Int64, latest: Int64, nameHashes: [UInt8], counts: [UInt8], offsets: [UInt8]) {
        self.earliest = earliest
        self.latest = latest
        self.nameHashes = nameHashes
        self.counts = counts
        self.offsets = offsets
    }

    // MARK: Message

    /// - Returns: nil when it does not hang together.
    init?(_ sealed: SealedAuditSegment) {
        self.init(
            earliest: sealed.earliest, latest: sealed.latest, nameHashes: Array(sealed.nameHashes),
            counts: Array(sealed.counts), offsets: Array(sealed.offsets))
        let names = nameHashes.count / Self.hashLength
        guard earliest <= latest, nameHashes.count == names * Self.hashLength, counts.count == 2 * names,
            offsets.count == 2 * (0..<names).reduce(0, { $0 + Int(UInt16(littleEndianAt: 2 * $1, of: counts)) }),
            (0..<offsets.count / 2).allSatisfy({ UInt16(littleEndianAt: 2 * $0, of: offsets) < Self.width })
        else { return nil }
    }

    var sealed: SealedAuditSegment {
        .with { message in
            message.earliest = earliest
            message.latest = latest
            message.nameHashes = .init(nameHashes)
            message.counts = .init(counts)
            message.offsets = .init(offsets)
        }
    }

    static func place(_ number: UInt64) -> SealedPlace {
        SealedPlace(table: .auditIndex, column: .meta, rowID: SealedPlace.auditIndexRowID(number))
    }
}

extension UInt16 {
    fileprivate init(littleEndianAt start: Int, of bytes: [UInt8]) {
        self = UInt16(bytes[start]) | UInt16(bytes[start + 1]) << 8
    }

    fileprivate var littleEndianBytes: [UInt8] { [UInt8(truncatingIfNeeded: self), UInt8(self >> 8)] }
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
        do throws(VaultError) {
            return try store.auditSegment(number).flatMap { keyring.auditSegment($0, number) }
        } catch {
            // It is no blob, or longer than any of ours.
            guard error.code == .damaged else { throw error }
            return nil
        }
    }

    /// What the segment of that number must be.
    func segmentOfRows(_ number: UInt64) throws(VaultError) -> AuditSegment {
        var (builder, count) = (AuditSegment.Builder(), UInt64(0))
        var opener = AuditOpener(keyring)
        try store.forEachAudit(from: number * AuditSegment.width) { (row) throws(VaultError) in
            let offset = UInt16(count)
            let isUsual = row.meta.withRawSpan { meta in
                guard case .entry(let length) = opener.open(meta, sequence: row.sequence) else { return false }
                return opener.withPlaintext(length) { content in
                    guard let told = AuditWireForm.told(content) else { return false }
                    builder.add(told, in: content, offset)
                    return true
                }
            }
            if !isUsual { builder.add(try entry(row).event, offset) }
            count += 1
            return count < AuditSegment.width
        }
        guard count == AuditSegment.width else {
            throw .damaged("audit entry \(number * AuditSegment.width + count) is missing")
        }
        return builder.segment
    }
}
