"""A vault of an older format is brought to today's, whole, and kept as it was."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

import vault_format as fmt
from processes import Vaultctl
from sample_vault import SampleVault
from vault_reader import Unlocker, Vault


def older_vault(vaultctl: Vaultctl, entries: int) -> SampleVault:
    """A vault of format 1 where ``vaultctl`` looks for one."""
    vaultctl.vault.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    made = SampleVault(vaultctl.vault, vaultctl.home / "key-file", format=1, entries=entries)
    made.key_file.chmod(0o600)
    vaultctl.options = ("--key-file", str(made.key_file))
    return made


def copy_of(made: SampleVault) -> Path:
    return made.path.with_name(made.path.name + ".format-1")


# One short of a tile, exactly a segment, and more: a transaction adds one.
@pytest.mark.parametrize("entries", [1, 254, 1023, 2100])
def test_format_1_becomes_format_2(vaultctl: Vaultctl, entries: int) -> None:
    made = older_vault(vaultctl, entries)
    before = made.path.read_bytes()
    first = vaultctl.run("list", "-o", "json")
    assert [profile["name"] for profile in first.json()] == ["profile-0", "profile-1"]
    assert str(copy_of(made)) in first.stderr
    assert str(copy_of(made)) not in vaultctl.run("list").stderr, "it is told once"

    vault = Vault.open(made.path, Unlocker.key_file(made.key_file))
    vault.verify()
    vault.check_seals(made.keys.first_audit)
    assert vault.audit_events()[-1]["action"] == "migrate"
    assert len(vault.snapshot.index) == (entries + 1) // 1024

    copy = copy_of(made)
    assert copy.stat().st_mode & 0o777 == 0o600
    with sqlite3.connect(copy) as database:
        assert database.execute("PRAGMA user_version").fetchone() == (1,)
        assert fmt.schema_rows(database) == fmt.migration_schema(1)
        rows = database.execute("SELECT seq, meta, seal FROM audit ORDER BY seq").fetchall()
    assert rows == made.audit
    assert before != made.path.read_bytes()


def test_format_1_that_was_tampered_with_is_not_migrated(vaultctl: Vaultctl) -> None:
    made = older_vault(vaultctl, 3)
    with sqlite3.connect(made.path) as database:
        database.execute("DELETE FROM token")
    refused = vaultctl.run("list", status=65)
    assert "token has 0 rows" in refused.stderr
    assert not copy_of(made).exists()
    with sqlite3.connect(made.path) as database:
        assert database.execute("PRAGMA user_version").fetchone() == (1,)


def test_no_room_for_the_copy(vaultctl: Vaultctl) -> None:
    """The vault stays as it is, and opens when there is room."""
    made = older_vault(vaultctl, 3)
    copy_of(made).mkdir()
    before = made.path.read_bytes()
    assert "cannot replace" in vaultctl.run("list", status=74).stderr
    assert made.path.read_bytes() == before
    copy_of(made).rmdir()
    vaultctl.run("verify", status=None)
    vaultctl.run("list")
