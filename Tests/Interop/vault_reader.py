"""A second, independent reader of vault format 1, written from FORMAT.md alone.

It opens a vault read-only, by passphrase, key file or recovery code, takes all rows in one transaction, and then
answers from memory. Nothing is trusted because it opened: :meth:`Vault.verify` makes every check that the page asks of
a reader.
"""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import quote

import proto_wire as wire
import vault_format as fmt
from vault_errors import (
    AnchorDamaged,
    AuditNumbersMismatch,
    ColumnMalformed,
    ColumnTooLarge,
    EpochUnknown,
    Forked,
    IndexMismatch,
    MessageMalformed,
    NewerFormat,
    NotAVault,
    NotReadableNow,
    RolledBack,
    RowCountMismatch,
    SchemaMismatch,
    SealMismatch,
    SetMismatch,
    SlotMalformed,
    TagMismatch,
    TileMismatch,
    TokenHashMismatch,
    TreeMismatch,
    UnsafeFile,
    VaultError,
    VersionMismatch,
    WrongKey,
)

# Rows as stored


@dataclass(frozen=True)
class AuditRow:
    """One row of ``audit``, as stored."""

    seq: int
    meta: bytes
    seal: bytes

    @property
    def leaf(self) -> bytes:
        return fmt.audit_leaf(self.seq, self.meta, self.seal)


@dataclass(frozen=True)
class Snapshot:
    """Everything in a vault file, as stored, of one moment."""

    vault_id: bytes
    schema: list[fmt.SchemaRow]
    state: fmt.LiveRow
    live: tuple[fmt.LiveRow, ...]
    audit: tuple[AuditRow, ...]
    tiles: dict[tuple[int, int], bytes]
    index: dict[int, bytes]

    def of(self, table: fmt.Table) -> list[fmt.LiveRow]:
        return [row for row in self.live if row.table is table]


def take_snapshot(path: Path, *, check_permissions: bool = True) -> Snapshot:
    """All rows of the vault at ``path``, of one read transaction, after the checks that need no key."""
    if check_permissions:
        _check_permissions(path)
    _check_journal(path)
    with _transaction(path) as database:
        _check_header(database, path)
        schema = fmt.schema_rows(database)
        if schema != fmt.migration_schema():
            raise SchemaMismatch(str(path), "sqlite_schema is not that of the migrations")
        _check_sizes(database)
        return _read(database, schema)


def _check_permissions(path: Path) -> None:
    for place, allowed in ((path, 0o600), (path.parent, 0o700)):
        status = os.stat(place)
        if status.st_uid != os.geteuid():
            raise UnsafeFile(str(place), f"belongs to user {status.st_uid}")
        if stat.S_IMODE(status.st_mode) != allowed:
            raise UnsafeFile(str(place), f"mode {stat.S_IMODE(status.st_mode):04o}, not {allowed:04o}")


def _check_journal(path: Path) -> None:
    """Refuses a write-ahead log, which SQLite would take rows from (and would write beside the file to read)."""
    if Path(f"{path}-wal").exists():
        raise UnsafeFile(f"{path}-wal", "a write-ahead log lies beside the vault")
    with open(path, "rb") as file:
        head = file.read(20)
    if head[:16] != b"SQLite format 3\0" or len(head) < 20:
        raise NotAVault(str(path), "no SQLite database")
    if head[18:20] != b"\x01\x01":
        raise UnsafeFile(str(path), "the journal mode is not DELETE")


@contextmanager
def _transaction(path: Path) -> Iterator[sqlite3.Connection]:
    """A read transaction on a connection that cannot write; damage of the file becomes :class:`NotAVault`."""
    try:
        database = sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True, isolation_level=None)
    except sqlite3.Error as error:
        raise NotAVault(str(path), str(error)) from error
    try:
        database.execute("PRAGMA trusted_schema = OFF")
        database.execute("PRAGMA cell_size_check = ON")
        database.execute("BEGIN")
        yield database
        database.execute("ROLLBACK")
    except sqlite3.Error as error:
        raise _named(error, path) from error
    finally:
        database.close()


def _named(error: sqlite3.Error, path: Path) -> VaultError:
    """Tells a file that cannot be read now, which says nothing about it, from one that is damaged."""
    name = getattr(error, "sqlite_errorname", "")
    passing = name.startswith(("SQLITE_BUSY", "SQLITE_READONLY"))
    return NotReadableNow(str(path), str(error)) if passing else NotAVault(str(path), str(error))


