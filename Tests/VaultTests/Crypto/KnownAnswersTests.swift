import FoundationEssentials
import Testing
import VaultTesting
@testable import Vault

/// Answers that the Python implementation gave (`Tests/Interop/make_known_answers.py`, written from FORMAT.md alone).
struct KnownAnswersTests {
    struct File: Decodable {
        var answers: [Answer]
    }

    struct Answer: Decodable, CustomTestStringConvertible {
        var name: String
        var inputs: [String: Input]
        var output: String

        var testDescription: String { name }

        func bytes(_ key: String) throws -> [UInt8] {
            if case .text(let text) = inputs[key] { return VaultTesting.bytes(text) }
            throw Missing(name: name, key: key)
        }

        func text(_ key: String) throws -> String {
            if case .text(let text) = inputs[key] { return text }
            throw Missing(name: name, key: key)
        }

        func number(_ key: String) throws -> UInt64 {
            if case .number(let number) = inputs[key] { return number }
            throw Missing(name: name, key: key)
        }

        func list(_ key: String) throws -> [[UInt8]] {
            if case .list(let list) = inputs[key] { return list.map(VaultTesting.bytes) }
            throw Missing(name: name, key: key)
        }
    }

    struct Missing: Error {
        var name: String
        var key: String
    }

    enum Input: Decodable {
        case text(String)
        case number(UInt64)
        case list([String])
        case other

        init(from decoder: any Decoder) throws {
            let value = try decoder.singleValueContainer()
            if let text = try? value.decode(String.self) {
                self = .text(text)
            } else if let number = try? value.decode(UInt64.self) {
                self = .number(number)
            } else if let list = try? value.decode([String].self) {
                self = .list(list)
            } else {
                self = .other
            }
        }
    }

    static let all: [Answer] = {
        let path = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        do {
            let data = try Data(contentsOf: URL(filePath: "/" + path + "/Vectors/known-answers.json"))
            return try JSONDecoder().decode(File.self, from: data).answers
        } catch {
            Issue.record("the known answers cannot be read: \(error)")
            return []
        }
    }()

    @Test func `there are as many answers as ever`() {
        #expect(Self.all.count >= 87)
    }

    @Test(arguments: all)
    func `both implementations agree`(_ answer: Answer) throws {
        let kind = answer.name.split(separator: " ")[0]
        let output: [UInt8]
        switch kind {
        case "keyringKey":
            output = Keyring.keyringKey(of: SecretBytes(bytes: try answer.bytes("rootKey"))).exposed
        case "tableKey":
            output =
                deriveSubkey(
                    try answer.number("number"), context: "vltdata1",
                    of: SecretBytes(bytes: try answer.bytes("dataKey"))
                ).exposed
        case "slot", "slotAuthenticator":
            let slot = try slot(answer)
            output = kind == "slot" ? slot.blob : Array(slot.blob.suffix(32))
            let opened = try slot.rootKey(with: try slotSecret(answer), gate: { $0() })?.exposed
            let rootKey = try answer.bytes("rootKey")
            #expect(opened == rootKey)
        case "recoveryCode":
            output = RecoveryCode.text(of: SecretBytes(bytes: try answer.bytes("recoverySecret"))).exposed
        case "recoverySecret":
            let text = SecretBytes(try answer.text("recoveryCodeText"))
            output = RecoveryCode.secret(from: text)?.exposed ?? []
        case "recordKey":
            var hash = Blake2b(key: SecretBytes(bytes: try answer.bytes("tableKey")))
            hash.update("vault.rec.v1")
            hash.update(try answer.bytes("vaultId"))
            hash.update(try answer.bytes("header"))
            hash.update(try answer.bytes("rowId"))
            output = hash.finish()
        case "column": output = try column(answer)
        case "profileTag": output = try RowTag.profile(try ProfileName(try answer.text("nameText")), keyring).bytes
        case "rotationTag":
            let id = try #require(RowID(try answer.bytes("profileId")))
            output = try RowTag.rotation(of: id, keyring).bytes
        case "tokenTag": output = try tokenTag(answer)
        case "setElement":
            var hash = SetHash()
            let table = try #require(VaultTable(rawValue: UInt8(try answer.number("table"))))
            let row = SealedRow(
                id: try answer.bytes("id"), tag: try answer.bytes("tag"), meta: try answer.bytes("meta"),
                secret: try answer.bytes("secret"))
            try answer.bytes("setKey").withRawSpan { hash.toggle(row, in: table, key: $0) }
            output = hash.bytes
        case "setHash":
            output = try answer.list("elements").reduce([UInt8](repeating: 0, count: 32)) { zip($0, $1).map(^) }
        case "auditSeal":
            output = AuditSealKey(SecretBytes(bytes: try answer.bytes("auditKey")))
                .seal(sequence: try answer.number("seq"), meta: try answer.bytes("meta"))
        case "nextAuditKey":
            output = AuditSealKey(SecretBytes(bytes: try answer.bytes("auditKey"))).next().bytes.exposed
        case "auditLeaf":
            output = AuditTree.leaf(
                SealedAuditRow(
                    sequence: try answer.number("seq"), meta: try answer.bytes("meta"),
                    seal: try answer.bytes("seal")))
        case "treeRoot": output = try tree(answer).root
        case "treeFrontier": output = try tree(answer).frontier.flatMap { $0 }
        case "anchor": output = try anchor(answer)
        case "schemaHash":
            let connection = try SQLiteConnection(path: ":memory:", access: .memory)
            try Schema.create(in: connection)
            output = sha256(try Schema.check(connection).schema)
        case "tokenHash":
            var hash = Blake2b(key: SecretBytes(bytes: try answer.bytes("tokenHashKey")))
            hash.update(Array(try answer.text("tokenText").utf8))
            output = hash.finish()
        case "verifierKey": output = Array(try keyring(seed: answer.bytes("signingSeed")).checkpointVerifierKey.utf8)
        case "checkpointNote":
            let checkpoint = Checkpoint(
                vaultID: vaultID, size: try answer.number("auditSize"), root: try answer.bytes("root"))
            output = Array(try keyring(seed: answer.bytes("signingSeed")).sign(checkpoint).encoded.utf8)
        case "settingTag", "message":
            return  // Settings are reserved; messages are SwiftProtobuf's, and the reader tests compare them.
        default:
            Issue.record("nobody checks \(answer.name)")
            return
        }
        #expect(output.hexadecimal == answer.output)
    }

