"""Changes a vault as somebody does who holds what opens it: every row sealed and hashed anew, the state among them.

The format is that of the independent reader in Tests/Interop; nothing of the program is used.
"""

from __future__ import annotations

import base64
import os
import sqlite3
import sys
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

from nacl import bindings

sys.path.append(str(Path(__file__).resolve().parents[1] / "Interop"))

import proto_wire as wire  # noqa: E402
import vault_format as fmt  # noqa: E402
from vault_reader import AuditRow, Unlocker, Vault  # noqa: E402

Row = fmt.LiveRow


class Forgery:
    """The rows of a vault, to be changed and written back with :meth:`write`."""

    def __init__(self, path: Path, key_file: Path) -> None:
        self.path = path
        self.vault = Vault.open(path, Unlocker.key_file(key_file), check_permissions=False)
        self.audit: list[AuditRow] = list(self.vault.snapshot.audit)
        self.live: list[Row] = list(self.vault.snapshot.live)
        self.state: wire.Message = dict(self.vault.state.meta)
        self.seal_key: bytes = self.vault.state.secret
        self.epoch = self.vault.keyring.newest_epoch

    @property
    def id(self) -> bytes:
        return self.vault.vault_id

    def key(self, number: int, epoch: int | None = None) -> bytes:
        return fmt.table_key(self.vault.keyring.data_keys[epoch or self.epoch], number)

    # Entries

    def meta(self, seq: int, content: bytes, *, epoch: int | None = None, version: int = 0) -> bytes:
        """What is stored of an entry; ``epoch`` may be one that the vault has no key of."""
        header = fmt.Header(fmt.AUDIT.number, False, epoch or self.epoch, version)
        return fmt.seal_column(
            self.key(fmt.AUDIT.number, self.epoch),
            self.id,
            header,
            fmt.audit_row_id(seq),
            os.urandom(24),
            content,
            256,
        )

    def event(self, seq: int, **changes: object) -> bytes:
        """The entry as it is, with other words."""
        event = dict(self.vault.audit_events()[seq])
        return wire.encode(wire.AUDIT_EVENT, {**event, **changes})

    def replace(self, seq: int, meta: bytes, seal: bytes | None = None) -> None:
        self.audit[seq] = AuditRow(seq, meta, self.audit[seq].seal if seal is None else seal)

    def append(self, content: bytes, count: int = 1) -> None:
        """Entries as a transaction appends them: sealed with the key of the state."""
        for _ in range(count):
            seq = len(self.audit)
            meta = self.meta(seq, content)
            self.audit.append(AuditRow(seq, meta, fmt.audit_seal(self.seal_key, seq, meta)))
            self.seal_key = fmt.next_audit_key(self.seal_key)

    def rewrite(self, first: int, contents: Iterable[bytes], key: bytes) -> None:
        """Ends the record before ``first`` and goes on with other entries, sealed from ``key`` on."""
        del self.audit[first:]
        self.seal_key = key
        for content in contents:
            self.append(content)

    # Checkpoints

    def root(self, size: int) -> bytes:
        return fmt.folded(fmt.extended_frontier([], 0, [row.leaf for row in self.audit[:size]]))

    def checkpoint(
        self, size: int, *, root: bytes | None = None, origin: str | None = None, seed: bytes | None = None
    ) -> str:
        """A signed note, by the vault unless there is another ``seed``."""
        own = f"vaultctl/{self.id.hex()}"
        text = f"{origin or own}\n{size}\n{base64.b64encode(root or self.root(size)).decode()}\n"
        public, secret = bindings.crypto_sign_seed_keypair(seed or self.vault.keyring.signing_seed)
        name = own.encode()
        key_id = fmt.sha256(name + b"\n\x01" + (public if seed is None else self._own_public()))[:4]
        signature = bindings.crypto_sign(text.encode(), secret)[:64]
        return f"{text}\n\u2014 {own} {base64.b64encode(key_id + signature).decode()}\n"

    def _own_public(self) -> bytes:
        return bindings.crypto_sign_seed_keypair(self.vault.keyring.signing_seed)[0]

    def put_checkpoint(self, size: int, note: str) -> None:
        """Puts a note where the checkpoint of ``size`` belongs, and counts from the newest."""
        self.remove_checkpoint(size)
        self.live.append(Row(fmt.CHECKPOINT, fmt.u64(size), meta=note.encode()))
        sizes = [int.from_bytes(row.row_id, "little") for row in self.live if row.table is fmt.CHECKPOINT]
        self.state["checkpoint_size"] = max(sizes)

    def remove_checkpoint(self, size: int) -> None:
        self.live = [row for row in self.live if not (row.table is fmt.CHECKPOINT and row.row_id == fmt.u64(size))]

    def change_live(self, table: fmt.Table, change: Callable[[Row], Row]) -> None:
        self.live = [change(row) if row.table is table else row for row in self.live]

    # Writing

    def write(self, *, counting: bool = True) -> None:
        """Writes all of it as one transaction, with the state that belongs to it."""
        if counting:
            self.state["transactions"] += 1
        counted = [table for table in fmt.LIVE_TABLES if table is not fmt.KEYRING]
        self.state["rows"] = {table.name: sum(row.table is table for row in self.live) for table in counted}
        self.state["set_hash"] = fmt.set_hash(self.key(fmt.SET_KEY), self.live)
        self.state["audit_size"] = len(self.audit)
        self.state["frontier"] = fmt.extended_frontier([], 0, [row.leaf for row in self.audit])
        database = sqlite3.connect(self.path)
        with database:
            database.execute("DELETE FROM audit")
            database.executemany("INSERT INTO audit VALUES (?, ?, ?)", [(r.seq, r.meta, r.seal) for r in self.audit])
            database.execute("DELETE FROM checkpoint")
            for row in self.live:
                if row.table is fmt.CHECKPOINT:
                    size = int.from_bytes(row.row_id, "little")
                    database.execute("INSERT INTO checkpoint VALUES (?, ?)", (size, row.meta.decode()))
            database.execute("UPDATE state SET meta = ?, secret = ?", self.sealed_state())
        database.close()

    def sealed_state(self, *, secret: bytes | None = None) -> tuple[bytes, bytes]:
        content = wire.encode(wire.STATE, self.state)
        return self.state_column(content, False), self.state_column(secret or self.seal_key, True)

    def state_column(self, content: bytes, is_secret: bool, *, version: int | None = None) -> bytes:
        number = version if version is not None else self.state["transactions"]
        header = fmt.Header(fmt.STATE.number, is_secret, self.epoch, number)
        key = self.key(fmt.STATE.number)
        return fmt.seal_column(key, self.id, header, fmt.ZERO_ID, os.urandom(24), content, 1024)


def with_tag(row: Row, tag: bytes) -> Row:
    return replace(row, tag=tag)
