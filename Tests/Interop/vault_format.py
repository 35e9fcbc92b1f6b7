"""The primitives of vault format 1, written from FORMAT.md alone: keys, slots, sealed columns, tags, hashes, trees.

Nothing here reads a file. The functions go both ways (seal and open, make and check), because the known answers and the
sample vault of the tests need the way back.
"""

from __future__ import annotations

import base64
import hashlib
import sqlite3
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path

import nacl.exceptions
from nacl import bindings

import proto_wire as wire
from vault_errors import (
    AnchorDamaged,
    ColumnMalformed,
    ColumnNotOpened,
    KeyFileUnusable,
    RecoveryCodeMalformed,
    SlotMalformed,
    WrongKey,
)

APPLICATION_ID = 1447842865
USER_VERSION = 2
MAX_COLUMN = 64 * 1024
MIB = 1024 * 1024
ZERO_ID = bytes(16)

_SCRIPTS = Path(__file__).resolve().parents[2] / "Migrations"
MIGRATIONS = (_SCRIPTS / "v001_vault.sql", _SCRIPTS / "v002_audit.sql")
"""In their order: the number of the last one is the format's."""


@dataclass(frozen=True)
class Table:
    """What the format fixes about one table: its number, padding and message, and which columns it has."""

    name: str
    number: int
    block: int | None = None
    message: wire.Schema | None = field(default=None, repr=False)
    has_tag: bool = False
    has_secret: bool = False
    sealed_as: int | None = None

    @property
    def key_number(self) -> int:
        """The n of the K_n that seals its rows."""
        return self.sealed_as or self.number


PROFILE = Table("profile", 1, 512, wire.PROFILE, has_tag=True, has_secret=True)
TOKEN = Table("token", 2, 1024, wire.TOKEN, has_tag=True, has_secret=True)
AUDIT = Table("audit", 3, 256, wire.AUDIT_EVENT)
STATE = Table("state", 4, 1024, wire.STATE, has_secret=True)
ROTATION = Table("rotation", 5, 512, wire.ROTATION, has_tag=True, has_secret=True)
SETTING = Table("setting", 6, 512, wire.SETTING, has_tag=True)
KEYSLOT = Table("keyslot", 7)
CHECKPOINT = Table("checkpoint", 8)
KEYRING = Table("keyring", 9, 512, wire.KEYRING, has_secret=True)
AUDIT_INDEX = Table("audit_index", 10, 512, wire.AUDIT_SEGMENT, sealed_as=3)

#: The tables whose rows the set hash covers.
LIVE_TABLES = (PROFILE, TOKEN, ROTATION, SETTING, KEYSLOT, CHECKPOINT, KEYRING)

#: The n of K_n for the two keys that seal nothing.
SET_KEY, NAME_KEY = 7, 8


# Notation


def u8(number: int) -> bytes:
    return struct.pack("<B", number)


def u32(number: int) -> bytes:
    return struct.pack("<I", number)


def u64(number: int) -> bytes:
    return struct.pack("<Q", number)


def prefixed(data: bytes) -> bytes:
    """L(x)."""
    return u32(len(data)) + data


def b2(key: bytes | None, message: bytes, size: int = 32) -> bytes:
    """B2(key, message, size); no key is None."""
    return bindings.crypto_generichash_blake2b_salt_personal(message, digest_size=size, key=key or b"")


def kdf(key: bytes, number: int, context: str) -> bytes:
    """``crypto_kdf_derive_from_key`` with 32 bytes of output."""
    personal = context.encode("ascii")
    if len(personal) != 8:
        raise ValueError("a context has 8 characters")
    return bindings.crypto_generichash_blake2b_salt_personal(
        b"", digest_size=32, key=key, salt=u64(number) + bytes(8), person=personal + bytes(8)
    )


def same(left: bytes, right: bytes) -> bool:
    """Equality in a time that does not depend on the content."""
    return len(left) == len(right) and bindings.sodium_memcmp(left, right)


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


# Keys


def keyring_key(root_key: bytes) -> bytes:
    return kdf(root_key, 1, "vltroot1")


def table_key(data_key: bytes, number: int) -> bytes:
    """K_n."""
    return kdf(data_key, number, "vltdata1")


# Key slots

