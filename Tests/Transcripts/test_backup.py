"""`backup`: the vault as of one moment in one file that was verified, whoever writes meanwhile and whatever goes wrong."""

from __future__ import annotations

import errno
import json
import shutil
import sqlite3
import stat
from pathlib import Path
from typing import Any

import pytest

import contoso
from agent import running_agent
from conftest import Stage
from home import Home
from striking import Struck, Verb, check_vault, entries, every

DAMAGED, EXISTS, IO = 65, 73, 74
KILLED = 128 + 9
CHANGES = ("open", "write", "fsync", "ftruncate", "rename", "link", "unlink")
#: Processes that write while the vault is backed up.
WRITERS = 8


def backed_up(home: Home, path: Path, *arguments: str, **options: Any) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(home.run("backup", path, "-o", "json", *arguments, **options).stdout)
    return told


def home_of(stage: Stage, backup: Path) -> Home:
    """Another machine, which has nothing but the backup and what opens it."""
    other = stage.home()
    shutil.rmtree(other.state)
    other.vault.unlink()
    shutil.copy(backup, other.vault)
    other.vault.chmod(0o600)
    other.user.take(other.path)
    return other


def verified(stage: Stage, backup: Path) -> list[dict[str, Any]]:
    """The record of a backup, which is a whole vault."""
    other = home_of(stage, backup)
    # 1: nothing outside the file vouches for its age, on a machine that sees it for the first time.
    assert other.run("verify", status=None).status in (0, 1)
    other.run("audit", "verify", status=0)
    record = entries(other)
    assert [entry["sequence"] for entry in record] == list(range(len(record)))
    other.remove()
    return record


def beside(path: Path) -> list[str]:
    return sorted(found.name for found in path.parent.iterdir() if found.name.startswith(path.name))


def test_a_backup_is_a_vault_of_its_own(stage: Stage, home: Home) -> None:
    path = home.path / "vault-monday.db"
    told = backed_up(home, path)
    record = entries(home)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600 and beside(path) == [path.name]
    assert told["file"] == str(path) and told["bytes"] == path.stat().st_size
    assert (told["profiles"], told["entries"]) == (3, len(record))
    assert told["checkpoint"].splitlines()[1:3] == [str(len(record)), told["root"]]
    assert (record[-1]["action"], record[-1]["outcome"]) == ("backup", "ok")
    assert record[-1]["detail"] == f"to {path}"
    assert verified(stage, path) == record, "the copy has the entry of its making"
    # What opened the vault on the day opens it, and it has the secrets.
    other = home_of(stage, path)
    variables = {"VAULTCTL_KEY_FILE": "", "VAULTCTL_PASSPHRASE_FILE": str(home.path / "passphrase")}
    shown = other.run("show", "ci", "--reveal", variables=variables, allowed=["secret"])
    assert shown.stdout == contoso.SECRETS["secret"] + "\n"


def test_while_eight_processes_write(stage: Stage, home: Home) -> None:
    destination = " ".join(home.variables["CLOUD"].split())
    where = f"--client-id {contoso.APPLICATION} --tenant {contoso.TENANT} {destination} --no-check"
    # Each until it is told to stop: every other one adds profiles.
    loops = [
        f"""i=0; while [ ! -e stop ]; do i=$((i + 1))
        vaultctl issue ci >/dev/null || exit 9
        {f'vaultctl add w{number}/$i {where} --secret-file secret >/dev/null || exit 9' if number % 2 else ''}
        done"""
        for number in range(WRITERS)
    ]
    before = len(entries(home))
    processes = [home.start("/bin/sh", "-c", loop) for loop in loops]
    try:
        sizes = []
        for number in range(4):
            path = home.path / f"backup-{number}.db"
            told = backed_up(home, path)
            record = verified(stage, path)
            assert told["entries"] == len(record)
            sizes.append(len(record))
    finally:
        home.write("stop", "")
    ended = [home.end(process) for process in processes]

    assert [one.shown() for one in ended if one.status] == []
    assert sizes == sorted(set(sizes)) and sizes[0] > before
    assert sizes[-1] - sizes[0] > 4, "hardly anybody wrote meanwhile, so that nothing was shown"
    assert json.loads(home.run("verify").stdout)["auditEntries"] > sizes[-1]


def test_nothing_is_replaced_unasked(stage: Stage, home: Home) -> None:
    path = home.write("vault-monday.db", "something else")
    ended = home.run("backup", path, status=EXISTS)
    assert ended.errors == [f"error: there is a file at {path} already"] and path.read_text() == "something else"
    backed_up(home, path, "--force")
    verified(stage, path)
    for place in (home.vault, Path(f"{home.vault}-journal"), Path(f"{home.vault}.lock")):
        assert home.run("backup", place, "--force", status=None).status in (64, EXISTS)
    home.run("backup", home.path / "no/such/directory/b.db", status=EXISTS)
    home.run("verify")


