"""The checks of the page find what somebody who can write the file can do to it."""

from __future__ import annotations

import os
import shutil
import sqlite3
from copy import copy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import tampering
import vault_errors as errors
import vault_format as fmt
from sample_vault import SampleVault
from vault_reader import AuditRow, Snapshot, Unlocker, Vault, find_root_key, take_snapshot


@pytest.fixture
def sample(tmp_path: Path) -> SampleVault:
    """A vault with a row in every table, written five times."""
    directory = tmp_path / "vault"
    directory.mkdir()
    unused = fmt.KeySlot.unsealed(bytes(16), 2, fmt.RECOVERY_CODE, 0, 0, bytes(16), 0, bytes(24))
    vault = SampleVault(directory / "vault.db", tmp_path / "key", extra_slots=[unused])
    for turn in range(4):
        vault.write(f"turn {turn}")
    return vault


def opened(sample: SampleVault, path: Path | None = None) -> Vault:
    return Vault.open(path or sample.path, Unlocker.key_file(sample.key_file))


def test_untouched(sample: SampleVault, tmp_path: Path) -> None:
    before = sample.path.read_bytes()
    vault = opened(sample)
    vault.verify()
    vault.check_seals(sample.keys.first_audit)
    anchor = tmp_path / "anchor"
    anchor.write_bytes(sample.anchor)
    vault.check_anchor(anchor)
    assert [entry.meta["about"] for entry in vault.profiles()] == ["turn 3", "turn 3"]
    assert {entry.secret for entry in vault.profiles()} == {b"secret of " + row_id for row_id in sample.profile_ids}
    assert sample.path.read_bytes() == before
    assert os.listdir(sample.path.parent) == ["vault.db"]


@pytest.mark.parametrize("change", tampering.all_tamperings(), ids=lambda change: change.name)
def test_tampering(sample: SampleVault, change: tampering.Tampering) -> None:
    assert change.applies_to(sample.path)
    change.apply(sample.path)
    with pytest.raises(change.error):
        opened(sample).verify()


def older_copy(sample: SampleVault, directory: Path) -> Path:
    """The file as it is now."""
    directory.chmod(0o700)
    older = Path(shutil.copy(sample.path, directory / "older.db"))
    older.chmod(0o600)
    return older


@pytest.mark.parametrize("table", ["profile", "token", "rotation", "setting", "keyslot", "keyring"])
def test_rows_of_an_older_copy(sample: SampleVault, tmp_path: Path, table: str) -> None:
    """Each row is authentic by itself; the set hash alone tells that it is not of this state."""
    older = older_copy(sample, tmp_path)
    sample.write("newer")
    tampering.copy_rows(older, sample.path, table)
    vault = opened(sample)
    vault.check_tags()
    with pytest.raises(errors.SetMismatch):
        vault.verify()


def test_state_of_an_older_copy(sample: SampleVault, tmp_path: Path) -> None:
    older = older_copy(sample, tmp_path)
    sample.write("newer")
    tampering.copy_rows(older, sample.path, "state")
    with pytest.raises(errors.AuditNumbersMismatch):
        opened(sample).verify()


def test_columns_of_two_versions(sample: SampleVault, tmp_path: Path) -> None:
    older = older_copy(sample, tmp_path)
    sample.write("newer")
    secrets = take_snapshot(older).of(fmt.PROFILE)
    tampering.edit(
        sample.path,
        lambda database: database.executemany(
            "UPDATE profile SET secret = ? WHERE id = ?", [(row.secret, row.row_id) for row in secrets]
        ),
    )
    with pytest.raises(errors.ColumnMalformed, match="version 6 in meta, 5 in secret"):
        opened(sample).verify()


