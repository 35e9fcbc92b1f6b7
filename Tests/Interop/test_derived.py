"""What is derived from the audit saves time and nothing else: with it, without it and with a wrong one."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from processes import Vaultctl
from sample_vault import SampleVault
from vault_errors import ColumnMalformed, ColumnNotOpened, IndexMismatch, TileMismatch
from vault_reader import Unlocker, Vault

#: Two segments of the index and some entries that have none.
ENTRIES = 2100
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
    """A vault with tiles and an index, made of one of format 1."""
    vaultctl.vault.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    made = SampleVault(vaultctl.vault, vaultctl.home / "key-file", format=1, entries=ENTRIES)
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


CHANGES = {
    "no tiles": ("DELETE FROM tile", TileMismatch),
    "a wrong tile": ("UPDATE tile SET hashes = zeroblob(8192) WHERE n = 3", TileMismatch),
    "a tile too many": ("INSERT INTO tile VALUES (0, 8, zeroblob(8192))", TileMismatch),
    "no index": ("DELETE FROM audit_index", IndexMismatch),
    "a segment of zeros": ("UPDATE audit_index SET meta = zeroblob(length(meta)) WHERE segment = 1", ColumnMalformed),
    "another's segment": (
        "UPDATE audit_index SET meta = (SELECT meta FROM audit_index WHERE segment = 0) WHERE segment = 1",
        ColumnNotOpened,
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_wrong_or_missing(vaultctl: Vaultctl, sample: SampleVault, change: str) -> None:
    """Every answer is the same, an independent reader objects, and it can be made anew."""
    statement, objection = CHANGES[change]
    change_file(sample.path, statement)
    check_questions(vaultctl)
    with pytest.raises(objection):
        reader(sample).verify()
    assert vaultctl.run("audit", "reindex", "-o", "json").json() == {"entries": ENTRIES + 1}
    reader(sample).verify()


def change_file(path: Path, statement: str) -> None:
    with sqlite3.connect(path) as database:
        assert database.execute(statement).rowcount > 0


def reader(sample: SampleVault) -> Vault:
    return Vault.open(sample.path, Unlocker.key_file(sample.key_file))
