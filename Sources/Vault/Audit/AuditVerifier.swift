/// Verifies the record of a file, whatever became of it: what is wrong is found, named, and gone past.
///
/// It has a connection of its own, so that a vault that is open is not kept waiting, and one that cannot be opened is
/// looked at all the same.
struct AuditVerifier: Sendable {
    let path: String
    let keyring: Keyring
    /// Nil for a copy, which no anchor has seen.
    let anchorFile: AnchorFile?
    /// Asks the places outside that settings name.
    let askOutside: @Sendable ([Setting]) async -> [OutsideAnchor]

    /// - Parameter progress: called now and then with the number of entries done.
    /// - Throws: code `usage` for a checkpoint that is none; `tryAgain` when the task is cancelled; what keeps the file from
    ///   being read at all.
    func verify(
        _ request: borrowing AuditVerificationRequest, progress: (_ done: Int, _ of: Int) -> Void
    ) async throws(VaultError) -> AuditVerification {
        // Before the state: another process may go on at any time, and must not seem to have rolled back.
        let anchor = try anchorFile?.read()
        let connection = try SQLiteConnection(path: path, access: .readWrite)
        let outside = await askOutside(try readSettings(connection))
        let baseline = try readBaseline(connection)
        var findings = baseline.findings
        var marks: [AuditMark] = []
        var chain: AuditSealChain?
        switch request.auditKey {
        case .some(let key): chain = AuditSealChain(key.copy())
        case .none: break
        }
        if let mark = anchorMark(anchor, baseline, &findings) { marks.append(mark) }
        for anchor in outside {
            guard let mark = anchor.mark(&findings) else { continue }
            if mark.size > baseline.size { findings.add(mark.missing(baseline.size)) } else { marks.append(mark) }
        }
        var checkpoints = AuditCheckpoints(keyring)
        for (size, note) in baseline.checkpoints { checkpoints.addStored(note, at: size, &findings) }
        if let given = request.checkpoint { try checkpoints.addGiven(given, &findings) }
        for mark in checkpoints.marks {
            if mark.size > baseline.size { findings.add(mark.missing(baseline.size)) } else { marks.append(mark) }
        }
        let checkpoint = request.sinceCheckpoint ? checkpoints.last(upTo: baseline.size) : nil
        var start = AuditTree()
        if let checkpoint {
            // From what is oldest of all that must agree; older checkpoints in the file were compared when they were new.
            marks.removeAll { $0.source == .stored && $0.size < checkpoint.size }
            start = try tree(at: marks.min { $0.size < $1.size }, connection)
        }
        let total = Int(clamping: baseline.size)
        var walk = AuditWalk(
            connection, keyring: keyring, checksDerived: baseline.hasDerived, from: start,
            to: min(baseline.size, baseline.room),
            opening: checkpoint?.size ?? 0, marks: marks,
            chain: chain, findings: findings)
        try await walk.run { progress(Int(clamping: $0), total) }
        if baseline.size > baseline.room { walk.skip(to: baseline.size) }
        if baseline.hasDerived, walk.tree != nil {
            for tile in try await higherTiles(completedAfter: start.size, upTo: baseline.size, connection) {
                walk.note(tile)
            }
        }
        return conclude(baseline, firstHashed: start.size, firstOpened: checkpoint?.size ?? 0, walk)
    }

    private func readBaseline(_ connection: SQLiteConnection) throws(VaultError) -> AuditBaseline {
        try connection.reading { () throws(VaultError) in try AuditBaseline(connection, keyring: keyring) }
    }

    /// The settings, as far as they can be read: that they are as they were written is for the live rows to tell.
    private func readSettings(_ connection: SQLiteConnection) throws(VaultError) -> [Setting] {
        try connection.reading { () throws(VaultError) in
            do throws(VaultError) {
                return try Snapshot(store: VaultStore(connection: connection), keyring: keyring).settings()
            } catch {
                guard error.code == .damaged || error.code == .notUnderstood else { throw error }
                return []
            }
        }
    }

    /// The tree at a mark, from the tiles; that of no entries where they do not lead to the mark's root, so that all rows
    /// are hashed and it comes out what is wrong.
    private func tree(at mark: AuditMark?, _ connection: SQLiteConnection) throws(VaultError) -> AuditTree {
        guard let mark else { return AuditTree() }
        do throws(VaultError) {
            let tree = try connection.reading { () throws(VaultError) in
                try AuditHashes(store: VaultStore(connection: connection), size: mark.size).tree(of: mark.size)
            }
            if let tree, tree.root == mark.root { return tree }
        } catch {
            guard error.code == .damaged else { throw error }
            // A row below the tiles is missing, or a vault of format 1 has no tiles.
        }
        return AuditTree()
    }

