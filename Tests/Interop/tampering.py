"""What somebody who can write the file, and knows no key, can do to it; and the error that has to come of each.

The list serves vaults of any origin: those of ``sample_vault`` and those that ``vaultctl`` made.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import vault_errors as errors

Change = Callable[[sqlite3.Connection], object]

#: Where a key of the table lies, and which columns it has besides.
KEY_COLUMNS = {"keyslot": "slot", "audit": "seq", "checkpoint": "size"}
COLUMNS = {
    "profile": ("tag", "meta", "secret"),
    "token": ("tag", "meta", "secret"),
    "rotation": ("tag", "meta", "secret"),
    "setting": ("tag", "meta"),
    "keyring": ("meta", "secret"),
    "state": ("meta", "secret"),
    "audit": ("meta", "seal"),
    "keyslot": ("blob",),
    "checkpoint": ("note",),
}
SEALED = ("meta", "secret")


@dataclass(frozen=True)
class Tampering:
    """One change, the tables that must have rows for it (each at least ``rows``), and what has to be raised."""

    name: str
    change: Change
    table: str
    error: type[errors.VaultError]
    rows: int = 1

    def applies_to(self, path: Path) -> bool:
        return row_count(path, self.table) >= self.rows

    def apply(self, path: Path) -> None:
        edit(path, self.change)


def edit(path: Path, change: Change) -> None:
    """Changes the file behind the vault's back: no check of the schema holds it up."""
    database = sqlite3.connect(path)
    database.execute("PRAGMA ignore_check_constraints = ON")
    with database:
        change(database)
    database.close()


def row_count(path: Path, table: str) -> int:
    database = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        return int(database.execute(f"SELECT count(*) FROM {table}").fetchone()[0])
    finally:
        database.close()


def all_tamperings() -> list[Tampering]:
    return [*flips(), *deletions(), *swaps(), *additions(), *structure()]


def flips() -> Iterator[Tampering]:
    """One bit, in the first, a middle and the last byte of every column of every table."""
    for table, columns in COLUMNS.items():
        for column in columns:
            for place in ("first", "epoch", "version", "middle", "last"):
                if place in ("epoch", "version") and column not in SEALED:
                    continue
                yield Tampering(
                    f"flip-{table}-{column}-{place}",
                    _flip(table, column, place),
                    table,
                    _error_of_flip(table, column, place),
                )
    yield Tampering("flip-vault-id", _flip("vault", "vault_id", "last"), "vault", errors.WrongKey)


def _error_of_flip(table: str, column: str, place: str) -> type[errors.VaultError]:
    if table == "keyslot":
        return errors.VaultError  # WrongKey for the slot that is opened with, SetMismatch for the others.
    if table == "checkpoint":
        return errors.SetMismatch
    if column == "tag":
        return errors.TagMismatch
    if column == "seal":
        return errors.TreeMismatch
    if place == "first":
        return errors.ColumnMalformed
    if place == "epoch":
        return errors.ColumnMalformed if table == "keyring" else errors.EpochUnknown
    return errors.ColumnNotOpened


