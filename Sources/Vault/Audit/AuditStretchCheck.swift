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

    /// - Parameters:
    ///   - opens: whether rows are opened, or hashed alone.
    ///   - sealKey: of the first number of the stretch; nil where seals are not checked.
    func check(_ stretch: AuditStretch, opens: Bool, sealKey: SharedSecret?) -> CheckedStretch {
        var opener = AuditOpener(keyring)
        var chain = sealKey.map { AuditSealChain($0.bytes.copy(), at: stretch.range.lowerBound) }
        var findings: [(AuditFinding.Kind, ClosedRange<UInt64>)] = []
        var leaves: AuditLeaves? = AuditLeaves()
        var expected = stretch.range.lowerBound
        for row in stretch.rows {
            let number = row.sequence...row.sequence
            guard row.sequence >= expected else {
                // Out of order: somebody edited the tree of pages.
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
                if opens, let kind = Self.objection(to: row, in: bytes, &opener) { findings.append((kind, number)) }
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
        return CheckedStretch(stretch.range, leaves: leaves, findings: findings)
    }

    private static func objection(
        to row: AuditStretch.Row, in bytes: RawSpan, _ opener: inout AuditOpener
    ) -> AuditFinding.Kind? {
        guard let meta = row.meta else { return .unreadableEntry }
        switch opener.open(bytes.extracting(meta), sequence: row.sequence) {
        case .not: return .unreadableEntry
        case .keyMissing: return .keyMissing
        case .entry(let length): return opener.withPlaintext(length, Self.objection(to:))
        }
    }

    private static func objection(to content: RawSpan) -> AuditFinding.Kind? {
        if AuditWireForm.recognises(content) { return nil }
        do {
            let sealed = try SealedAuditEvent(serializedBytes: content.array)
            return AuditEvent(sealed) == nil ? .notUnderstood : nil
        } catch {
            // Whoever sealed it had the keys, and wrote what is no entry.
            return .unreadableEntry
        }
    }
}