def _check_header(database: sqlite3.Connection, path: Path) -> None:
    application = database.execute("PRAGMA application_id").fetchone()[0]
    version = database.execute("PRAGMA user_version").fetchone()[0]
    if application != fmt.APPLICATION_ID:
        raise NotAVault(str(path), f"application id {application}")
    if version > fmt.USER_VERSION:
        raise NewerFormat(str(path), f"format {version}")
    if version != fmt.USER_VERSION:
        raise NotAVault(str(path), f"format {version}")


def _check_sizes(database: sqlite3.Connection) -> None:
    for table in (*fmt.LIVE_TABLES, fmt.STATE, fmt.AUDIT, fmt.AUDIT_INDEX):
        if table.block is None:
            continue
        for column in ("meta", "secret") if table.has_secret else ("meta",):
            query = f"SELECT count(*) FROM {table.name} WHERE length({column}) > ?"
            if database.execute(query, (fmt.MAX_COLUMN,)).fetchone()[0]:
                raise ColumnTooLarge(f"{table.name}.{column}", f"longer than {fmt.MAX_COLUMN} bytes")


def _read(database: sqlite3.Connection, schema: list[fmt.SchemaRow]) -> Snapshot:
    vault_id = _only(database, "SELECT vault_id FROM vault", "vault")[0]
    if len(vault_id) != 16:
        raise ColumnMalformed("vault.vault_id", f"{len(vault_id)} bytes, not 16")
    state = fmt.LiveRow(fmt.STATE, fmt.ZERO_ID, b"", *_only(database, "SELECT meta, secret FROM state", "state"))
    keyring = fmt.LiveRow(
        fmt.KEYRING, fmt.ZERO_ID, b"", *_only(database, "SELECT meta, secret FROM keyring", "keyring")
    )
    live = [keyring]
    for slot, blob in database.execute("SELECT slot, blob FROM keyslot ORDER BY slot"):
        live.append(fmt.LiveRow(fmt.KEYSLOT, fmt.u32(slot), meta=_bytes(blob, f"keyslot {slot}")))
    for size, note in database.execute("SELECT size, note FROM checkpoint ORDER BY size"):
        live.append(fmt.LiveRow(fmt.CHECKPOINT, fmt.u64(size), meta=note.encode()))
    for table in (fmt.PROFILE, fmt.TOKEN, fmt.ROTATION, fmt.SETTING):
        secret = "secret" if table.has_secret else "x''"
        for columns in database.execute(f"SELECT id, tag, meta, {secret} FROM {table.name} ORDER BY id"):
            live.append(fmt.LiveRow(table, *(_bytes(column, table.name) for column in columns)))
    audit = [
        AuditRow(seq, _bytes(meta, f"audit {seq}"), _bytes(seal, f"audit {seq}"))
        for seq, meta, seal in database.execute("SELECT seq, meta, seal FROM audit ORDER BY seq")
    ]
    tiles = {
        (level, n): _bytes(hashes, f"tile {level}/{n}")
        for level, n, hashes in database.execute("SELECT level, n, hashes FROM tile")
    }
    index = {
        segment: _bytes(meta, f"audit_index {segment}")
        for segment, meta in database.execute("SELECT segment, meta FROM audit_index")
    }
    return Snapshot(vault_id, schema, state, tuple(live), tuple(audit), tiles, index)


def _only(database: sqlite3.Connection, query: str, where: str) -> tuple[bytes, ...]:
    rows = database.execute(query).fetchall()
    if len(rows) != 1:
        raise RowCountMismatch(where, f"{len(rows)} rows, not 1")
    return tuple(_bytes(column, where) for column in rows[0])


def _bytes(value: Any, where: str) -> bytes:
    """``value``, if it is a blob: a file made elsewhere may hold anything in any column."""
    if not isinstance(value, bytes):
        raise ColumnMalformed(where, f"a {type(value).__name__} where a blob has to be")
    return value


# Keys


