"""Vaults that ``vaultctl`` makes read as the page says: random ones, and what becomes of one that was tampered with."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pytest

import cli_mapping
import tampering
import vault_errors as errors
from processes import Emulator, Vaultctl
from random_vault import RandomVault
from vault_reader import Unlocker, Vault, anchor_path, rotation_secrets


@pytest.fixture
def random_vault(vaultctl: Vaultctl, emulator: Emulator, seed: int, vault_number: int) -> RandomVault:
    vault = RandomVault(vaultctl, emulator, random.Random(f"{seed}/{vault_number}"))
    vault.make()
    return vault


def test_random_vault(random_vault: RandomVault, vault_number: int) -> None:
    listed = random_vault.vaultctl.run("list", "-o", "json").json()
    audited = random_vault.vaultctl.run("audit", "list", "-o", "json").json()
    path = random_vault.vaultctl.vault
    before = path.read_bytes()
    vault = Vault.open(path, Unlocker.key_file(random_vault.key_file))

    vault.verify()
    vault.check_seals(random_vault.audit_key)
    vault.check_anchor(anchor_path(vault.vault_id, random_vault.vaultctl.environment))
    expect_same_profiles(random_vault, vault)
    expect_same_list(listed, vault)
    assert cli_mapping.audit_of_cli(audited) == cli_mapping.audit_of_reader(vault.audit_events())
    expect_tokens(random_vault, vault)
    expect_rotations(random_vault, vault)
    expect_nothing_in_clear(random_vault, before)
    if vault_number % 10 == 0:
        expect_every_way_in(random_vault, vault)
    assert path.read_bytes() == before


def expect_same_profiles(expected: RandomVault, vault: Vault) -> None:
    """The reader sees what was given to ``vaultctl``, secrets included."""
    found = {entry.meta["name"]: entry for entry in vault.profiles()}
    assert set(found) == set(expected.profiles)
    for name, profile in expected.profiles.items():
        meta = found[name].meta
        assert found[name].secret == profile.secret
        assert (meta["provider"], meta["credential_kind"]) == ("entra", "client-secret")
        assert (meta["client_id"], meta["tenant"]) == (profile.client_id, profile.tenant)
        assert sorted(meta["tags"]) == profile.tags
        assert (meta["about"], meta["subscription"]) == (profile.description, profile.subscription)


def expect_same_list(listed: object, vault: Vault) -> None:
    read = [cli_mapping.profile_of_reader(entry.meta) for entry in vault.profiles()]
    assert cli_mapping.profiles_of_cli(listed) == {view["name"]: view for view in read}


def expect_tokens(expected: RandomVault, vault: Vault) -> None:
    """Each cached token is one that was issued, of a profile that is still there."""
    owners = {entry.row_id for entry in vault.profiles()}
    for entry in vault.tokens():
        assert entry.secret in expected.tokens
        assert entry.meta["profile_id"] in owners


def expect_rotations(expected: RandomVault, vault: Vault) -> None:
    """The rotation of each rotated profile keeps the old secret through its grace."""
    names = {entry.row_id: entry.meta["name"] for entry in vault.profiles()}
    kept = {names[entry.meta["profile_id"]]: entry for entry in vault.rotations() if entry.meta["profile_id"] in names}
    for name, profile in expected.profiles.items():
        if profile.old_secret is not None:
            assert rotation_secrets(kept[name]) == (profile.old_secret, b"")
            assert kept[name].meta["grace_until"] > kept[name].meta["started"]


def expect_nothing_in_clear(expected: RandomVault, content: bytes) -> None:
    """No name, tenant, id, description or secret lies in the file as it is."""
    for name, profile in expected.profiles.items():
        words = [name, profile.client_id, profile.tenant, profile.description]
        for word in (*(word.encode() for word in words), profile.secret, *expected.tokens):
            assert len(word) < 6 or word not in content


def expect_every_way_in(expected: RandomVault, vault: Vault) -> None:
    path = expected.vaultctl.vault
    for unlocker in (Unlocker.passphrase(expected.passphrase), Unlocker.recovery_code(expected.recovery_code)):
        assert Vault.open(path, unlocker).keyring == vault.keyring
    with pytest.raises(errors.WrongKey):
        Vault.open(path, Unlocker.passphrase(expected.passphrase + b"x"))


# Tampering


@pytest.fixture(scope="module")
def whole_vault(
    vaultctl_path: Path, emulator: Emulator, seed: int, tmp_path_factory: pytest.TempPathFactory
) -> RandomVault:
    """A vault with a row in each table that ``vaultctl`` writes, and an older copy of it beside the key file."""
    home = tmp_path_factory.mktemp("whole") / "home"
    vault = RandomVault(Vaultctl(vaultctl_path, home), emulator, random.Random(f"{seed}/whole"))
    vault.initialize()
    first, second = vault.add(live=True), vault.add(live=True)
    vault.issue(first)
    vault.rotate(second)
    shutil.copy(vault.vaultctl.vault, older_copy(vault))
    vault.edit(first)
    return vault


def older_copy(vault: RandomVault) -> Path:
    return vault.vaultctl.home / "older.db"


@pytest.fixture
def copy(whole_vault: RandomVault, tmp_path: Path) -> Path:
    """A copy of the vault that a test may spoil."""
    tmp_path.chmod(0o700)
    path = Path(shutil.copy(whole_vault.vaultctl.vault, tmp_path / "vault.db"))
    path.chmod(0o600)
    return path


@pytest.mark.parametrize("change", tampering.all_tamperings(), ids=lambda change: change.name)
def test_tampering_is_found(whole_vault: RandomVault, copy: Path, change: tampering.Tampering) -> None:
    if not change.applies_to(copy):
        pytest.skip(f"this version writes no rows to {change.table}")
    Vault.open(copy, Unlocker.key_file(whole_vault.key_file)).verify()
    change.apply(copy)
    with pytest.raises(change.error):
        Vault.open(copy, Unlocker.key_file(whole_vault.key_file)).verify()


def test_profile_of_an_older_file_is_found(whole_vault: RandomVault, copy: Path) -> None:
    tampering.copy_rows(older_copy(whole_vault), copy, "profile")
    with pytest.raises(errors.SetMismatch):
        Vault.open(copy, Unlocker.key_file(whole_vault.key_file)).verify()


def test_older_file_is_rolled_back(whole_vault: RandomVault, copy: Path) -> None:
    shutil.copy(older_copy(whole_vault), copy)
    vault = Vault.open(copy, Unlocker.key_file(whole_vault.key_file))
    vault.verify()
    with pytest.raises(errors.RolledBack):
        vault.check_anchor(anchor_path(vault.vault_id, whole_vault.vaultctl.environment))


@pytest.mark.parametrize(
    "change",
    [change for change in tampering.all_tamperings() if change.table in ("profile", "token", "keyring", "state")],
    ids=lambda change: change.name,
)
def test_vaultctl_finds_it_too(whole_vault: RandomVault, copy: Path, change: tampering.Tampering) -> None:
    """The program refuses what the reader refuses, with the status for a damaged vault."""
    change.apply(copy)
    whole_vault.vaultctl.run("list", "--vault", str(copy), status=65)
