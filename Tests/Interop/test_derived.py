"""What is derived from the audit saves time and nothing else: with it, without it and with a wrong one."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

import proto_wire as wire
import vault_format as fmt
import verify_audit
from processes import Vaultctl
from sample_vault import TIME, SampleVault
from vault_errors import ColumnMalformed, ColumnNotOpened, ColumnTooLarge, IndexMismatch, TileMismatch, VaultError
from vault_reader import Unlocker, Vault

#: Two segments of the index and some entries that have none.
ENTRIES = 2100
DAMAGED = 65
#: The entry of the 1,500th millisecond, in the middle of the second segment.
MIDDLE = "2023-11-14T22:13:21.500Z"

QUESTIONS: dict[str, tuple[list[str], Any]] = {
    "one profile": (["--profile", "profile-1"], lambda entry: entry["profile"] == "profile-1"),
    "nobody's profile": (["--profile", "other"], lambda entry: False),
    "since": (["--since", MIDDLE], lambda entry: entry["time"] >= MIDDLE),
    "until": (["--until", MIDDLE], lambda entry: entry["time"] < MIDDLE),
    "a profile since": (
        ["--profile", "profile-0", "--since", MIDDLE],
        lambda entry: entry["profile"] == "profile-0" and entry["time"] >= MIDDLE,
    ),
}


@pytest.fixture
def sample(vaultctl: Vaultctl) -> SampleVault:
    return make(vaultctl, ENTRIES)


def make(vaultctl: Vaultctl, entries: int) -> SampleVault:
    """A vault with tiles and an index, made of one of format 1; its last entry tells of that."""
    vaultctl.vault.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    made = SampleVault(vaultctl.vault, vaultctl.home / "key-file", format=1, entries=entries)
    made.key_file.chmod(0o600)
    vaultctl.options = ("--key-file", str(made.key_file))
    vaultctl.run("list")
    return made


def asked(vaultctl: Vaultctl, *options: str) -> list[dict[str, Any]]:
    lines = vaultctl.run("audit", "list", "-o", "jsonl", *options).stdout.splitlines()
    return [json.loads(line) for line in lines]


def check_questions(vaultctl: Vaultctl) -> None:
    everything = asked(vaultctl)
    assert len(everything) > ENTRIES
    for name, (options, is_wanted) in QUESTIONS.items():
        wanted = [entry for entry in everything if is_wanted(entry)]
        assert asked(vaultctl, *options) == wanted, name
        assert asked(vaultctl, *options, "--limit", "3") == wanted[-3:], name


def test_with_an_index(vaultctl: Vaultctl, sample: SampleVault) -> None:
    check_questions(vaultctl)


#: What is changed, what the reader says to it, and what `audit verify` finds about which entries.
CHANGES: dict[str, tuple[str, type[VaultError], dict[str, str]]] = {
    "no tiles": ("DELETE FROM tile", TileMismatch, {"wrong-tile": "0-2047"}),
    "a wrong tile": ("UPDATE tile SET hashes = zeroblob(8192) WHERE n = 3", TileMismatch, {"wrong-tile": "768-1023"}),
    "a tile too many": ("INSERT INTO tile VALUES (0, 8, zeroblob(8192))", TileMismatch, {"wrong-tile": "tile"}),
    "no index": ("DELETE FROM audit_index", IndexMismatch, {"wrong-index": "0-2047"}),
    "a segment of zeros": (
        "UPDATE audit_index SET meta = zeroblob(length(meta)) WHERE segment = 1",
        ColumnMalformed,
        {"wrong-index": "1024-2047"},
    ),
    "another's segment": (
        "UPDATE audit_index SET meta = (SELECT meta FROM audit_index WHERE segment = 0) WHERE segment = 1",
        ColumnNotOpened,
        {"wrong-index": "1024-2047"},
    ),
    "a segment too many": (
        "INSERT INTO audit_index SELECT 2, meta FROM audit_index WHERE segment = 0",
        IndexMismatch,
        {"wrong-index": "audit_index"},
    ),
    "a segment that is too long": (
        "UPDATE audit_index SET meta = zeroblob(70000) WHERE segment = 1",
        ColumnTooLarge,
        {"wrong-index": "1024-2047"},
    ),
    "a tile before the first": ("INSERT INTO tile VALUES (0, -5, zeroblob(8192))", TileMismatch, {"wrong-tile": "tile"}),
    "a tile of no level": ("INSERT INTO tile VALUES (9, 0, zeroblob(8192))", TileMismatch, {"wrong-tile": "tile"}),
    "a segment before the first": (
        "INSERT INTO audit_index SELECT -7, meta FROM audit_index WHERE segment = 0",
        IndexMismatch,
        {"wrong-index": "audit_index"},
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_wrong_or_missing(vaultctl: Vaultctl, sample: SampleVault, change: str) -> None:
    """Every answer is the same, whoever verifies objects, and it can be made anew."""
    statement, objection, findings = CHANGES[change]
    change_file(sample.path, statement)
    check_questions(vaultctl)
    if objection is TileMismatch and "-" in findings["wrong-tile"]:
        # It says which tile is missing, or that what is there does not lead to the root.
        assert "tile" in vaultctl.run("audit", "prove", "700", status=DAMAGED).stderr
    else:
        check_proof(vaultctl)
    with pytest.raises(objection):
        reader(sample).verify()
    assert found(vaultctl, status=DAMAGED) == findings
    assert vaultctl.run("audit", "reindex", "-o", "json").json() == {"entries": ENTRIES + 1}
    reader(sample).verify()
    assert found(vaultctl) == {}
    check_proof(vaultctl)


def test_a_segment_that_lies(vaultctl: Vaultctl, sample: SampleVault) -> None:
    """Whoever holds the keys seals what the entries do not say."""
    opened = reader(sample)
    key = fmt.table_key(sample.keys.data, fmt.AUDIT.number)
    header = fmt.Header(fmt.AUDIT_INDEX.number, False, 1, 0)
    message = wire.encode(wire.AUDIT_SEGMENT, {"earliest": TIME, "latest": TIME + 1023})
    row_id = fmt.audit_index_row_id(0)
    meta = fmt.seal_column(key, opened.vault_id, header, row_id, bytes(24), message, 512)
    with sqlite3.connect(sample.path) as database:
        database.execute("UPDATE audit_index SET meta = ? WHERE segment = 0", (meta,))
    with pytest.raises(IndexMismatch):
        reader(sample).verify()
    assert found(vaultctl, status=DAMAGED) == {"wrong-index": "0-1023"}


def test_a_tile_of_tiles(vaultctl: Vaultctl) -> None:
    made = make(vaultctl, 65_600)
    assert found(vaultctl) == {}
    check_proof(vaultctl)
    change_file(made.path, "UPDATE tile SET hashes = zeroblob(8192) WHERE level = 1")
    assert found(vaultctl, status=DAMAGED) == {"wrong-tile": "0-65535"}


def found(vaultctl: Vaultctl, status: int = 0) -> dict[str, str]:
    """The kinds of the findings, and what each is about."""
    told = vaultctl.run("audit", "verify", "-o", "json", status=status).json()
    return {finding["kind"]: about(finding) for finding in told["findings"]}


def about(finding: dict[str, Any]) -> str:
    return finding["table"] if "table" in finding else f"{finding['firstEntry']}-{finding['lastEntry']}"


def check_proof(vaultctl: Vaultctl) -> None:
    """One that reaches from the beginning to the end is right, with tiles and without."""
    key = vaultctl.run("audit", "checkpoint", "--key").stdout.decode().strip()
    proof = vaultctl.run("audit", "prove", "700").stdout.decode()
    verify_audit.verify_inclusion(proof, verify_audit.VerifierKey.parse(key))


def change_file(path: Path, statement: str) -> None:
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA ignore_check_constraints = ON")
        assert database.execute(statement).rowcount > 0


def reader(sample: SampleVault) -> Vault:
    return Vault.open(sample.path, Unlocker.key_file(sample.key_file))