def test_audit_of_another_history(sample: SampleVault, tmp_path: Path) -> None:
    """Two copies go on separately: the entries of one do not fit the state of the other."""
    other = branch(sample, tmp_path / "other")
    sample.write("one history")
    other.write("another history")
    tampering.copy_rows(other.path, sample.path, "audit")
    with pytest.raises(errors.TreeMismatch):
        opened(sample).verify()
    with pytest.raises(errors.SealMismatch, match="state"):
        other.write("longer")
        tampering.copy_rows(other.path, sample.path, "audit")
        opened(sample).check_seals(sample.keys.first_audit)


def test_older_file_is_rolled_back(sample: SampleVault, tmp_path: Path) -> None:
    older = older_copy(sample, tmp_path)
    sample.write("newer")
    anchor = tmp_path / "anchor"
    anchor.write_bytes(sample.anchor)
    shutil.copy(older, sample.path)
    vault = opened(sample)
    vault.verify()
    with pytest.raises(errors.RolledBack):
        vault.check_anchor(anchor)


@pytest.mark.parametrize("later", [0, 1, 3])
def test_other_branch_is_forked(sample: SampleVault, tmp_path: Path, later: int) -> None:
    """The anchor saw one branch; the file is the other one, as long or longer."""
    other = branch(sample, tmp_path / "other")
    sample.write("one history")
    anchor = tmp_path / "anchor"
    anchor.write_bytes(sample.anchor)
    for turn in range(1 + later):
        other.write(f"another history {turn}")
    vault = opened(other)
    vault.verify()
    with pytest.raises(errors.Forked):
        vault.check_anchor(anchor)


def branch(sample: SampleVault, directory: Path) -> SampleVault:
    """A copy of the vault that goes on by itself."""
    directory.mkdir(mode=0o700)
    other = copy(sample)
    other.path = Path(shutil.copy(sample.path, directory / "vault.db"))
    other.path.chmod(0o600)
    other.audit = list(sample.audit)
    return other


def test_anchor_that_lies_behind_agrees(sample: SampleVault, tmp_path: Path) -> None:
    anchor = tmp_path / "anchor"
    anchor.write_bytes(sample.anchor)
    for turn in range(9):
        sample.write(f"later {turn}")
        opened(sample).check_anchor(anchor)


def test_each_byte_of_the_anchor(sample: SampleVault, tmp_path: Path) -> None:
    vault = opened(sample)
    anchor = tmp_path / "anchor"
    for position in range(len(sample.anchor)):
        content = bytearray(sample.anchor)
        content[position] ^= 0x10
        anchor.write_bytes(content)
        with pytest.raises(errors.AnchorDamaged):
            vault.check_anchor(anchor)


def test_each_byte_of_each_live_row(sample: SampleVault) -> None:
    """The set hash covers every byte; taken from memory, since a file for each would take minutes."""
    snapshot = take_snapshot(sample.path)
    root = find_root_key(snapshot, Unlocker.key_file(sample.key_file))
    for index, row in enumerate(snapshot.live):
        for column in ("row_id", "tag", "meta", "secret"):
            for changed in _with_each_byte_changed(getattr(row, column)):
                live = list(snapshot.live)
                changes: Changes = {column: changed}
                live[index] = replace(row, **changes)
                with pytest.raises(errors.VaultError):
                    Vault(replace(snapshot, live=tuple(live)), root).check_state()


def test_each_byte_of_an_audit_entry(sample: SampleVault) -> None:
    snapshot = take_snapshot(sample.path)
    root = find_root_key(snapshot, Unlocker.key_file(sample.key_file))
    entry = snapshot.audit[2]
    changes = [replace(entry, meta=meta) for meta in _with_each_byte_changed(entry.meta)]
    changes += [replace(entry, seal=seal) for seal in _with_each_byte_changed(entry.seal)]
    for changed in changes:
        vault = Vault(_with_entry(snapshot, changed), root)
        with pytest.raises(errors.TreeMismatch):
            vault.check_tree()
        with pytest.raises(errors.SealMismatch, match="audit 2"):
            vault.check_seals(sample.keys.first_audit)