def test_what_does_not_verify_is_removed(home: Home) -> None:
    home.run("issue", "ci", allowed=["token"])
    # Opening does not read old entries; verifying does.
    with sqlite3.connect(home.vault) as database:
        database.execute("UPDATE audit SET seal = zeroblob(16) WHERE seq = 2")
    path = home.write("vault-monday.db", "the one of last week")
    ended = home.run("backup", path, "--force", status=DAMAGED)
    [error] = ended.errors
    assert error.startswith("error: the copy does not verify and was removed: the vault is damaged"), error
    assert beside(path) == [path.name] and path.read_text() == "the one of last week"
    last = entries(home)[-1]
    assert (last["action"], last["outcome"], last["code"]) == ("backup", "failed", DAMAGED)


def test_a_timer_backs_up_with_a_systemd_credential_while_an_agent_has_the_vault(stage: Stage, home: Home) -> None:
    directory = home.path / "credentials"
    directory.mkdir(mode=0o700)
    shutil.copy(home.path / "passphrase", directory / "vaultctl-passphrase")
    home.user.take(home.path)
    path = home.path / "vault.backup"
    variables = {"VAULTCTL_KEY_FILE": "", "VAULTCTL_NO_AGENT": "", "CREDENTIALS_DIRECTORY": str(directory)}
    with running_agent(home) as agent:
        for _ in range(2):
            backed_up(home, path, "--force", "--no-input", variables=variables)
            agent.run("issue", "ci", allowed=["token"])
        assert agent.run("status", "-q").status == 0
    verified(stage, path)


def test_what_was_left_by_a_killed_one_is_replaced(home: Home) -> None:
    path = home.path / "vault-monday.db"
    identifier = json.loads(home.run("status", "-o", "json", status=None).stdout)["id"]
    for suffix in ("", "-journal"):
        home.write(f"{path.name}.{identifier[:8]}.new{suffix}", "half a file")
    backed_up(home, path)
    assert beside(path) == [path.name]


# Struck


def place(home: Home) -> Path:
    """Where the shim strikes."""
    return home.path / ".local/vault-monday.db"


def whole_or_absent(struck: Struck) -> None:
    """There is a backup only as a whole, and there where it said done."""
    path = place(struck.home)
    if struck.ended.status == 0:
        assert path.exists(), struck.shown()
    if path.exists():
        vault = struck.home.vault
        vault.unlink()
        shutil.move(path, vault)
        verified_there = struck.home.run("verify", status=None)
        # 65: the anchor has seen the entry that says that it failed.
        assert verified_there.status == 0 or "rolled back" in verified_there.stderr, struck.shown()
        if verified_there.status:
            struck.home.run("audit", "anchor", "accept", "--yes")
            struck.home.run("verify")


BACKUP = Verb(
    "backup",
    lambda home: ["backup", str(place(home))],
    failures=frozenset({EXISTS, IO}),
    extra=(whole_or_absent,),
)


@pytest.mark.parametrize("how, calls", [("before", CHANGES), ("half", ("write",))], ids=["before", "half"])
def test_killed_at_any_call(stage: Stage, how: str, calls: tuple[str, ...], pytestconfig: pytest.Config) -> None:
    def judge(struck: Struck) -> None:
        assert struck.was_struck == (struck.ended.status == KILLED), struck.shown()
        check_vault(struck)
        whole_or_absent(struck)

    results = every(stage, BACKUP, how, judge, calls=calls, lasting=False, is_long=pytestconfig.option.long)
    assert sum(struck.was_struck for struck in results) >= min(4, len(results))


@pytest.mark.parametrize("lasting", [False, True], ids=["once", "lasting"])
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO], ids=["ENOSPC", "EIO"])
def test_any_call_may_fail(stage: Stage, number: int, lasting: bool, pytestconfig: pytest.Config) -> None:
    def judge(struck: Struck) -> None:
        assert struck.ended.status == 0 or struck.ended.status in BACKUP.failures, struck.shown()
        if struck.ended.status:
            assert len(struck.ended.errors) == 1 and not struck.ended.stdout, struck.shown()
        check_vault(struck)
        whole_or_absent(struck)

    calls = ("open", "write", "fsync", "ftruncate", "rename", "link", "unlink")
    results = every(stage, BACKUP, number, judge, calls=calls, lasting=lasting, is_long=pytestconfig.option.long)
    assert any(struck.was_struck for struck in results)
    if lasting:
        assert any(struck.ended.status for struck in results), "no strike had an effect"
