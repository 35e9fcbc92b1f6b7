"""Verifies what vaultctl says of its record, without the vault and without its passphrase; from FORMAT.md alone.

    python verify_audit.py FILE --key VERIFIERKEY [--old CHECKPOINT]

FILE is an export, a disclosure, a proof of inclusion or of consistency. The key is that of ``vaultctl audit checkpoint
--key``, had from somebody who can be trusted; the one in the file is worth nothing by itself. For a proof of consistency
``--old`` names the older checkpoint. Ends with 0 when everything holds, and with 65 and the reason when it does not.
"""

from __future__ import annotations

import argparse
import base64
import binascii
import json
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import nacl.exceptions
from nacl import bindings

import proto_wire as wire
from vault_format import audit_leaf, extended_frontier, folded, sha256, tree_node

EXPORT, DISCLOSURE, INCLUSION = "vaultctl-audit-export", "vaultctl-audit-disclosure", "c2sp.org/tlog-proof@v1"
LONGEST_NOTE, LONGEST_LINE, BLOCK = 64 * 1024, 1024 * 1024, 256


class Refused(Exception):
    """What does not hold."""


def expect(holds: bool, otherwise: str) -> None:
    if not holds:
        raise Refused(otherwise)


def decoded(text: Any, what: str, length: int | None = None) -> bytes:
    """Base64 in its one spelling."""
    expect(isinstance(text, str), f"{what}: not base64")
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Refused(f"{what}: not base64") from error
    expect(base64.b64encode(data).decode() == text, f"{what}: base64 of another spelling")
    expect(length is None or len(data) == length, f"{what}: {len(data)} bytes")
    return data


def number(text: str, what: str) -> int:
    expect(re.fullmatch(r"0|[1-9][0-9]{0,19}", text, re.ASCII) is not None, f"{what}: not a number")
    return int(text)


# Notes


@dataclass(frozen=True)
class VerifierKey:
    name: str
    key_id: bytes
    public: bytes

    @classmethod
    def parse(cls, text: str) -> VerifierKey:
        name, _, rest = text.partition("+")
        digits, _, encoded = rest.partition("+")
        key = decoded(encoded, "verifier key", 33)
        expect(key[0] == 1, "verifier key: not of Ed25519")
        key_id = sha256(name.encode() + b"\n" + key)[:4]
        expect(key_id.hex() == digits, "verifier key: its id is another one's")
        return cls(name, key_id, key[1:])


@dataclass(frozen=True)
class Checkpoint:
    size: int
    root: bytes

    @classmethod
    def verified(cls, note: Any, key: VerifierKey) -> Checkpoint:
        """The checkpoint of a note, if ``key`` has signed it."""
        expect(isinstance(note, str) and len(note) <= LONGEST_NOTE, "checkpoint: not a note")
        text, blank, signatures = note.rpartition("\n\n")
        expect(blank != "" and signatures.endswith("\n"), "checkpoint: not a note")
        text += "\n"
        expect(all(character >= " " or character == "\n" for character in note), "checkpoint: a control character")
        own = 0
        for line in signatures[:-1].split("\n"):
            parts = line.split(" ")
            expect(len(parts) == 3 and parts[0] == "\u2014" and parts[1] != "", "checkpoint: not a line of a signature")
            signature = decoded(parts[2], "signature")
            expect(len(signature) > 4, "checkpoint: a short signature")
            if parts[1] != key.name or signature[:4] != key.key_id:
                continue
            own += 1
            try:
                expect(len(signature) == 68, "checkpoint: a signature of another length")
                bindings.crypto_sign_open(signature[4:] + text.encode(), key.public)
            except nacl.exceptions.BadSignatureError as error:
                raise Refused("checkpoint: the signature is wrong") from error
        expect(own > 0, "checkpoint: not signed by this key")
        lines = text.split("\n")
        expect(len(lines) == 4 and lines[3] == "", "checkpoint: not three lines")
        expect(lines[0] == key.name, "checkpoint: of another vault")
        return cls(number(lines[1], "checkpoint"), decoded(lines[2], "root", 32))


# The tree


