import Testing
import VaultTesting
@testable import Vault

/// What somebody who can write the file might do to it. Every change is found when the vault is opened, or when it is
/// verified, and nothing is issued.
struct TamperingTests {
    struct Attack: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var sql: [String]
        /// What the error says.
        var finding: String

        init(_ description: String, _ sql: String..., finds finding: String) {
            testDescription = description
            self.sql = sql
            self.finding = finding
        }
    }

    static let first = "(SELECT id FROM profile ORDER BY id LIMIT 1)"
    static let second = "(SELECT id FROM profile ORDER BY id LIMIT 1 OFFSET 1)"

    static let attacks = [
        Attack("a profile is deleted", "DELETE FROM profile WHERE id = \(first)", finds: "profile has 2 rows where 3"),
        Attack("a token is deleted", "DELETE FROM token", finds: "token has 0 rows where 1"),
        Attack("a key slot is deleted", "DELETE FROM keyslot WHERE slot = 2", finds: "keyslot has 2 rows where 3"),
        Attack(
            "a key slot is copied", "INSERT INTO keyslot SELECT 9, blob FROM keyslot WHERE slot = 2",
            finds: "key slot 9: it has another number"),
        Attack(
            "a profile is copied under another id",
            "INSERT INTO profile SELECT randomblob(16), randomblob(32), meta, secret FROM profile LIMIT 1",
            finds: "profile has 4 rows where 3"),
        Attack(
            "two profiles change places",
            "CREATE TEMP TABLE t AS SELECT * FROM profile ORDER BY id LIMIT 2",
            "UPDATE profile SET meta = (SELECT meta FROM t WHERE t.id <> profile.id), "
                + "secret = (SELECT secret FROM t WHERE t.id <> profile.id) WHERE id IN (\(first), \(second))",
            finds: "changed, exchanged"),
        Attack(
            "only the secrets of two profiles change places",
            "CREATE TEMP TABLE t AS SELECT * FROM profile ORDER BY id LIMIT 2",
            "UPDATE profile SET secret = (SELECT secret FROM t WHERE t.id <> profile.id) "
                + "WHERE id IN (\(first), \(second))", finds: "changed, exchanged"),
        Attack(
            "two names change places",
            "CREATE TEMP TABLE t AS SELECT id, tag FROM profile ORDER BY id LIMIT 2",
            "UPDATE profile SET tag = randomblob(32) WHERE id IN (SELECT id FROM t)",
            "UPDATE profile SET tag = (SELECT tag FROM t WHERE t.id <> profile.id) WHERE id IN (SELECT id FROM t)",
            finds: "changed, exchanged"),
        Attack(
            "a byte of a profile is changed",
            "UPDATE profile SET meta = CAST(substr(meta, 1, 100) || x'00' || substr(meta, 102) AS BLOB) WHERE id = \(first)",
            finds: "changed, exchanged"),
        Attack(
            "a byte of a secret is changed",
            "UPDATE profile SET secret = CAST(substr(secret, 1, 100) || x'00' || substr(secret, 102) AS BLOB) WHERE id = \(first)",
            finds: "changed, exchanged"),
        Attack("a column is emptied", "UPDATE profile SET secret = x''", finds: "changed, exchanged"),
        Attack(
            "a column is huge", "UPDATE profile SET meta = zeroblob(70000) WHERE id = \(first)",
            finds: "more than 64 KiB"),
        Attack("the keyring is emptied", "UPDATE keyring SET secret = x''", finds: "keyring row"),
        Attack("the keyring is gone", "DELETE FROM keyring", finds: "its keyring has 0 rows"),
        Attack("the state is gone", "DELETE FROM state", finds: "its state has 0 rows"),
        Attack(
            "the state is changed",
            "UPDATE state SET meta = CAST(substr(meta, 1, 99) || x'ff' || substr(meta, 101) AS BLOB)",
            finds: "state row"),
        Attack("the vault id is changed", "UPDATE vault SET vault_id = randomblob(16)", finds: "another vault"),
        Attack(
            "a setting is planted", "INSERT INTO setting VALUES (randomblob(16), randomblob(32), x'00')",
            finds: "setting has 1 rows where 0"),
        Attack(
            "a rotation is planted", "INSERT INTO rotation VALUES (randomblob(16), randomblob(32), x'00', x'00')",
            finds: "rotation has 1 rows where 0"),
        Attack(
            "a checkpoint is planted", "INSERT INTO checkpoint VALUES (1, 'x')",
            finds: "checkpoint has 1 rows where 0"),
        Attack(
            "the last entry is deleted", "DELETE FROM audit WHERE seq = (SELECT max(seq) FROM audit)",
            finds: "the audit does not have"),
        Attack("the first entry is deleted", "DELETE FROM audit WHERE seq = 0", finds: "the audit does not have"),
        Attack("an entry is deleted", "DELETE FROM audit WHERE seq = 2", finds: "audit entry 2 is missing"),
        Attack(
            "two entries change places", "UPDATE audit SET seq = 100 WHERE seq = 2",
            "UPDATE audit SET seq = 2 WHERE seq = 3", "UPDATE audit SET seq = 3 WHERE seq = 100",
            finds: "audit entry 2 does not open"),
        Attack(
            "an entry is added", "INSERT INTO audit SELECT max(seq) + 1, meta, seal FROM audit",
            finds: "the audit does not have"),
        Attack(
            "the seal of an entry is changed", "UPDATE audit SET seal = zeroblob(16) WHERE seq = 1",
            finds: "another root"),
        Attack(
            "an entry is changed",
            "UPDATE audit SET meta = CAST(substr(meta, 1, 99) || x'ff' || substr(meta, 101) AS BLOB) WHERE seq = 1",
            finds: "audit entry 1 does not open"),
        Attack(
            "a trigger is planted",
            "CREATE TRIGGER t AFTER INSERT ON audit BEGIN DELETE FROM audit; END", finds: "trigger: t"),
        Attack("a view is planted", "CREATE VIEW v AS SELECT * FROM profile", finds: "view: v"),
        Attack("a table is planted", "CREATE TABLE extra (x)", finds: "table: extra"),
        Attack("an index is planted", "CREATE INDEX i ON profile (meta)", finds: "index: i"),
        Attack("a table is gone", "DROP TABLE checkpoint", finds: "lacks the table checkpoint"),
        Attack(
            "a second state", "PRAGMA ignore_check_constraints = ON",
            "INSERT INTO state SELECT 2, meta, secret FROM state", finds: "its state has 2 rows"),
        Attack(
            "a second vault id", "PRAGMA ignore_check_constraints = ON",
            "INSERT INTO vault SELECT 2, vault_id FROM vault", finds: "more than one vault id"),
        Attack(
            "a key slot with a number below all", "PRAGMA ignore_check_constraints = ON",
            "UPDATE keyslot SET slot = -1 WHERE slot = 1", finds: "a key slot has the number -1"),
        Attack(
            "entries with numbers below all", "UPDATE audit SET seq = -1 - seq", finds: "an audit entry has the number"),
        Attack("another program's database", "PRAGMA application_id = 1", finds: "not a vault"),
        Attack("no format", "PRAGMA user_version = 0", finds: "format number is 0"),
    ]

    @Test(arguments: attacks)
    func `a change is found`(_ attack: Attack) async throws {
        let test = try await vaultWithThreeProfiles()
        // One connection, because some use a temporary table.
        try test.tamper(attack.sql.joined(separator: ";"))
        let error = await #expect(throws: VaultError.self) {
            let vault = try test.open()
            _ = try await vault.verify { _, _ in }
        }
        #expect(error?.code == .damaged)
        #expect(error?.message.contains(attack.finding) == true, "\(error?.message ?? "nothing")")
    }

    @Test func `a newer format is not understood`() async throws {
        let test = try await vaultWithThreeProfiles()
        try test.tamper("PRAGMA user_version = 99")
        let error = #expect(throws: VaultError.self) { _ = try test.open() }
        #expect(error?.code == .notUnderstood)
    }

    @Test func `a row put back from an older copy is found`() async throws {
        let test = try await vaultWithThreeProfiles()
        try test.copyFile(to: "older")
        let name = try ProfileName("b")
        _ = try await test.open().edit(name, ProfileChange(about: "changed"))
        try test.tamper(
            """
            ATTACH '\(test.directory)/older' AS older;
            REPLACE INTO main.profile SELECT * FROM older.profile;
            """)
        let error = #expect(throws: VaultError.self) { _ = try test.open() }
        #expect(error?.code == .damaged)
        #expect(error?.message.contains("older copy") == true)
    }

    @Test(arguments: ["profile", "token"])
    func `a table in another order, where look-ups miss what is there, is found`(_ table: String) async throws {
        let test = try await vaultWithThreeProfiles()
        let vault = try test.open()
        _ = try await vault.issue(TokenRequest(profile: try ProfileName("b"))).details
        try vault.writeAnchor()
        // The rows are written anew under a schema that sorts the other way, and then the right schema is put back.
        let turn = """
            PRAGMA writable_schema = ON;
            UPDATE sqlite_schema SET sql = replace(sql, 'PRIMARY KEY%@', 'PRIMARY KEY%@') WHERE name = '\(table)';
            """
        func schema(_ from: String, _ to: String) -> String {
            let parts = turn.split(separator: "%@", omittingEmptySubsequences: false)
            return parts[0] + from + parts[1] + to + parts[2]
        }
        try test.tamper(schema(" CHECK", " DESC CHECK"))
        try test.tamper(
            """
            CREATE TEMP TABLE t AS SELECT * FROM \(table);
            DELETE FROM \(table);
            INSERT INTO \(table) SELECT * FROM t;
            """)
        try test.tamper(schema(" DESC CHECK", " CHECK"))
        let error = #expect(throws: VaultError.self) { _ = try test.open() }
        #expect(error?.message.contains("\(table) is out of order") == true, "\(error?.message ?? "nothing")")
    }

    @Test func `another process that tampers while the vault is open is found before anything is issued`() async throws
    {
        let test = try await vaultWithThreeProfiles()
        let vault = try test.open()
        try test.tamper("DELETE FROM token")
        let name = try ProfileName("a")
        let error = await #expect(throws: VaultError.self) {
            _ = try await vault.issue(TokenRequest(profile: name)).details
        }
        #expect(error?.code == .damaged)
    }

    @Test func `an untouched vault gives no finding`() async throws {
        let test = try await vaultWithThreeProfiles()
        let verification = try await test.open().verify { _, _ in }
        #expect(verification.profiles == 3)
        #expect(verification.tokens == 1)
        #expect(verification.anchorAgrees)
        #expect(verification.auditEntries == 6)
    }

    private func vaultWithThreeProfiles() async throws -> TestVault {
        let test = try await TestVault()
        let vault = try test.open()
        for name in ["a", "b", "c"] { _ = try await vault.add(try test.newProfile(name, checks: false)) }
        _ = try await vault.issue(TokenRequest(profile: try ProfileName("a"))).details
        try vault.writeAnchor()
        return test
    }
}
