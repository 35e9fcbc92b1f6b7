/// Anchors beyond the file of this machine: in the journal, and where a command of the user's keeps them.
extension Vault {
    /// Tells the places outside, where settings name any, what was last seen of the vault. Nobody waits for them.
    ///
    /// - Returns: what is left to be run, in this process or in another one; nil when that is nothing.
    /// - Throws: codes `damaged`, `inputOutput`. The vault itself is whole, and a later anchor covers the same.
    package func anchorOutside() throws(VaultError) -> AnchorErrand? {
        // As every transaction of ours left it, so that a vault without settings costs nothing here.
        guard records.hasWritten, records.state.rows[.setting, default: 0] > 0,
            let outlets = try outside.current.outlets(),
            outlets.anchorJournal != nil || outlets.anchorCommand != nil
        else { return nil }
        let keyring = records.keyring
        let checkpoint = Checkpoint(vaultID: keyring.vaultID, records.state.tree)
        let signed = keyring.sign(checkpoint)
        let directory = environment.stateDirectory
        try PrivateDirectory.make(directory)
        try PrivateDirectory.check(directory)
        let path = "\(directory)/\(keyring.vaultID.hexadecimal)"
        let key = keyring.checkpointKey
        if let journal = outlets.anchorJournal {
            let delivered = KeptNote(path: path + ".note-journald", key: key)
            try checkIsCovered(try delivered.size(), by: checkpoint, at: .anchorJournal)
            outside.anchors.send(checkpoint, signed: signed, toJournal: journal, delivered: delivered)
        }
        guard let command = outlets.anchorCommand else { return nil }
        let errand = AnchorErrand(command: command, key: key, directory: directory)
        try checkIsCovered(try errand.seen(), by: checkpoint, at: .anchorCommand)
        do throws(VaultError) {
            return try errand.leave(checkpoint, signed: signed) ? errand : nil
        } catch {
            guard error.code == .tryAgain else { throw error }
            outside.anchors.drop()
            return nil
        }
    }

    /// Looks whether the vault has as many entries as a note says that it has signed.
    ///
    /// - Throws: code `damaged` when it has fewer: it was put back. A smaller note could take the place of the one that
    ///   shows that, so that none goes out.
    private func checkIsCovered(
        _ size: UInt64, by checkpoint: Checkpoint, at place: SettingKey
    ) throws(VaultError) {
        guard size > checkpoint.size else { return }
        // Another process may have gone further since.
        let current = try records.read { (snapshot) throws(VaultError) in snapshot.state.tree.size }
        guard size > current else { return }
        throw VaultError(
            .damaged,
            "a note for \(place.rawValue) covers \(size) entries, and the vault has \(current): it was put back",
            hint: "run 'vaultctl audit verify'; if you put it back: vaultctl audit anchor accept")
    }
}

extension Keyring {
    /// Asks every place outside that settings name for the newest note that it has. Takes ten seconds for each at the most.
    ///
    /// That a place cannot be asked, or has what is not this vault's, is told of that place alone.
    func outsideAnchors(_ settings: [Setting]) async -> [OutsideAnchor] {
        let outlets = Outlets(settings)
        let reader = AnchorReader(vaultID: vaultID, key: checkpointKey)
        var found: [OutsideAnchor] = []
        for setting in settings where setting.key == .anchorCommand || setting.key == .anchorJournal {
            do throws(VaultError) {
                try setting.checkUnderstood()
            } catch {
                found.append(OutsideAnchor(place: setting.key, checkpoint: .failure(error)))
            }
        }
        if let command = outlets.anchorCommand {
            found.append(OutsideAnchor(place: .anchorCommand, checkpoint: await reader.read(fromCommand: command)))
        }
        if let journal = outlets.anchorJournal {
            found.append(OutsideAnchor(place: .anchorJournal, checkpoint: await reader.read(fromJournal: journal)))
        }
        return found
    }
}