def is_included(leaf: bytes, index: int, path: Sequence[bytes], checkpoint: Checkpoint) -> bool:
    """RFC 9162, section 2.1.3.2."""
    if index >= checkpoint.size:
        return False
    place, last, found = index, checkpoint.size - 1, leaf
    for neighbour in path:
        if last == 0:
            return False
        if place & 1 or place == last:
            found = tree_node(neighbour, found)
            while not place & 1 and place != 0:
                place, last = place >> 1, last >> 1
        else:
            found = tree_node(found, neighbour)
        place, last = place >> 1, last >> 1
    return last == 0 and found == checkpoint.root


def is_consistent(old: Checkpoint, new: Checkpoint, path: Sequence[bytes]) -> bool:
    """RFC 9162, section 2.1.4.2."""
    if old.size > new.size:
        return False
    if old.size == 0:
        return not path and old.root == sha256(b"")
    if old.size == new.size:
        return not path and old.root == new.root
    hashes = [old.root, *path] if old.size & (old.size - 1) == 0 else list(path)
    if not hashes:
        return False
    place, last = old.size - 1, new.size - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    old_found = found = hashes[0]
    for neighbour in hashes[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            old_found, found = tree_node(neighbour, old_found), tree_node(neighbour, found)
            while not place & 1 and place != 0:
                place, last = place >> 1, last >> 1
        else:
            found = tree_node(found, neighbour)
        place, last = place >> 1, last >> 1
    return last == 0 and old_found == old.root and found == new.root


# Proofs


def _proof(text: str, key: VerifierKey) -> tuple[list[str], Checkpoint]:
    """The lines before the empty one, and the checkpoint after it."""
    head, _, note = text.partition("\n\n")
    return head.split("\n"), Checkpoint.verified(note, key)


def _path(lines: Sequence[str]) -> list[bytes]:
    return [decoded(line, "proof", 32) for line in lines]


def verify_inclusion(text: str, key: VerifierKey) -> tuple[int, bytes, Checkpoint]:
    """Number and leaf hash of the entry that is proven, and the checkpoint that it is proven for."""
    lines, checkpoint = _proof(text, key)
    expect(len(lines) >= 3 and lines[0] == INCLUSION, "proof: not one of inclusion")
    expect(lines[1].startswith("extra ") and lines[2].startswith("index "), "proof: without leaf or index")
    leaf = decoded(lines[1].removeprefix("extra "), "leaf", 32)
    index = number(lines[2].removeprefix("index "), "index")
    expect(is_included(leaf, index, _path(lines[3:]), checkpoint), f"entry {index}: the proof does not hold")
    return index, leaf, checkpoint


def verify_consistency(text: str, old: Checkpoint, key: VerifierKey) -> Checkpoint:
    """The newer checkpoint, of which ``old`` is proven to be the beginning."""
    lines, checkpoint = _proof(text, key)
    expect(lines[0].startswith("old "), "proof: not one of consistency")
    size = number(lines[0].removeprefix("old "), "old")
    expect(size == old.size, f"proof: from {size} entries, where the checkpoint has {old.size}")
    expect(is_consistent(old, checkpoint, _path(lines[1:])), "the record was rewritten: the proof does not hold")
    return checkpoint


# Entries


def _opened(meta: bytes, key: bytes, sequence: int) -> wire.Message:
    what = f"entry {sequence}"
    header = meta[:16]
    expect(header[:4] == b"\x01\x03\0\0" and header[8:] == bytes(8), f"{what}: not a column of the record")
    try:
        padded = bindings.crypto_secretbox_open(meta[40:], meta[16:40], key)
        expect(len(padded) % BLOCK == 0, f"{what}: not padded")
        return wire.decode(wire.AUDIT_EVENT, bindings.sodium_unpad(padded, BLOCK))
    except (nacl.exceptions.CryptoError, ValueError, TypeError) as error:
        raise Refused(f"{what}: its key does not open it") from error


def _time(milliseconds: int, with_milliseconds: bool) -> str | None:
    if milliseconds == 0:
        return None
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)
    return moment.isoformat(timespec="milliseconds" if with_milliseconds else "seconds").replace("+00:00", "Z")