PASSPHRASE, RECOVERY_CODE, KEY_FILE = 1, 2, 3
ARGON2ID, BLAKE2B = 1, 2
_DERIVATION_OF_KIND = {PASSPHRASE: ARGON2ID, RECOVERY_CODE: BLAKE2B, KEY_FILE: BLAKE2B}
_SLOT = struct.Struct("<8s16sIBB2sQQ16sQ24s48s32s")
_SLOT_MAGIC = b"VLTSLOT1"


@dataclass(frozen=True)
class KeySlot:
    """One wrapping of the root key, as in ``keyslot.blob``."""

    magic: bytes
    vault_id: bytes
    number: int
    kind: int
    derivation: int
    reserved: bytes
    passes: int
    memory: int
    salt: bytes
    created: int
    nonce: bytes
    box: bytes
    authenticator: bytes

    @classmethod
    def parse(cls, blob: bytes) -> KeySlot:
        """Splits ``blob``, whose fields lie in the order of the attributes; :meth:`check` judges them."""
        if len(blob) != _SLOT.size:
            raise SlotMalformed("keyslot", f"{len(blob)} bytes, not {_SLOT.size}")
        return cls(*_SLOT.unpack(blob))

    @classmethod
    def unsealed(
        cls, vault_id: bytes, number: int, kind: int, passes: int, memory: int, salt: bytes, created: int, nonce: bytes
    ) -> KeySlot:
        """A slot that :meth:`sealed` completes."""
        return cls(
            magic=_SLOT_MAGIC,
            vault_id=vault_id,
            number=number,
            kind=kind,
            derivation=_DERIVATION_OF_KIND[kind],
            reserved=bytes(2),
            passes=passes,
            memory=memory,
            salt=salt,
            created=created,
            nonce=nonce,
            box=bytes(48),
            authenticator=bytes(32),
        )

    def blob(self) -> bytes:
        return _SLOT.pack(*(getattr(self, attribute.name) for attribute in fields(self)))

    def check(self, vault_id: bytes, column: int, machine_memory: int) -> None:
        """Everything that has to hold before anything is derived from a passphrase.

        A slot comes from a file that someone else may have written: without these limits it could ask for any amount of
        memory and time, or for too little.
        """
        findings = {
            "not the magic of a slot": self.magic != _SLOT_MAGIC,
            "of another vault": self.vault_id != vault_id,
            f"calls itself {self.number}": self.number != column,
            "number not 1 to 32": not 1 <= self.number <= 32,
            f"kind {self.kind}, derivation {self.derivation}": _DERIVATION_OF_KIND.get(self.kind) != self.derivation,
            "reserved bytes not zero": self.reserved != bytes(2),
        }
        findings |= self._cost_findings(machine_memory)
        for finding, found in findings.items():
            if found:
                raise SlotMalformed(f"keyslot {column}", finding)

    def _cost_findings(self, machine_memory: int) -> dict[str, bool]:
        if self.derivation != ARGON2ID:
            return {"passes or memory for a derivation without them": (self.passes, self.memory) != (0, 0)}
        return {
            f"{self.passes} passes, fewer than 2": self.passes < 2,
            f"{self.memory} bytes, no multiple of 1,024": self.memory % 1024 != 0,
            f"{self.memory} bytes, not 64 MiB to 1 GiB": not 64 * MIB <= self.memory <= 1024 * MIB,
            "passes × MiB above 4,096": self.passes * self.memory > 4096 * MIB,
            "more than half of this machine's memory": self.memory > machine_memory // 2,
        }

    def keys(self, secret: bytes) -> tuple[bytes, bytes]:
        """Kenc and Kmac from a passphrase, a key file's secret, or a recovery code's bytes."""
        both = (
            bindings.crypto_pwhash_alg(
                64, secret, self.salt, self.passes, self.memory, bindings.crypto_pwhash_ALG_ARGON2ID13
            )
            if self.derivation == ARGON2ID
            else b2(self.salt, b"vault.slot.v1" + secret, 64)
        )
        return both[:32], both[32:]

    def open(self, secret: bytes) -> bytes:
        """The root key. One error for a wrong secret and a damaged slot."""
        encryption, authentication = self.keys(secret)
        if same(b2(authentication, self.blob()[:144]), self.authenticator):
            try:
                return bindings.crypto_secretbox_open(self.box, self.nonce, encryption)
            except nacl.exceptions.CryptoError:
                pass
        raise WrongKey(f"keyslot {self.number}", "wrong key, or damaged")

    def sealed(self, root_key: bytes, secret: bytes) -> KeySlot:
        """The same slot with the box and the authenticator filled in."""
        encryption, authentication = self.keys(secret)
        boxed = replace(self, box=bindings.crypto_secretbox(root_key, self.nonce, encryption))
        return replace(boxed, authenticator=b2(authentication, boxed.blob()[:144]))