def _with_each_byte_changed(content: bytes) -> list[bytes]:
    return [content[:index] + bytes([content[index] ^ 0x40]) + content[index + 1 :] for index in range(len(content))]


def _with_entry(snapshot: Snapshot, entry: AuditRow) -> Snapshot:
    return replace(snapshot, audit=tuple(entry if row.seq == entry.seq else row for row in snapshot.audit))


def test_another_first_audit_key(sample: SampleVault) -> None:
    with pytest.raises(errors.SealMismatch, match="audit 0"):
        opened(sample).check_seals(bytes(32))


# The file around the rows


def test_cut_file(sample: SampleVault) -> None:
    content = sample.path.read_bytes()
    for length in (0, 10, 100, len(content) // 2):
        sample.path.write_bytes(content[:length])
        with pytest.raises(errors.VaultError):
            opened(sample).verify()


@pytest.mark.parametrize("mode", [0o644, 0o660, 0o400, 0o700])
def test_mode_of_the_file(sample: SampleVault, mode: int) -> None:
    sample.path.chmod(mode)
    with pytest.raises(errors.UnsafeFile):
        opened(sample)


def test_mode_of_the_directory(sample: SampleVault) -> None:
    sample.path.parent.chmod(0o755)
    with pytest.raises(errors.UnsafeFile):
        opened(sample)


def test_write_ahead_log(sample: SampleVault) -> None:
    Path(f"{sample.path}-wal").touch()
    with pytest.raises(errors.UnsafeFile):
        opened(sample)


def test_journal_mode(sample: SampleVault) -> None:
    content = bytearray(sample.path.read_bytes())
    content[18:20] = b"\x02\x02"
    sample.path.write_bytes(content)
    with pytest.raises(errors.UnsafeFile):
        opened(sample)


def test_unfinished_transaction(sample: SampleVault, tmp_path: Path) -> None:
    """A journal as a crash leaves it: reading would mean to roll back, which is to write."""
    writer = sqlite3.connect(sample.path)
    writer.execute("PRAGMA cache_size = 1")
    writer.execute("BEGIN IMMEDIATE")
    writer.executemany("INSERT INTO audit VALUES (?, ?, ?)", ((seq, bytes(2000), bytes(16)) for seq in range(100, 400)))
    crashed = older_copy(sample, tmp_path)
    shutil.copy(f"{sample.path}-journal", f"{crashed}-journal")
    writer.rollback()
    writer.close()
    with pytest.raises(errors.NotReadableNow):
        opened(sample, crashed)
    opened(sample).verify()


# Key slots

Changes = dict[str, Any]


def slot_of(sample: SampleVault) -> fmt.KeySlot:
    return fmt.KeySlot.parse(take_snapshot(sample.path).of(fmt.KEYSLOT)[0].meta)


ARGON: Changes = {"kind": fmt.PASSPHRASE, "derivation": fmt.ARGON2ID, "passes": 2, "memory": 64 * fmt.MIB}
BAD_SLOTS: dict[str, Changes] = {
    "magic": {"magic": b"VLTSLOT2"},
    "vault": {"vault_id": bytes(16)},
    "number": {"number": 2},
    "kind-4": {"kind": 4},
    "kind-0": {"kind": 0},
    "argon-key-file": {"derivation": fmt.ARGON2ID},
    "blake-passphrase": {"kind": fmt.PASSPHRASE},
    "reserved": {"reserved": b"\0\1"},
    "passes-without-argon": {"passes": 1},
    "memory-without-argon": {"memory": 1024},
    "one-pass": ARGON | {"passes": 1},
    "little-memory": ARGON | {"memory": 64 * fmt.MIB - 1024},
    "odd-memory": ARGON | {"memory": 64 * fmt.MIB + 512},
    "much-memory": ARGON | {"memory": 1024 * fmt.MIB + 1024},
    "product": ARGON | {"memory": 1024 * fmt.MIB, "passes": 5},
    "product-by-a-kibibyte": ARGON | {"memory": 64 * fmt.MIB + 1024, "passes": 64},
}


@pytest.mark.parametrize("changes", BAD_SLOTS.values(), ids=BAD_SLOTS)
def test_slot_is_refused_before_derivation(
    sample: SampleVault, changes: Changes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fmt.KeySlot, "keys", _never)
    with pytest.raises(errors.SlotMalformed):
        replace(slot_of(sample), **changes).check(sample.keys.vault_id, 1, 64 * 1024 * fmt.MIB)


def test_slot_within_limits_is_accepted(sample: SampleVault) -> None:
    for changes in (ARGON, ARGON | {"passes": 64}, ARGON | {"memory": 1024 * fmt.MIB, "passes": 4}):
        replace(slot_of(sample), **changes).check(sample.keys.vault_id, 1, 2 * 1024 * fmt.MIB)


def test_slot_for_a_larger_machine(sample: SampleVault) -> None:
    slot = replace(slot_of(sample), **ARGON | {"memory": 128 * fmt.MIB})
    slot.check(sample.keys.vault_id, 1, 256 * fmt.MIB)
    with pytest.raises(errors.SlotMalformed):
        slot.check(sample.keys.vault_id, 1, 256 * fmt.MIB - 1)


def test_fifth_argon_slot(tmp_path: Path) -> None:
    directory = tmp_path / "vault"
    directory.mkdir()
    slots = [
        fmt.KeySlot.unsealed(bytes(16), number, fmt.PASSPHRASE, 2, 64 * fmt.MIB, bytes(16), 0, bytes(24))
        for number in range(2, 7)
    ]
    sample = SampleVault(directory / "vault.db", tmp_path / "key", extra_slots=slots)
    with pytest.raises(errors.SlotMalformed):
        opened(sample)


def test_each_byte_of_the_slot(sample: SampleVault) -> None:
    secret = fmt.key_file_secret(sample.key_file.read_bytes())
    for blob in _with_each_byte_changed(slot_of(sample).blob()):
        with pytest.raises((errors.SlotMalformed, errors.WrongKey)):
            slot = fmt.KeySlot.parse(blob)
            slot.check(sample.keys.vault_id, 1, 64 * 1024 * fmt.MIB)
            slot.open(secret)


def test_passphrase_and_recovery_code(tmp_path: Path) -> None:
    """Slots are tried in ascending order, and only those of the fitting kind."""
    directory = tmp_path / "vault"
    directory.mkdir()
    sample = SampleVault(directory / "vault.db", tmp_path / "key")
    code = os.urandom(20)
    secrets: list[tuple[int, Changes, bytes]] = [
        (2, ARGON, b"erstes Passwort"),
        (5, ARGON, "zweites Paßwort 🔑".encode()),
        (7, {"kind": fmt.RECOVERY_CODE, "derivation": fmt.BLAKE2B, "passes": 0, "memory": 0}, code),
    ]
    sample.extra_slots = [
        replace(slot_of(sample), number=number, salt=os.urandom(16), **changes).sealed(sample.keys.root, secret)
        for number, changes, secret in secrets
    ]
    sample.write()
    for unlocker in (
        Unlocker.passphrase(b"erstes Passwort"),
        Unlocker.passphrase("zweites Paßwort 🔑".encode()),
        Unlocker.recovery_code(fmt.recovery_code(code)),
    ):
        Vault.open(sample.path, unlocker).verify()
    for wrong in (Unlocker.passphrase(b"erstes passwort"), Unlocker.recovery_code(fmt.recovery_code(bytes(20)))):
        with pytest.raises(errors.WrongKey):
            Vault.open(sample.path, wrong)


def _never(*_: object) -> None:
    raise AssertionError("derived before the slot was checked")