@dataclass(frozen=True)
class Unlocker:
    """A secret together with the kind of slot that it fits."""

    kind: int
    secret: bytes = field(repr=False)

    @classmethod
    def passphrase(cls, passphrase: bytes) -> Unlocker:
        return cls(fmt.PASSPHRASE, passphrase)

    @classmethod
    def key_file(cls, path: Path) -> Unlocker:
        return cls(fmt.KEY_FILE, fmt.key_file_secret(path.read_bytes()))

    @classmethod
    def recovery_code(cls, text: str) -> Unlocker:
        return cls(fmt.RECOVERY_CODE, fmt.recovery_secret(text))


def find_root_key(snapshot: Snapshot, unlocker: Unlocker, machine_memory: int | None = None) -> bytes:
    """The root key, from the first slot of the fitting kind that opens.

    A slot that fails its checks is passed over, as one with a wrong authenticator is: one error stands for all.
    """
    memory = machine_memory if machine_memory is not None else _machine_memory()
    slots = {int.from_bytes(row.row_id, "little"): fmt.KeySlot.parse(row.meta) for row in snapshot.of(fmt.KEYSLOT)}
    if sum(slot.derivation == fmt.ARGON2ID for slot in slots.values()) > 4:
        raise SlotMalformed("keyslot", "more than 4 Argon2id slots")
    for column, slot in sorted(slots.items()):
        if slot.kind != unlocker.kind:
            continue
        try:
            slot.check(snapshot.vault_id, column, memory)
            return slot.open(unlocker.secret)
        except (SlotMalformed, WrongKey):
            continue
    raise WrongKey("keyslot", "no slot opens: wrong key, or damaged")


def _machine_memory() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


@dataclass(frozen=True)
class Keyring:
    """The keys behind the keyring key."""

    data_keys: dict[int, bytes] = field(repr=False)
    signing_seed: bytes = field(repr=False)
    anchor_key: bytes = field(repr=False)
    token_hash_key: bytes = field(repr=False)

    @property
    def newest_epoch(self) -> int:
        return max(self.data_keys)


# The vault


@dataclass(frozen=True)
class Entry:
    """A row, opened."""

    table: fmt.Table
    row_id: bytes
    tag: bytes
    epoch: int
    version: int
    meta: wire.Message
    secret: bytes = field(repr=False)
    plaintext: bytes = field(repr=False)

    @property
    def where(self) -> str:
        return f"{self.table.name} {self.row_id.hex()}"