    // MARK: Parts

    private let vaultID = [UInt8](0x00...0x0f)

    /// The keyring of the page: data key 40…5f.
    private var keyring: Keyring {
        get throws { try keyring(seed: [UInt8](repeating: 0, count: 32)) }
    }

    private func keyring(seed: [UInt8]) throws -> Keyring {
        let material = [UInt8](0x40...0x5f) + seed + [UInt8](repeating: 1, count: 64)
        let keyring = Keyring(
            vaultID: vaultID, epochs: [1], material: SecretBytes(bytes: material),
            rootKey: SecretBytes(bytes: [UInt8](0x20...0x3f)))
        return try #require(keyring)
    }

    private func slotSecret(_ answer: Answer) throws -> SecretBytes {
        for key in ["passphrase", "recoverySecret", "keyFileSecret", "secret"] where answer.inputs[key] != nil {
            return SecretBytes(bytes: try answer.bytes(key))
        }
        for key in ["passphraseText", "secretText"] where answer.inputs[key] != nil {
            return SecretBytes(try answer.text(key))
        }
        if answer.inputs["keyFileContent"] != nil {
            // The command line drops one newline, LF or CR LF, when it reads the file.
            var content = try answer.bytes("keyFileContent")
            if content.last == UInt8(ascii: "\n") { content.removeLast() }
            if content.last == UInt8(ascii: "\r") { content.removeLast() }
            return SecretBytes(bytes: content)
        }
        throw Missing(name: answer.name, key: "secret of \(answer.inputs.keys.sorted())")
    }

    private func slot(_ answer: Answer) throws -> KeySlot {
        let kind = try #require(KeySlotSummary.Kind(rawValue: UInt8(try answer.number("kind"))))
        let cost = DerivationCost(passes: try answer.number("passes"), memory: try answer.number("memory"))
        let slot = try KeySlot(
            number: Int(try answer.number("slot")), kind: kind, cost: kind == .passphrase ? cost : nil,
            secret: try slotSecret(answer), rootKey: SecretBytes(bytes: try answer.bytes("rootKey")),
            vaultID: try answer.bytes("vaultId"),
            createdAt: Date(timeIntervalSince1970: Double(try answer.number("created"))),
            salt: try answer.bytes("salt"), nonce: try answer.bytes("nonce"), gate: { $0() })
        let read = try KeySlot(slot.blob, number: slot.summary.slot, vaultID: try answer.bytes("vaultId"))
        #expect(read == slot)
        return slot
    }

    private func column(_ answer: Answer) throws -> [UInt8] {
        let table = try #require(VaultTable(rawValue: UInt8(try answer.number("table"))))
        let place = SealedPlace(
            table: table, column: try answer.number("secret") == 1 ? .secret : .meta,
            rowID: try answer.bytes("rowId"))
        let header = SealedHeader(
            epoch: UInt32(try answer.number("epoch")), version: try answer.number("version"))
        let plaintext = try answer.bytes("plaintext")
        let key = try answer.bytes("sealingKey")
        let vaultID = try answer.bytes("vaultId")
        let nonce = try answer.bytes("nonce")
        let column = plaintext.withRawSpan { plaintext in
            key.withRawSpan { key in
                ColumnCipher.seal(plaintext, header, place, vaultID: vaultID, tableKey: key, nonce: nonce)
            }
        }
        let opened = key.withRawSpan {
            ColumnCipher.openSecret(column, header, place, vaultID: vaultID, tableKey: $0)?.bytes.exposed
        }
        #expect(opened == plaintext, "what was sealed opens")
        return column
    }

    private func tokenTag(_ answer: Answer) throws -> [UInt8] {
        let id = try #require(RowID(try answer.bytes("profileId")))
        let cloud = Cloud(name: "any", authority: try answer.text("authorityText"), graph: "", arm: "")
        return RowTag.token(
            profile: id, destination: Destination(cloud: cloud), tenant: try answer.text("tenantText"),
            clientID: try answer.text("clientIdText"), credential: .clientSecret,
            audience: try Audience(scope: try answer.text("scopeText")), try keyring
        ).bytes
    }

    private func tree(_ answer: Answer) throws -> AuditTree {
        var tree = AuditTree()
        for leaf in try answer.list("leaves") { tree.append(leaf: leaf) }
        return tree
    }

    private func anchor(_ answer: Answer) throws -> [UInt8] {
        var state = VaultState(schemaHash: [])
        state.transactions = try answer.number("transactions")
        state.tree = try #require(
            AuditTree(size: try answer.number("auditSize"), frontier: try answer.list("frontier")))
        let key = SecretBytes(bytes: try answer.bytes("anchorKey"))
        let vaultID = try answer.bytes("vaultId")
        let bytes = Anchor(vaultID: vaultID, state).bytes(key: key)
        let read = Anchor(bytes, vaultID: vaultID, key: key)
        #expect(read == Anchor(vaultID: vaultID, state))
        return bytes
    }
}