    /// The tiles above level 0 that do not follow from those below them, by the entries that they are about.
    ///
    /// Those of level 0 were compared with the rows.
    private func higherTiles(
        completedAfter start: UInt64, upTo size: UInt64, _ connection: SQLiteConnection
    ) async throws(VaultError) -> [ClosedRange<UInt64>] {
        let hashes = AuditHashes(store: VaultStore(connection: connection), size: size)
        var wrong: [ClosedRange<UInt64>] = []
        // A tile of level 7 would be about 2⁶⁴ entries.
        for level in 1..<7 {
            let width = UInt64(1) << (8 * UInt64(level + 1))
            for n in start / width..<max(start / width, size / width) {
                guard !Task.isCancelled else { throw .cancelled }
                let isRight = try connection.reading { () throws(VaultError) in try hashes.isRight(level: level, n) }
                if !isRight { wrong.append(n * width...(n + 1) * width - 1) }
                await Task.yield()
            }
        }
        return wrong
    }

    // MARK: Marks

    /// What the anchor has seen; nil where it says nothing that entries could be compared with.
    private func anchorMark(
        _ bytes: [UInt8]?, _ baseline: AuditBaseline, _ findings: inout AuditFindings
    ) -> AuditMark? {
        guard let bytes else {
            findings.add(
                .anchorMissing, .anchor,
                "nothing outside the file vouches for its age: this machine has no anchor for it")
            return nil
        }
        guard let anchor = Anchor(bytes, vaultID: keyring.vaultID, key: keyring.anchorKey) else {
            findings.add(
                .anchorDamaged, .anchor, "the vault's anchor on this machine is damaged",
                hint: "if you know why: vaultctl audit anchor accept --reason TEXT")
            return nil
        }
        let mark = AuditMark(size: anchor.tree.size, root: anchor.tree.root, source: .anchor)
        guard let state = baseline.state else { return mark }
        guard state.tree.size >= anchor.tree.size, state.transactions >= anchor.transactions else {
            findings.add(
                .rolledBack, .anchor,
                "the vault was rolled back: this machine has seen \(anchor.tree.size) entries and "
                    + "\(anchor.transactions) transactions, the file has \(state.tree.size) and \(state.transactions)",
                hint: "if you restored it yourself: vaultctl audit anchor accept --reason TEXT")
            return nil
        }
        guard state.transactions > anchor.transactions || state.tree.size == anchor.tree.size else {
            findings.add(mark.mismatch)
            return nil
        }
        return mark
    }

    // MARK: End

    private func conclude(
        _ baseline: AuditBaseline, firstHashed: UInt64, firstOpened: UInt64, _ walk: consuming AuditWalk
    ) -> AuditVerification {
        var findings = walk.findings
        // Where rows were changed, their tiles are right.
        if walk.tree != nil, baseline.state.map({ $0.tree == walk.tree }) ?? true {
            for entries in walk.differingTiles { findings.add(.wrongTile, entries: entries) }
        }
        findings.close()
        if let state = baseline.state, let tree = walk.tree, tree != state.tree {
            // Of these entries it cannot be said what the marks have seen; but where the change lies.
            let first = max(walk.agreed.last?.size ?? 0, firstHashed)
            let end = min(walk.disagreed.first?.size ?? .max, tree.size)
            findings.add(first < end ? .wrongRoot(entries: first...end - 1) : .wrongRootOfState)
        } else {
            for mark in walk.disagreed { findings.add(mark.mismatch) }
        }
        let checkedSeals = walk.chain != nil
        if let key = baseline.sealKey, checkedSeals, walk.chain?.hasKey(key) != true {
            findings.add(
                .wrongSeal, .state, "the sealing key in the state is not the one that follows the last entry",
                hint: "make sure that the audit key is this vault's; if it is, the record was rewritten")
        }
        return AuditVerification(
            entries: baseline.size, firstHashed: firstHashed, firstOpened: firstOpened, root: walk.tree?.root,
            checkedSeals: checkedSeals,
            checkpoints: walk.agreed.count { $0.source == .stored || $0.source == .given },
            anchorAgrees: walk.agreed.contains { $0.source == .anchor },
            agreedPlaces: SettingKey.options.filter { key in walk.agreed.contains { $0.source == .outside(key) } },
            findings: findings.kept,
            omitted: findings.omitted)
    }
}

extension AuditFinding {
    /// - Parameter entries: where the change lies.
    fileprivate static func wrongRoot(entries: ClosedRange<UInt64>) -> AuditFinding {
        let place =
            entries.lowerBound == entries.upperBound
            ? "entry \(entries.lowerBound)" : "among the entries \(entries.lowerBound) to \(entries.upperBound)"
        return AuditFinding(
            .wrongRoot, .entries(entries),
            "the audit's rows are not the ones that were written: their tree has another root; what was changed is \(place)"
        )
    }

    fileprivate static var wrongRootOfState: AuditFinding {
        AuditFinding(.wrongRoot, .state, "the state says another root than the entries have, which others have seen so")
    }
}
