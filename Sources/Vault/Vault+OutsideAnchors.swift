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
        if let journal = outlets.anchorJournal {
            let path = "\(directory)/\(keyring.vaultID.hexadecimal).note-journald"
            outside.anchors.send(checkpoint, signed: signed, toJournal: journal, delivered: KeptSize(path: path))
        }
        guard let command = outlets.anchorCommand else { return nil }
        let errand = AnchorErrand(command: command, vaultID: keyring.vaultID.hexadecimal, directory: directory)
        return try errand.leave(checkpoint, signed: signed) ? errand : nil
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
        if let command = outlets.anchorCommand {
            found.append(OutsideAnchor(place: .anchorCommand, checkpoint: await reader.read(fromCommand: command)))
        }
        if let journal = outlets.anchorJournal {
            found.append(OutsideAnchor(place: .anchorJournal, checkpoint: await reader.read(fromJournal: journal)))
        }
        return found
    }
}