class Vault:
    """An unlocked vault: a snapshot of the file and the keys to read it."""

    def __init__(self, snapshot: Snapshot, root_key: bytes) -> None:
        self.snapshot = snapshot
        self.keyring = self._open_keyring(fmt.keyring_key(root_key))

    @classmethod
    def open(cls, path: Path, unlocker: Unlocker, *, check_permissions: bool = True) -> Vault:
        """Reads the file at ``path`` and unlocks it; :meth:`verify` is the caller's to call."""
        snapshot = take_snapshot(path, check_permissions=check_permissions)
        return cls(snapshot, find_root_key(snapshot, unlocker))

    @property
    def vault_id(self) -> bytes:
        return self.snapshot.vault_id

    @cached_property
    def state(self) -> Entry:
        return self._open(self.snapshot.state)

    def profiles(self) -> list[Entry]:
        return self._opened(fmt.PROFILE)

    def tokens(self) -> list[Entry]:
        return self._opened(fmt.TOKEN)

    def rotations(self) -> list[Entry]:
        """``secret`` is the old secret followed by the new one; :func:`rotation_secrets` splits it."""
        return self._opened(fmt.ROTATION)

    def settings(self) -> list[Entry]:
        return self._opened(fmt.SETTING)

    def audit_events(self) -> list[wire.Message]:
        """The audit entries in order, opened."""
        return [self._open_audit(row) for row in self.snapshot.audit]

    def verifier_key(self) -> str:
        return fmt.verifier_key(self.vault_id, self.keyring.signing_seed)

    # Checks

    def verify(self) -> None:
        """Every check that needs nothing but the file and its key. Rows come first, so that an error can name one."""
        for table in (fmt.PROFILE, fmt.TOKEN, fmt.ROTATION, fmt.SETTING):
            self._opened(table)
        self.audit_events()
        self.check_tags()
        self.check_token_hashes()
        self.check_rotation_lengths()
        self.check_state()
        self.check_tree()
        self.check_tiles()
        self.check_index()

    def check_state(self) -> None:
        """Whether the rows are those that the state row was written for."""
        meta = self.state.meta
        if self.state.version != meta["transactions"]:
            raise VersionMismatch("state", f"version {self.state.version} at {meta['transactions']} transactions")
        if not fmt.same(fmt.schema_hash(self.snapshot.schema), meta["schema_hash"]):
            raise SchemaMismatch("state", "written for another schema")
        self._check_counts()
        numbers = [row.seq for row in self.snapshot.audit]
        if numbers != list(range(meta["audit_size"])):
            raise AuditNumbersMismatch("audit", f"{len(numbers)} entries, not 0 to {meta['audit_size']} without gaps")
        key = self._table_key(fmt.SET_KEY, self.state.epoch, "state")
        if not fmt.same(fmt.set_hash(key, self.snapshot.live), meta["set_hash"]):
            raise SetMismatch("state", "the rows are not those of this state")

    def _check_counts(self) -> None:
        counts = self.state.meta["rows"] or wire.decode(wire.ROWS, b"")
        for table in fmt.LIVE_TABLES:
            found = len(self.snapshot.of(table))
            expected = 1 if table is fmt.KEYRING else counts[table.name]
            if found != expected:
                raise RowCountMismatch(table.name, f"{found} rows, not {expected}")

    def check_tags(self) -> None:
        """Whether each row's tag is that of its content."""
        key = self._table_key(fmt.NAME_KEY, self.keyring.newest_epoch, "keyring")
        profiles = {entry.row_id: entry for entry in self.profiles()}
        for entry in profiles.values():
            _expect_tag(entry, fmt.profile_tag(key, entry.meta["name"]))
        for entry in self.rotations():
            _expect_tag(entry, fmt.rotation_tag(key, entry.meta["profile_id"]))
        for entry in self.settings():
            _expect_tag(entry, fmt.setting_tag(key, entry.meta["key"]))
        for entry in self.tokens():
            profile = profiles.get(entry.meta["profile_id"])
            if profile is None:
                raise TagMismatch(entry.where, "of a profile that is not there")
            _expect_tag(entry, fmt.token_tag(key, profile.row_id, token_words(profile.meta, entry.meta)))

    def check_token_hashes(self) -> None:
        for entry in self.tokens():
            if not fmt.same(fmt.b2(self.keyring.token_hash_key, entry.secret), entry.meta["token_hash"]):
                raise TokenHashMismatch(entry.where, "the hash is not that of the token")

    def check_rotation_lengths(self) -> None:
        for entry in self.rotations():
            rotation_secrets(entry)

    def check_tree(self) -> bytes:
        """Whether the entries give the state's frontier; the root of the tree."""
        leaves = [row.leaf for row in self.snapshot.audit]
        frontier = fmt.extended_frontier([], 0, leaves)
        if frontier != self.state.meta["frontier"] or len(leaves) != self.state.meta["audit_size"]:
            raise TreeMismatch("audit", "the entries do not give the frontier of the state")
        root = fmt.folded(frontier)
        assert root == fmt.tree_root(leaves), "the frontier and RFC 6962 disagree: a defect of this reader"
        return root

    def check_tiles(self) -> None:
        """Whether there is each complete tile, and nothing else."""
        hashes = [row.leaf for row in self.snapshot.audit]
        tiles = {}
        for level in range(8):
            complete = [hashes[start : start + 256] for start in range(0, len(hashes) - 255, 256)]
            tiles |= {(level, n): b"".join(tile) for n, tile in enumerate(complete)}
            hashes = [fmt.tree_root(tile) for tile in complete]
        for place in tiles.keys() | self.snapshot.tiles.keys():
            if tiles.get(place) != self.snapshot.tiles.get(place):
                raise TileMismatch(f"tile {place[0]}/{place[1]}", "not that of the entries")

    def check_index(self) -> None:
        """Whether there is a segment for each 1,024 entries, and tells what they tell."""
        events = self.audit_events()
        if self.snapshot.index.keys() != set(range(len(events) // 1024)):
            raise IndexMismatch("audit_index", f"segments {sorted(self.snapshot.index)} of {len(events)} entries")
        for segment, meta in self.snapshot.index.items():
            where = f"audit_index {segment}"
            header, plaintext = self._open_sealed(
                fmt.AUDIT_INDEX, fmt.audit_index_row_id(segment), meta, False, where
            )
            if header.version != 0:
                raise ColumnMalformed(where, f"version {header.version} in the index")
            told = _message(fmt.AUDIT_INDEX, plaintext, where)
            if told != _segment(events[1024 * segment : 1024 * (segment + 1)]):
                raise IndexMismatch(where, "not what its entries tell")

    def check_seals(self, first_key: bytes) -> None:
        """Whether each seal follows from ``k_0``, and the chain of keys ends in the one that the vault keeps."""
        key = first_key
        for row in self.snapshot.audit:
            if not fmt.same(fmt.audit_seal(key, row.seq, row.meta), row.seal):
                raise SealMismatch(f"audit {row.seq}", "the seal is not that of its key")
            key = fmt.next_audit_key(key)
        if not fmt.same(key, self.state.secret):
            raise SealMismatch("state", "the chain of keys does not end in the key of the vault")

    def check_anchor(self, path: Path) -> fmt.Anchor:
        """Compares the vault with what this machine last saw of it; ``path`` is the anchor file."""
        anchor = fmt.Anchor.parse(path.read_bytes(), self.keyring.anchor_key, self.vault_id, str(path))
        meta = self.state.meta
        if anchor.transactions > meta["transactions"] or anchor.audit_size > meta["audit_size"]:
            raise RolledBack(
                str(path),
                f"saw transaction {anchor.transactions} and {anchor.audit_size} entries,"
                f" the file is at {meta['transactions']} and {meta['audit_size']}",
            )
        if anchor.transactions == meta["transactions"] and list(anchor.frontier) != meta["frontier"]:
            raise Forked(str(path), f"another history at transaction {anchor.transactions}")
        later = [row.leaf for row in self.snapshot.audit if row.seq >= anchor.audit_size]
        if fmt.extended_frontier(anchor.frontier, anchor.audit_size, later) != meta["frontier"]:
            raise Forked(str(path), f"another history since entry {anchor.audit_size}")
        return anchor

    # Opening

    def _opened(self, table: fmt.Table) -> list[Entry]:
        return [self._open(row) for row in self.snapshot.of(table)]

    def _open(self, row: fmt.LiveRow) -> Entry:
        where = f"{row.table.name} {row.row_id.hex()}"
        header, plaintext = self._open_sealed(row.table, row.row_id, row.meta, False, where)
        secret = b""
        if row.table.has_secret:
            other, secret = self._open_sealed(row.table, row.row_id, row.secret, True, where)
            if other.version != header.version:
                raise ColumnMalformed(where, f"version {header.version} in meta, {other.version} in secret")
        if header.version < 1:
            raise ColumnMalformed(where, "version 0")
        meta = _message(row.table, plaintext, where)
        return Entry(row.table, row.row_id, row.tag, header.epoch, header.version, meta, secret, plaintext)

    def _open_audit(self, row: AuditRow) -> wire.Message:
        where = f"audit {row.seq}"
        header, plaintext = self._open_sealed(fmt.AUDIT, fmt.audit_row_id(row.seq), row.meta, False, where)
        if header.version != 0:
            raise ColumnMalformed(where, f"version {header.version} in an audit entry")
        return _message(fmt.AUDIT, plaintext, where)

    def _open_sealed(
        self, table: fmt.Table, row_id: bytes, column: bytes, is_secret: bool, where: str
    ) -> tuple[fmt.Header, bytes]:
        place = f"{where}.{'secret' if is_secret else 'meta'}"
        header = _header(table, column, is_secret, place)
        if table is not fmt.AUDIT and header.epoch != self.keyring.newest_epoch:
            raise EpochUnknown(place, f"epoch {header.epoch}, not the newest")
        key = self._table_key(table.key_number, header.epoch, place)
        assert table.block is not None
        return header, fmt.open_column(key, self.vault_id, row_id, column, table.block, place)

    def _table_key(self, number: int, epoch: int, where: str) -> bytes:
        data_key = self.keyring.data_keys.get(epoch)
        if data_key is None:
            raise EpochUnknown(where, f"epoch {epoch}")
        return fmt.table_key(data_key, number)

    def _open_keyring(self, key: bytes) -> Keyring:
        row = self.snapshot.of(fmt.KEYRING)[0]
        plaintexts = []
        versions = set()
        for column, is_secret in ((row.meta, False), (row.secret, True)):
            place = f"keyring.{'secret' if is_secret else 'meta'}"
            header = _header(fmt.KEYRING, column, is_secret, place)
            if header.epoch != 0:
                raise ColumnMalformed(place, f"epoch {header.epoch}, not 0")
            versions.add(header.version)
            plaintexts.append(fmt.open_column(key, self.vault_id, row.row_id, column, 512, place))
        if len(versions) != 1 or 0 in versions:
            raise ColumnMalformed("keyring", f"versions {sorted(versions)}")
        return _keyring(_message(fmt.KEYRING, plaintexts[0], "keyring.meta")["epochs"], plaintexts[1])


def _keyring(epochs: list[int], secret: bytes) -> Keyring:
    if not epochs or epochs != sorted(set(epochs)):
        raise MessageMalformed("keyring.meta", f"epochs {epochs} do not ascend")
    if len(secret) != 32 * (len(epochs) + 3):
        raise ColumnMalformed("keyring.secret", f"{len(secret)} bytes for {len(epochs)} epochs")
    keys = [secret[start : start + 32] for start in range(0, len(secret), 32)]
    return Keyring(dict(zip(epochs, keys)), *keys[len(epochs) :])


def _header(table: fmt.Table, column: bytes, is_secret: bool, where: str) -> fmt.Header:
    header = fmt.Header.parse(column, where)
    if (header.table, header.is_secret) != (table.number, is_secret):
        raise ColumnMalformed(where, f"labelled as a column of table {header.table}")
    return header


def _message(table: fmt.Table, plaintext: bytes, where: str) -> wire.Message:
    if table.message is None:
        return {}
    try:
        return wire.decode(table.message, plaintext)
    except wire.WireError as error:
        raise MessageMalformed(where, str(error)) from error


def _expect_tag(entry: Entry, tag: bytes) -> None:
    if not fmt.same(entry.tag, tag):
        raise TagMismatch(entry.where, "the tag is not that of the content")


def token_words(profile: wire.Message, token: wire.Message) -> tuple[str, ...]:
    """What a token is looked up by, in the order of the page."""
    return (
        profile["provider"],
        token_authority(profile),
        token["tenant"],
        profile["client_id"],
        profile["credential_kind"],
        "",
        token["scope"],
    )


def token_authority(profile: wire.Message) -> str:
    """Where the page says that tokens of a profile are asked for."""
    if profile["provider"] == "entra":
        return profile["authority"]
    if account := profile["account"]:
        return f"{account['host']}/oidc/accounts/{account['id']}"
    return f"{profile['workspace']}/oidc"


def rotation_secrets(entry: Entry) -> tuple[bytes, bytes]:
    """The old and the new secret of a rotation."""
    old, new = entry.meta["old_length"], entry.meta["new_length"]
    if old + new != len(entry.secret):
        raise ColumnMalformed(f"{entry.where}.secret", f"{len(entry.secret)} bytes, not {old} + {new}")
    return entry.secret[:old], entry.secret[old:]


def anchor_path(vault_id: bytes, environment: dict[str, str] | None = None) -> Path:
    """Where the anchor of a vault lies."""
    variables = environment if environment is not None else dict(os.environ)
    home = variables.get("XDG_STATE_HOME") or str(Path(variables.get("HOME", "~")).expanduser() / ".local" / "state")
    return Path(home) / "vaultctl" / f"{vault_id.hex()}.anchor"


__all__ = ["AnchorDamaged", "Snapshot", "Unlocker", "Vault", "VaultError", "take_snapshot"]


def _segment(events: list[wire.Message]) -> wire.Message:
    """What the index has to tell of the entries of one segment."""
    offsets: dict[bytes, list[int]] = {}
    for offset, event in enumerate(events):
        if event["profile"]:
            offsets.setdefault(fmt.sha256(event["profile"].encode())[:8], []).append(offset)
    times = [event["time"] for event in events]
    return {
        "earliest": min(times),
        "latest": max(times),
        "name_hashes": b"".join(sorted(offsets)),
        "counts": b"".join(len(offsets[name]).to_bytes(2, "little") for name in sorted(offsets)),
        "offsets": b"".join(offset.to_bytes(2, "little") for name in sorted(offsets) for offset in offsets[name]),
    }
