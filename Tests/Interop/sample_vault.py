"""Writes a small vault, for tests of the reader that need no ``vaultctl``: as FORMAT.md describes it.

Not a vault to keep anything in: it knows one write, of everything at once, and no locks.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import proto_wire as wire
import vault_format as fmt
from vault_reader import token_words

EPOCH = 1
#: Of everything that happens in it, in milliseconds.
TIME = 1_700_000_000_000


@dataclass
class Keys:
    """The random values behind a vault."""

    vault_id: bytes = field(default_factory=lambda: os.urandom(16))
    root: bytes = field(default_factory=lambda: os.urandom(32))
    data: bytes = field(default_factory=lambda: os.urandom(32))
    signing_seed: bytes = field(default_factory=lambda: os.urandom(32))
    anchor: bytes = field(default_factory=lambda: os.urandom(32))
    token_hash: bytes = field(default_factory=lambda: os.urandom(32))
    first_audit: bytes = field(default_factory=lambda: os.urandom(32))


class SampleVault:
    """A vault file that can be written again, as an edit of all of its profiles would."""

    def __init__(
        self,
        path: Path,
        key_file: Path,
        *,
        extra_slots: Sequence[fmt.KeySlot] = (),
        format: int = fmt.USER_VERSION,
        entries: int = 1,
        profiles: int = 2,
    ) -> None:
        """``format`` may be an older one, whose reserved tables are empty as they were then."""
        self.format = format
        self.path = path
        self.key_file = key_file
        self.keys = Keys()
        self.transactions = 0
        self.version = 0
        self.audit: list[tuple[int, bytes, bytes]] = []
        self.next_audit_key = self.keys.first_audit
        self.profile_ids = [os.urandom(16) for _ in range(profiles)]
        self.other_ids = {table.name: os.urandom(16) for table in (fmt.TOKEN, fmt.ROTATION, fmt.SETTING)}
        self.extra_slots = list(extra_slots)
        key_file.write_bytes(os.urandom(24).hex().encode() + b"\n")
        path.parent.chmod(0o700)
        self._create()
        for _ in range(entries - 1):
            self._append_audit()
        self.write()

    @property
    def anchor(self) -> bytes:
        """The anchor file for the vault as last written."""
        leaves = [fmt.audit_leaf(*row) for row in self.audit]
        frontier = tuple(fmt.extended_frontier([], 0, leaves))
        return fmt.Anchor(self.keys.vault_id, self.transactions, len(self.audit), frontier).encoded(self.keys.anchor)

    def write(self, about: str = "") -> None:
        """One transaction: every row written anew, one more audit entry."""
        self.transactions += 1
        self.version += 1
        self._append_audit()
        live = self._live_rows(about)
        database = sqlite3.connect(self.path)
        with database:
            for row in live:
                _store(database, row)
            database.executemany("INSERT OR REPLACE INTO audit VALUES (?, ?, ?)", self.audit)
            _store(database, self._state(live, fmt.schema_rows(database)))
        database.close()

    def _create(self) -> None:
        database = sqlite3.connect(self.path)
        self.path.chmod(0o600)
        with database:
            fmt.migrate(database, self.format)
            database.execute(f"PRAGMA application_id = {fmt.APPLICATION_ID}")
            database.execute(f"PRAGMA user_version = {self.format}")
            database.execute("INSERT INTO vault VALUES (1, ?)", (self.keys.vault_id,))
        database.close()

    def _append_audit(self) -> None:
        seq = len(self.audit)
        profile = f"profile-{seq % len(self.profile_ids)}"
        event = {"time": TIME + seq, "action": "edit", "outcome": "ok", "profile": profile}
        event["caller"] = {"uid": os.getuid()}
        header = fmt.Header(fmt.AUDIT.number, False, EPOCH, 0)
        meta = self._sealed(fmt.AUDIT, header, fmt.audit_row_id(seq), wire.encode(wire.AUDIT_EVENT, event))
        self.audit.append((seq, meta, fmt.audit_seal(self.next_audit_key, seq, meta)))
        self.next_audit_key = fmt.next_audit_key(self.next_audit_key)

    def _live_rows(self, about: str) -> list[fmt.LiveRow]:
        name_key = fmt.table_key(self.keys.data, fmt.NAME_KEY)
        owner = self.profile_ids[0]
        profiles = [_profile(number, about) for number in range(len(self.profile_ids))]
        rows = [
            self._row(fmt.PROFILE, row_id, fmt.profile_tag(name_key, meta["name"]), meta, b"secret of " + row_id)
            for row_id, meta in zip(self.profile_ids, profiles)
        ]
        access_token = b"header.payload.signature"
        token = {
            "profile_id": owner,
            "tenant": profiles[0]["tenant"],
            "scope": "https://databricks.example/.default",
            "token_type": "Bearer",
            "issued": TIME,
            "expires": TIME + 3_600_000,
            "token_hash": fmt.b2(self.keys.token_hash, access_token),
        }
        words = token_words(_complete(fmt.PROFILE, profiles[0]), _complete(fmt.TOKEN, token))
        token_tag = fmt.token_tag(name_key, owner, words)
        rows.append(self._row(fmt.TOKEN, self.other_ids["token"], token_tag, token, access_token))
        rotation = {"profile_id": owner, "state": "promoted", "started": TIME, "old_length": 3, "new_length": 5}
        rotation_tag = fmt.rotation_tag(name_key, owner)
        rows.append(self._row(fmt.ROTATION, self.other_ids["rotation"], rotation_tag, rotation, b"oldnewer"))
        if self.format > 1:
            rows.append(self._setting(name_key))
            rows.append(fmt.LiveRow(fmt.CHECKPOINT, fmt.u64(1), meta=b"a note\n"))
        rows.append(self._keyring())
        rows += [fmt.LiveRow(fmt.KEYSLOT, fmt.u32(slot.number), meta=slot.blob()) for slot in self._slots()]
        return rows

    def _slots(self) -> list[fmt.KeySlot]:
        secret = fmt.key_file_secret(self.key_file.read_bytes())
        slot = fmt.KeySlot.unsealed(
            self.keys.vault_id, 1, fmt.KEY_FILE, 0, 0, os.urandom(16), 1_700_000_000, os.urandom(24)
        )
        return [slot.sealed(self.keys.root, secret), *self.extra_slots]

    def _row(self, table: fmt.Table, row_id: bytes, tag: bytes, meta: wire.Message, secret: bytes) -> fmt.LiveRow:
        assert table.message is not None
        plain = wire.encode(table.message, meta)
        return fmt.LiveRow(
            table, row_id, tag, self._column(table, row_id, plain, False), self._column(table, row_id, secret, True)
        )

    def _setting(self, name_key: bytes) -> fmt.LiveRow:
        row_id = self.other_ids["setting"]
        setting = {"key": "sink.file", "value": "/var/log/vaultctl.jsonl", "changed": 1_700_000_000_000}
        meta = self._column(fmt.SETTING, row_id, wire.encode(wire.SETTING, setting), False)
        return fmt.LiveRow(fmt.SETTING, row_id, fmt.setting_tag(name_key, "sink.file"), meta)

    def _keyring(self) -> fmt.LiveRow:
        keys = self.keys
        plain = wire.encode(wire.KEYRING, {"epochs": [EPOCH]})
        secret = keys.data + keys.signing_seed + keys.anchor + keys.token_hash
        columns = [
            fmt.seal_column(
                fmt.keyring_key(keys.root),
                keys.vault_id,
                fmt.Header(fmt.KEYRING.number, is_secret, 0, self.version),
                fmt.ZERO_ID,
                os.urandom(24),
                content,
                512,
            )
            for is_secret, content in ((False, plain), (True, secret))
        ]
        return fmt.LiveRow(fmt.KEYRING, fmt.ZERO_ID, b"", *columns)

    def _state(self, live: list[fmt.LiveRow], schema: list[fmt.SchemaRow]) -> fmt.LiveRow:
        leaves = [fmt.audit_leaf(*row) for row in self.audit]
        counted = [table for table in fmt.LIVE_TABLES if table is not fmt.KEYRING]
        meta = {
            "transactions": self.transactions,
            "rows": {table.name: sum(row.table is table for row in live) for table in counted},
            "set_hash": fmt.set_hash(fmt.table_key(self.keys.data, fmt.SET_KEY), live),
            "audit_size": len(self.audit),
            "frontier": fmt.extended_frontier([], 0, leaves),
            "schema_hash": fmt.schema_hash(schema),
        }
        version = self.transactions
        columns = [
            self._sealed(fmt.STATE, fmt.Header(fmt.STATE.number, is_secret, EPOCH, version), fmt.ZERO_ID, content)
            for is_secret, content in ((False, wire.encode(wire.STATE, meta)), (True, self.next_audit_key))
        ]
        return fmt.LiveRow(fmt.STATE, fmt.ZERO_ID, b"", *columns)

    def _column(self, table: fmt.Table, row_id: bytes, plaintext: bytes, is_secret: bool) -> bytes:
        return self._sealed(table, fmt.Header(table.number, is_secret, EPOCH, self.version), row_id, plaintext)

    def _sealed(self, table: fmt.Table, header: fmt.Header, row_id: bytes, plaintext: bytes) -> bytes:
        assert table.block is not None
        key = fmt.table_key(self.keys.data, table.number)
        return fmt.seal_column(key, self.keys.vault_id, header, row_id, os.urandom(24), plaintext, table.block)


def _profile(number: int, about: str) -> wire.Message:
    return {
        "name": f"profile-{number}",
        "provider": "entra",
        "cloud": "AzureCloud",
        "authority": "https://login.microsoftonline.com",
        "graph": "https://graph.microsoft.com",
        "arm": "https://management.azure.com",
        "tenant": "11111111-1111-4111-8111-111111111111",
        "client_id": f"22222222-2222-4222-8222-{number:012}",
        "credential_kind": "client-secret",
        "credential_stored": TIME,
        "created": TIME,
        "updated": TIME,
        "about": about,
    }


def _complete(table: fmt.Table, message: wire.Message) -> wire.Message:
    """``message`` with the defaults of the fields that it leaves out."""
    assert table.message is not None
    return wire.decode(table.message, wire.encode(table.message, message))


def _store(database: sqlite3.Connection, row: fmt.LiveRow) -> None:
    number = int.from_bytes(row.row_id, "little")
    columns = {
        "keyslot": (number, row.meta),
        "checkpoint": (number, row.meta.decode(errors="replace")),
        "keyring": (1, row.meta, row.secret),
        "state": (1, row.meta, row.secret),
        "setting": (row.row_id, row.tag, row.meta),
    }.get(row.table.name, (row.row_id, row.tag, row.meta, row.secret))
    marks = ", ".join("?" * len(columns))
    database.execute(f"INSERT OR REPLACE INTO {row.table.name} VALUES ({marks})", columns)