def key_file_secret(content: bytes) -> bytes:
    """The content of a key file without one newline at its end, 20 to 4,096 bytes."""
    secret = content
    for ending in (b"\r\n", b"\n"):
        if secret.endswith(ending):
            secret = secret[: -len(ending)]
            break
    if not 20 <= len(secret) <= 4096:
        raise KeyFileUnusable("key file", f"{len(secret)} bytes, not 20 to 4,096")
    return secret


_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def recovery_code(secret: bytes) -> str:
    """The 36 characters, in nine groups, that stand for 20 bytes."""
    if len(secret) != 20:
        raise ValueError("a recovery code stands for 20 bytes")
    number = int.from_bytes(secret, "big") << 20 | _recovery_checksum(secret)
    text = "".join(_CROCKFORD[number >> shift & 31] for shift in range(175, -1, -5))
    return "-".join(text[start : start + 4] for start in range(0, 36, 4))


def recovery_secret(text: str) -> bytes:
    """The 20 bytes that a recovery code stands for."""
    plain = text.upper().replace("-", "").replace(" ", "").translate(str.maketrans("ILO", "110"))
    if len(plain) != 36 or any(character not in _CROCKFORD for character in plain):
        raise RecoveryCodeMalformed("recovery code", "not 36 characters of Crockford's base32")
    number = 0
    for character in plain:
        number = number << 5 | _CROCKFORD.index(character)
    secret = (number >> 20).to_bytes(20, "big")
    if number & 0xFFFFF != _recovery_checksum(secret):
        raise RecoveryCodeMalformed("recovery code", "the last four characters do not fit the rest: mistyped")
    return secret


def _recovery_checksum(secret: bytes) -> int:
    return int.from_bytes(b2(None, b"vault.recovery.v1" + secret)[:3], "big") >> 4


# Sealed columns

_HEADER = struct.Struct("<BB2sIQ")
_SECRET_FLAG = 0x80


@dataclass(frozen=True)
class Header:
    """The first 16 bytes of a sealed column."""

    table: int
    is_secret: bool
    epoch: int
    version: int

    def encoded(self) -> bytes:
        return _HEADER.pack(1, self.table | (_SECRET_FLAG if self.is_secret else 0), bytes(2), self.epoch, self.version)

    @classmethod
    def parse(cls, column: bytes, where: str) -> Header:
        if len(column) < 40 + 16:
            raise ColumnMalformed(where, f"{len(column)} bytes, too short for a sealed column")
        form, table, zero, epoch, version = _HEADER.unpack_from(column)
        if form != 1 or zero != bytes(2):
            raise ColumnMalformed(where, "not a header of format 1")
        return cls(table & ~_SECRET_FLAG, bool(table & _SECRET_FLAG), epoch, version)


def audit_row_id(seq: int) -> bytes:
    return b"audit\0\0\0" + u64(seq)


def audit_index_row_id(segment: int) -> bytes:
    return b"index\0\0\0" + u64(segment)


def record_key(key: bytes, vault_id: bytes, header: bytes, row_id: bytes) -> bytes:
    """The key of one column; ``key`` is the table's K_n, or the keyring key."""
    return b2(key, b"vault.rec.v1" + vault_id + header + row_id)


def seal_column(
    key: bytes, vault_id: bytes, header: Header, row_id: bytes, nonce: bytes, plaintext: bytes, block: int
) -> bytes:
    """A column as stored."""
    head = header.encoded()
    box = bindings.crypto_secretbox(
        bindings.sodium_pad(plaintext, block), nonce, record_key(key, vault_id, head, row_id)
    )
    return head + nonce + box