def readable(event: wire.Message, sequence: int) -> dict[str, Any]:
    """An AuditEvent as exports and disclosures show it."""
    caller = event["caller"] or wire.decode(wire.CALLER, b"")
    refusal = event["refusal"]
    shown_caller = {
        "claimedExecutables": caller["claimed_executables"],
        **{name: caller[name] for name in ("host", "pid", "uid", "user")},
    }
    if caller["client"] is not None:
        client = caller["client"]
        shown_caller["client"] = {"executable": client["executable"] or None, "pid": client["pid"]}
    return {
        "action": event["action"],
        "audience": event["audience"] or None,
        "caller": shown_caller,
        "clientId": event["client_id"] or None,
        "code": event["code"] or None,
        "detail": event["detail"] or None,
        "keyId": event["key_id"] or None,
        "outcome": event["outcome"],
        "profile": event["profile"] or None,
        "profileId": event["profile_id"].hex() or None,
        "reason": event["reason"] or None,
        "refusal": refusal
        and {
            "aadsts": refusal["aadsts"] or None,
            "correlationId": refusal["correlation_id"] or None,
            "error": refusal["error"],
            "traceId": refusal["trace_id"] or None,
        },
        "sequence": sequence,
        "source": event["source"] or None,
        "tenant": event["tenant"] or None,
        "time": _time(event["time"], True),
        "tokenExpiresAt": _time(event["token_expires"], False),
        "tokenHash": event["token_hash"].hex() or None,
        "tokenId": event["token_id"] or None,
    }


def _verify_readable(row: dict[str, Any], meta: bytes) -> None:
    sequence = row["sequence"]
    event = readable(_opened(meta, decoded(row["key"], f"entry {sequence}: key", 32), sequence), sequence)
    # As text, because 1, 1.0 and true are equal in Python.
    expect(_text(event) == _text(row["event"]), f"entry {sequence}: the event is not what the sealed row says")


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


# Files


def _object(line: str, what: str) -> dict[str, Any]:
    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        expect(len({name for name, _ in pairs}) == len(pairs), f"{what}: a name twice")
        return dict(pairs)

    try:
        found = json.loads(line, object_pairs_hook=unique)
    except ValueError as error:
        raise Refused(f"{what}: not JSON") from error
    expect(isinstance(found, dict), f"{what}: not an object")
    return dict(found)


def _with_names(found: dict[str, Any], names: str, what: str) -> dict[str, Any]:
    expect(set(found) == set(names.split()), f"{what}: other fields than it should have")
    return found


def _is_of(form: str, found: dict[str, Any]) -> bool:
    return bool(found["format"] == form and type(found["version"]) is int and found["version"] == 1)


def _same_key(text: Any, key: VerifierKey) -> None:
    expect(isinstance(text, str) and VerifierKey.parse(text) == key, "it is of another key than the one given")


@dataclass(frozen=True)
class Export:
    checkpoint: Checkpoint
    checkpoints: int
    is_open: bool


def verify_export(path: Path, key: VerifierKey) -> Export:
    """Reads the file twice, because the checkpoints come after the rows; needs no memory for the rows."""
    with path.open(encoding="utf-8", newline="\n") as file:
        lines = _lines(file)
        head = _with_names(
            _object(next(lines, ""), "head"), "checkpointKey entries format root vault version", "head"
        )
        expect(_is_of(EXPORT, head), "head: not an export of version 1")
        _same_key(head["checkpointKey"], key)
        expect(key.name == f"vaultctl/{head['vault']}", "head: of another vault than the key")
        expect(type(head["entries"]) is int and head["entries"] > 0, "head: without a number of entries")
        end = Checkpoint(head["entries"], decoded(head["root"], "head: root", 32))
        for _ in islice(lines, end.size):
            pass
        checkpoints = _checkpoints(lines, key, end)
    with path.open(encoding="utf-8", newline="\n") as file:
        lines = _lines(file)
        next(lines)
        is_open = _verify_rows(islice(lines, end.size), end, checkpoints)
    return Export(end, len(checkpoints), is_open)


def _lines(file: Any) -> Iterator[str]:
    try:
        while line := file.readline(LONGEST_LINE):
            expect(line.endswith("\n"), "a line is cut off")
            yield line
    except UnicodeDecodeError as error:
        raise Refused("the file is not UTF-8") from error


