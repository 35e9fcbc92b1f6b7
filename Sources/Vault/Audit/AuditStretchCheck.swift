internal import SwiftProtobuf
internal import VaultProtos

/// What a stretch of rows is, once each was looked at.
struct CheckedStretch: Sendable {
    let range: Range<UInt64>
    /// Nil unless every number of the range has one row.
    let leaves: AuditLeaves?
    /// The root of the tree over the leaves alone, where they are a perfect subtree of the whole.
    let subtree: [UInt8]?
    /// Ascending.
    let findings: [(kind: AuditFinding.Kind, entries: ClosedRange<UInt64>)]

    init(
        _ range: Range<UInt64>, leaves: AuditLeaves?,
        findings: [(kind: AuditFinding.Kind, entries: ClosedRange<UInt64>)]
    ) {
        self.range = range
        self.leaves = leaves
        self.findings = findings
        let isPerfect = range.count.nonzeroBitCount == 1 && range.lowerBound % UInt64(range.count) == 0
        subtree = isPerfect ? leaves?.root : nil
    }
}

/// Checks rows, one stretch at a time: every number is there, every row opens where it lies and is understood, and has the
/// seal that is its own.
struct AuditStretchCheck: Sendable {
    let keyring: Keyring
    /// Whether there are tables for what is derived from the rows.
    let checksDerived: Bool

    /// - Parameters:
    ///   - opens: whether rows are opened, or hashed alone.
    ///   - sealKey: of the first number of the stretch; nil where seals are not checked.
    func check(_ stretch: AuditStretch, opens: Bool, sealKey: SharedSecret?) -> CheckedStretch {
        var opener = AuditOpener(keyring)
        var chain = sealKey.map { AuditSealChain($0.bytes.copy(), at: stretch.range.lowerBound) }
        var findings: [(AuditFinding.Kind, ClosedRange<UInt64>)] = []
        var leaves: AuditLeaves? = AuditLeaves()
        // What the index should tell; nil where it is not looked at, or cannot be known.
        var segment = opens && checksDerived && stretch.segmentNumber != nil ? AuditSegment.Builder() : nil
        var expected = stretch.range.lowerBound
        for row in stretch.rows {
            let number = row.sequence...row.sequence
            // Whatever SQLite was asked for: somebody may have edited its tree of pages.
            guard row.sequence >= expected, row.sequence < stretch.range.upperBound else {
                findings.append((.extraEntry, number))
                leaves = nil
                continue
            }
            if row.sequence > expected {
                findings.append((.missingEntry, expected...row.sequence - 1))
                leaves = nil
            }
            expected = row.sequence + 1
            stretch.bytes.withRawSpan { bytes in
                leaves?.append(hashing: bytes.extracting(row.leaf))
                if opens, let kind = Self.objection(to: row, in: bytes, &opener, &segment) {
                    findings.append((kind, number))
                    segment = nil
                }
                guard chain != nil else { return }
                chain?.advance(to: row.sequence)
                guard let meta = row.meta else { return }
                let seal = bytes.extracting(meta.upperBound..<row.leaf.upperBound)
                if chain?.seals(bytes.extracting(meta), with: seal) != true { findings.append((.wrongSeal, number)) }
            }
        }
        if expected < stretch.range.upperBound {
            findings.append((.missingEntry, expected...stretch.range.upperBound - 1))
            leaves = nil
        }
        if checksDerived, let leaves { findings += objections(to: stretch, leaves, segment) }
        return CheckedStretch(stretch.range, leaves: leaves, findings: findings)
    }

    /// What is wrong with what is derived from the rows.
    private func objections(
        to stretch: AuditStretch, _ leaves: AuditLeaves, _ segment: AuditSegment.Builder?
    ) -> [(AuditFinding.Kind, ClosedRange<UInt64>)] {
        var findings: [(AuditFinding.Kind, ClosedRange<UInt64>)] = []
        let width = AuditHashes.tileWidth
        for number in stretch.tileNumbers {
            let first = number * width
            let start = Int(first - stretch.range.lowerBound)
            if stretch.tiles[number] != leaves.joined(start..<start + Int(width)) {
                findings.append((.wrongTile, first...first + width - 1))
            }
        }
        if let segment, let number = stretch.segmentNumber {
            let stored = stretch.segment.flatMap { keyring.auditSegment($0, number) }
            if stored != segment.segment {
                findings.append((.wrongIndex, stretch.range.lowerBound...stretch.range.upperBound - 1))
            }
        }
        return findings
    }

    private static func objection(
        to row: AuditStretch.Row, in bytes: RawSpan, _ opener: inout AuditOpener, _ segment: inout AuditSegment.Builder?
    ) -> AuditFinding.Kind? {
        guard let meta = row.meta else { return .unreadableEntry }
        switch opener.open(bytes.extracting(meta), sequence: row.sequence) {
        case .not: return .unreadableEntry
        case .keyMissing: return .keyMissing
        case .entry(let length):
            return opener.withPlaintext(length) { objection(to: $0, number: row.sequence, &segment) }
        }
    }

    private static func objection(
        to content: RawSpan, number: UInt64, _ segment: inout AuditSegment.Builder?
    ) -> AuditFinding.Kind? {
        let offset = UInt16(number % AuditSegment.width)
        if let told = AuditWireForm.told(content) {
            segment?.add(told, in: content, offset)
            return nil
        }
        do {
            let sealed = try SealedAuditEvent(serializedBytes: content.array)
            guard let event = AuditEvent(sealed) else { return .notUnderstood }
            segment?.add(event, offset)
            return nil
        } catch {
            // Whoever sealed it had the keys, and wrote what is no entry.
            return .unreadableEntry
        }
    }
}