def open_column(key: bytes, vault_id: bytes, row_id: bytes, column: bytes, block: int, where: str) -> bytes:
    """The plaintext of a column whose header has been judged."""
    padded_size = len(column) - 40 - 16
    if padded_size <= 0 or padded_size % block:
        raise ColumnMalformed(where, f"{padded_size} bytes of plaintext, no multiple of {block}")
    try:
        padded = bindings.crypto_secretbox_open(
            column[40:], column[16:40], record_key(key, vault_id, column[:16], row_id)
        )
    except nacl.exceptions.CryptoError as error:
        raise ColumnNotOpened(where, "does not open: changed, moved or relabelled") from error
    return _unpad(padded, block, where)


def _unpad(padded: bytes, block: int, where: str) -> bytes:
    plaintext = padded.rstrip(b"\0")
    if not plaintext.endswith(b"\x80") or len(padded) - len(plaintext) >= block:
        raise ColumnMalformed(where, "the padding is not that of ISO/IEC 7816-4")
    return plaintext[:-1]


# Tags


def profile_tag(name_key: bytes, name: str) -> bytes:
    return b2(name_key, b"profile\0" + name.encode())


def rotation_tag(name_key: bytes, profile_id: bytes) -> bytes:
    return b2(name_key, b"rotation\0" + profile_id)


def setting_tag(name_key: bytes, key: str) -> bytes:
    return b2(name_key, b"setting\0" + key.encode())


def token_tag(name_key: bytes, profile_id: bytes, words: Sequence[str]) -> bytes:
    """``words``: provider, authority, tenant, client id, credential kind, host, scope."""
    if len(words) != 7:
        raise ValueError("a token's tag is made of seven words")
    digest = sha256(b"".join(prefixed(word.encode()) for word in words))
    return b2(name_key, b"token\0" + profile_id + digest)


# The set hash


@dataclass(frozen=True)
class LiveRow:
    """A row as stored, as far as the set hash is concerned; absent columns are empty."""

    table: Table
    row_id: bytes
    tag: bytes = b""
    meta: bytes = b""
    secret: bytes = b""


def set_element(set_key: bytes, row: LiveRow) -> bytes:
    columns = (row.row_id, row.tag, row.meta, row.secret)
    return b2(set_key, u8(row.table.number) + b"".join(prefixed(column) for column in columns))


def set_hash(set_key: bytes, rows: Iterable[LiveRow]) -> bytes:
    """S."""
    total = 0
    for row in rows:
        total ^= int.from_bytes(set_element(set_key, row), "big")
    return total.to_bytes(32, "big")


# The schema

SchemaRow = tuple[str, str, str, str | None]


def schema_rows(database: sqlite3.Connection) -> list[SchemaRow]:
    """``sqlite_schema`` in the order of the schema hash."""
    rows = database.execute("SELECT type, name, tbl_name, sql FROM sqlite_schema").fetchall()
    return sorted(rows, key=lambda row: (row[0].encode(), row[1].encode()))


def schema_hash(rows: Iterable[SchemaRow]) -> bytes:
    return sha256(b"".join((part or "").encode() + b"\0" for row in rows for part in row))


def migrate(database: sqlite3.Connection, version: int = USER_VERSION) -> None:
    """Makes the schema of a format in an empty database."""
    for migration in MIGRATIONS[:version]:
        database.executescript(migration.read_text(encoding="utf-8"))


def migration_schema(version: int = USER_VERSION) -> list[SchemaRow]:
    """The rows of ``sqlite_schema`` that the migrations make."""
    database = sqlite3.connect(":memory:")
    try:
        migrate(database, version)
        return schema_rows(database)
    finally:
        database.close()


# Audit


def audit_seal(key: bytes, seq: int, meta: bytes) -> bytes:
    return b2(key, b"vault.seal" + u64(seq) + meta, 16)


def next_audit_key(key: bytes) -> bytes:
    return b2(key, b"vault.seal.next")


def audit_leaf(seq: int, meta: bytes, seal: bytes) -> bytes:
    return sha256(b"\0" + u64(seq) + meta + seal)


def tree_node(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right)