def _flip(table: str, column: str, place: str) -> Change:
    key = KEY_COLUMNS.get(table, "id")

    def change(database: sqlite3.Connection) -> None:
        row, value = database.execute(f"SELECT {key}, {column} FROM {table} ORDER BY {key} LIMIT 1").fetchone()
        content = bytearray(value.encode() if isinstance(value, str) else value)
        position = {"first": 0, "epoch": 4, "version": 8, "middle": len(content) // 2, "last": len(content) - 1}[place]
        content[position] ^= 1
        changed = content.decode() if isinstance(value, str) else bytes(content)
        database.execute(f"UPDATE {table} SET {column} = ? WHERE {key} = ?", (changed, row))

    return change


def deletions() -> Iterator[Tampering]:
    counted = ("profile", "token", "rotation", "setting", "keyring", "state", "checkpoint")
    for table in counted:
        # Without its profile a token has no tag that could be checked; the rest is first noticed by its number.
        error = errors.TagMismatch if table == "profile" else errors.RowCountMismatch
        yield Tampering(f"delete-every-{table}", _run(f"DELETE FROM {table}"), table, error)
    one = "DELETE FROM {t} WHERE {k} = (SELECT {k} FROM {t} ORDER BY {k} DESC LIMIT 1)"
    yield Tampering("delete-one-token", _run(one.format(t="token", k="id")), "token", errors.RowCountMismatch)
    # The slot of the recovery code, because the tests open by another.
    recovery = "DELETE FROM keyslot WHERE substr(blob, 29, 1) = x'02'"
    yield Tampering("delete-recovery-keyslot", _run(recovery), "keyslot", errors.RowCountMismatch, 2)
    yield Tampering("delete-every-keyslot", _run("DELETE FROM keyslot"), "keyslot", errors.WrongKey)
    yield Tampering("delete-vault", _run("DELETE FROM vault"), "vault", errors.RowCountMismatch)
    last = one.format(t="audit", k="seq")
    yield Tampering("delete-last-audit", _run(last), "audit", errors.AuditNumbersMismatch, 2)
    yield Tampering(
        "delete-first-audit", _run("DELETE FROM audit WHERE seq = 0"), "audit", errors.AuditNumbersMismatch, 2
    )


def swaps() -> Iterator[Tampering]:
    yield Tampering("swap-profile-ids", _swap_ids, "profile", errors.ColumnNotOpened, 2)
    for column in ("meta", "secret"):
        yield Tampering(f"swap-profile-{column}", _swap("profile", "id", column), "profile", errors.ColumnNotOpened, 2)
    yield Tampering("swap-audit-meta", _swap("audit", "seq", "meta"), "audit", errors.ColumnNotOpened, 2)
    yield Tampering("swap-audit-seal", _swap("audit", "seq", "seal"), "audit", errors.TreeMismatch, 2)
    for table in ("profile", "token", "rotation", "keyring", "state"):
        both = _run(f"UPDATE {table} SET meta = secret, secret = meta")
        yield Tampering(f"swap-columns-of-{table}", both, table, errors.ColumnMalformed)
    moved = _run("UPDATE token SET secret = (SELECT secret FROM profile LIMIT 1)")
    yield Tampering("move-secret-to-other-table", moved, "token", errors.ColumnMalformed)


def _swap(table: str, key: str, column: str) -> Change:
    def change(database: sqlite3.Connection) -> None:
        (one, left), (two, right) = database.execute(
            f"SELECT {key}, {column} FROM {table} ORDER BY {key} LIMIT 2"
        ).fetchall()
        database.execute(f"UPDATE {table} SET {column} = ? WHERE {key} = ?", (right, one))
        database.execute(f"UPDATE {table} SET {column} = ? WHERE {key} = ?", (left, two))

    return change


def _swap_ids(database: sqlite3.Connection) -> None:
    rows = database.execute("SELECT id, tag, meta, secret FROM profile ORDER BY id LIMIT 2").fetchall()
    for row in rows:
        database.execute("DELETE FROM profile WHERE id = ?", row[:1])
    (one, *first), (two, *second) = rows
    database.execute("INSERT INTO profile VALUES (?, ?, ?, ?)", (two, *first))
    database.execute("INSERT INTO profile VALUES (?, ?, ?, ?)", (one, *second))


def additions() -> Iterator[Tampering]:
    for table in ("profile", "token", "rotation"):
        copy = f"INSERT INTO {table} SELECT randomblob(16), randomblob(32), meta, secret FROM {table} LIMIT 1"
        yield Tampering(f"add-copied-{table}", _run(copy), table, errors.ColumnNotOpened)
    slot = "INSERT INTO keyslot SELECT max(slot) + 1, blob FROM keyslot"
    yield Tampering("add-copied-keyslot", _run(slot), "keyslot", errors.RowCountMismatch)
    note = "INSERT INTO checkpoint VALUES (99, 'forged')"
    yield Tampering("add-checkpoint", _run(note), "vault", errors.RowCountMismatch)
    entry = "INSERT INTO audit SELECT max(seq) + 1, meta, seal FROM audit"
    yield Tampering("add-copied-audit", _run(entry), "audit", errors.ColumnNotOpened)
    yield Tampering("enlarge-profile-meta", _lengthen(65536), "profile", errors.ColumnTooLarge)
    yield Tampering("lengthen-profile-meta-by-a-block", _lengthen(512), "profile", errors.ColumnNotOpened)
    cut = _run("UPDATE profile SET meta = substr(meta, 1, length(meta) - 1)")
    yield Tampering("cut-profile-meta", cut, "profile", errors.ColumnMalformed)
    empty = _run("UPDATE profile SET secret = x''")
    yield Tampering("empty-profile-secret", empty, "profile", errors.ColumnMalformed)


def _lengthen(more: int) -> Change:
    def change(database: sqlite3.Connection) -> None:
        for row_id, meta in database.execute("SELECT id, meta FROM profile").fetchall():
            database.execute("UPDATE profile SET meta = ? WHERE id = ?", (meta + bytes(more), row_id))

    return change


def structure() -> Iterator[Tampering]:
    statements = {
        "trigger": "CREATE TRIGGER t AFTER INSERT ON audit BEGIN DELETE FROM audit; END",
        "view": "CREATE VIEW v AS SELECT 1",
        "table": "CREATE TABLE more (id INTEGER)",
        "index": "CREATE INDEX more ON audit (seal)",
        "column": "ALTER TABLE vault ADD COLUMN more TEXT",
        "missing-table": "DROP TABLE checkpoint",
    }
    for name, statement in statements.items():
        yield Tampering(f"schema-{name}", _run(statement), "vault", errors.SchemaMismatch)
    yield Tampering("newer-format", _run("PRAGMA user_version = 3"), "vault", errors.NewerFormat)
    yield Tampering("older-format", _run("PRAGMA user_version = 0"), "vault", errors.NotAVault)
    yield Tampering("other-application", _run("PRAGMA application_id = 1"), "vault", errors.NotAVault)


def _run(statement: str) -> Change:
    def change(database: sqlite3.Connection) -> None:
        database.execute(statement)

    return change


def copy_rows(older: Path, newer: Path, table: str) -> None:
    """Puts the rows of ``table`` back to what they were in an older copy of the file."""

    def change(database: sqlite3.Connection) -> None:
        database.commit()
        database.execute("ATTACH ? AS older", (str(older),))
        database.execute(f"DELETE FROM main.{table}")
        database.execute(f"INSERT INTO main.{table} SELECT * FROM older.{table}")

    edit(newer, change)