def _checkpoints(lines: Iterator[str], key: VerifierKey, end: Checkpoint) -> dict[int, bytes]:
    """The roots by size."""
    found: dict[int, bytes] = {}
    last = 0
    for line in lines:
        note = _with_names(_object(line, "checkpoint"), "checkpoint", "checkpoint")["checkpoint"]
        checkpoint = Checkpoint.verified(note, key)
        expect(last < checkpoint.size <= end.size, f"the checkpoint of {checkpoint.size} entries is out of order")
        last = checkpoint.size
        found[last] = checkpoint.root
    expect(found.get(end.size) == end.root, "the last checkpoint is not that of all entries")
    return found


def _verify_rows(lines: Iterator[str], end: Checkpoint, checkpoints: dict[int, bytes]) -> bool:
    frontier: list[bytes] = []
    size, is_open = 0, None
    for line in lines:
        what = f"entry {size}"
        row = _object(line, what)
        if is_open is None:
            is_open = "key" in row
        _with_names(row, "event key meta seal sequence" if is_open else "meta seal sequence", what)
        expect(type(row["sequence"]) is int, f"{what}: without a number")
        expect(row["sequence"] == size, f"{what} is missing: the next one is {row['sequence']}")
        meta = decoded(row["meta"], f"{what}: meta")
        if is_open:
            _verify_readable(row, meta)
        leaf = audit_leaf(size, meta, decoded(row["seal"], f"{what}: seal", 16))
        frontier = extended_frontier(frontier, size, [leaf])
        size += 1
        if size in checkpoints:
            expect(folded(frontier) == checkpoints[size], f"the first {size} entries are not those of their checkpoint")
    # The last checkpoint is that of the head, so that nothing is left to compare.
    expect(size == end.size, f"entry {size} is missing")
    return bool(is_open)


def verify_disclosure(text: str, key: VerifierKey) -> dict[str, Any]:
    """What the disclosed entry says."""
    names = "checkpointKey event format key meta proof seal sequence version"
    found = _with_names(_object(text, "disclosure"), names, "disclosure")
    expect(_is_of(DISCLOSURE, found), "not a disclosure of version 1")
    _same_key(found["checkpointKey"], key)
    expect(isinstance(found["proof"], str), "disclosure: without a proof")
    index, leaf, _ = verify_inclusion(found["proof"], key)
    expect(type(found["sequence"]) is int and index == found["sequence"], "the proof is of another entry")
    meta = decoded(found["meta"], "meta")
    expect(audit_leaf(index, meta, decoded(found["seal"], "seal", 16)) == leaf, "the row is not the one that is proven")
    _verify_readable(found, meta)
    return dict(found["event"])


def verify(path: Path, key: VerifierKey, old: Path | None) -> str:
    """What was found to hold, in a line."""
    with path.open("rb") as file:
        start = file.read(4096)
    if start.startswith(INCLUSION.encode() + b"\n"):
        index, leaf, checkpoint = verify_inclusion(path.read_text(encoding="utf-8"), key)
        return f"entry {index} of {checkpoint.size} has the hash {leaf.hex()}"
    if start.startswith(b"old "):
        expect(old is not None, "a proof of consistency needs the older checkpoint: --old FILE")
        assert old is not None
        before = Checkpoint.verified(old.read_text(encoding="utf-8"), key)
        checkpoint = verify_consistency(path.read_text(encoding="utf-8"), before, key)
        return f"the first {before.size} of {checkpoint.size} entries are those of the older checkpoint"
    if start.split(b"\n")[0] == b"{":
        event = verify_disclosure(path.read_text(encoding="utf-8"), key)
        return json.dumps(event, indent=2, sort_keys=True)
    export = verify_export(path, key)
    kind = "open" if export.is_open else "sealed"
    return f"{export.checkpoint.size} entries ({kind}) and {export.checkpoints} checkpoints are whole"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("file", type=Path, help="an export, a disclosure, or a proof")
    parser.add_argument("--key", required=True, help="what 'vaultctl audit checkpoint --key' prints")
    parser.add_argument("--old", type=Path, help="the older checkpoint, for a proof of consistency")
    options = parser.parse_args(arguments)
    try:
        print(verify(options.file, VerifierKey.parse(options.key), options.old))
    except (Refused, ValueError, OverflowError, RecursionError) as error:
        # What no number, text or depth of ours is comes from a file that somebody else made.
        print(f"refused: {error}", file=sys.stderr)
        return 65
    except OSError as error:
        print(f"error: {error}", file=sys.stderr)
        return 74
    return 0


if __name__ == "__main__":
    sys.exit(main())