def tree_root(leaves: Sequence[bytes]) -> bytes:
    """The root as RFC 6962, section 2.1 defines it; slow and plain on purpose, the frontier is checked against it."""
    if not leaves:
        return sha256(b"")
    if len(leaves) == 1:
        return leaves[0]
    split = 1 << (len(leaves) - 1).bit_length() - 1
    return tree_node(tree_root(leaves[:split]), tree_root(leaves[split:]))


def extended_frontier(frontier: Sequence[bytes], size: int, leaves: Iterable[bytes]) -> list[bytes]:
    """The frontier of ``size`` entries after ``leaves`` were added to it."""
    stack = list(frontier)
    for leaf in leaves:
        node = leaf
        filled = size
        while filled & 1:
            node = tree_node(stack.pop(), node)
            filled >>= 1
        stack.append(node)
        size += 1
    return stack


def folded(frontier: Sequence[bytes]) -> bytes:
    """The root that a frontier stands for."""
    if not frontier:
        return sha256(b"")
    root = frontier[-1]
    for left in reversed(frontier[:-1]):
        root = tree_node(left, root)
    return root


# Anchor

_ANCHOR_HEAD = struct.Struct("<8s16sQQII")
_ANCHOR_MAGIC = b"VLTANCH1"


@dataclass(frozen=True)
class Anchor:
    """What a machine last saw of a vault."""

    vault_id: bytes
    transactions: int
    audit_size: int
    frontier: tuple[bytes, ...]

    def encoded(self, anchor_key: bytes) -> bytes:
        head = _ANCHOR_HEAD.pack(
            _ANCHOR_MAGIC, self.vault_id, self.transactions, self.audit_size, len(self.frontier), 0
        )
        body = head + b"".join(self.frontier)
        return body + _anchor_authenticator(anchor_key, body)

    @classmethod
    def parse(cls, content: bytes, anchor_key: bytes, vault_id: bytes, where: str) -> Anchor:
        if len(content) < _ANCHOR_HEAD.size + 32:
            raise AnchorDamaged(where, f"{len(content)} bytes, too short")
        magic, of_vault, transactions, audit_size, count, zero = _ANCHOR_HEAD.unpack_from(content)
        body = content[:-32]
        findings = {
            "not the magic of an anchor": magic != _ANCHOR_MAGIC,
            "of another vault": of_vault != vault_id,
            "reserved bytes not zero": zero != 0,
            f"{len(content)} bytes for {count} hashes": len(content) != _ANCHOR_HEAD.size + 32 * count + 32,
            f"{count} hashes for {audit_size} entries": count != audit_size.bit_count(),
            "not authentic": not same(_anchor_authenticator(anchor_key, body), content[-32:]),
        }
        for finding, found in findings.items():
            if found:
                raise AnchorDamaged(where, finding)
        hashes = (body[start : start + 32] for start in range(_ANCHOR_HEAD.size, len(body), 32))
        return cls(of_vault, transactions, audit_size, tuple(hashes))


def _anchor_authenticator(anchor_key: bytes, body: bytes) -> bytes:
    return b2(anchor_key, b"vault.anchor.v1" + body)


# Checkpoints


def verifier_key(vault_id: bytes, seed: bytes) -> str:
    """The C2SP verifier key of a vault, from the signing seed in its keyring."""
    public, _ = bindings.crypto_sign_seed_keypair(seed)
    key = b"\x01" + public
    return f"{_origin(vault_id)}+{_key_id(vault_id, public).hex()}+{base64.b64encode(key).decode()}"


def checkpoint_note(vault_id: bytes, seed: bytes, size: int, root: bytes) -> str:
    """The signed note of a checkpoint."""
    text = f"{_origin(vault_id)}\n{size}\n{base64.b64encode(root).decode()}\n"
    public, secret = bindings.crypto_sign_seed_keypair(seed)
    signature = bindings.crypto_sign(text.encode(), secret)[:64]
    signed = base64.b64encode(_key_id(vault_id, public) + signature).decode()
    return f"{text}\n\u2014 {_origin(vault_id)} {signed}\n"


def _origin(vault_id: bytes) -> str:
    return f"vaultctl/{vault_id.hex()}"


def _key_id(vault_id: bytes, public: bytes) -> bytes:
    return sha256(_origin(vault_id).encode() + b"\n\x01" + public)[:4]
