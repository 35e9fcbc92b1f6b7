"""`restore`: a verified backup takes the place of the vault in one step, and whoever had the other one open hears of it."""

from __future__ import annotations

import errno
import json
import os
import shutil
import sqlite3
import stat
from pathlib import Path
from typing import Any

import pytest

import contoso
import terminal
from agent import running_agent, wait_until
from conftest import Stage
from home import Home
from older import make_format_1
from rotating import SECRET, first_key_id, laboratory
from striking import Struck, Verb, entries, every
from test_backup import backed_up
from terminal import Typed

USAGE, DAMAGED, NOT_FOUND, EXISTS, IO, TRY_AGAIN, LOCKED = 64, 65, 66, 73, 74, 75, 77
KILLED = 128 + 9
CHANGES = ("open", "write", "fsync", "ftruncate", "rename", "link", "unlink", "mkdir")
REPLACED = "error: the vault's file was replaced or removed since it was opened here"


def restored(home: Home, path: Path, *arguments: str, **options: Any) -> tuple[dict[str, Any], str]:
    """What it told, and what it said."""
    ended = home.run("restore", path, "--yes", "-o", "json", *arguments, **options)
    return json.loads(ended.stdout), ended.stderr


def profiles(home: Home, **options: Any) -> set[str]:
    return {line.split("\t")[0] for line in home.run("list", **options).stdout.splitlines()}


def add(home: Home, name: str) -> None:
    where = ["--client-id", contoso.APPLICATION, "--tenant", contoso.TENANT, *home.variables["CLOUD"].split()]
    home.run("add", name, *where, "--secret-file", home.path / "secret", "--no-check")


def refused_until_accepted(home: Home) -> None:
    ended = home.run("list", status=DAMAGED)
    assert "was rolled back" in ended.stderr or "was forked" in ended.stderr
    home.run("audit", "anchor", "accept", "--yes", "--reason", "restored by hand")
    home.run("verify")


def test_where_there_is_no_vault(stage: Stage, home: Home) -> None:
    path = home.path / "vault-monday.db"
    backed_up(home, path)
    record = entries(home)
    shutil.rmtree(home.path / ".local")
    told, said = restored(home, path)

    assert told["kept"] is None and told["anchorAgrees"] and told["profiles"] == 3 and said == ""
    assert stat.S_IMODE(home.vault.stat().st_mode) == 0o600
    assert stat.S_IMODE(home.vault.parent.stat().st_mode) == 0o700
    assert sorted(found.name for found in home.vault.parent.iterdir()) == ["vault.db", "vault.db.lock"]
    now = entries(home)
    assert now[:-1] == record and now[-1]["action"] == "restore"
    assert now[-1]["detail"].startswith(f"from {path}, entries: {len(record)}, root: ")
    # Its anchor is written: the vault is not seen for the first time.
    home.run("verify")


def test_the_very_same_state_is_no_rollback(home: Home) -> None:
    path = home.path / "vault-monday.db"
    backed_up(home, path)
    told, said = restored(home, path)
    assert told["anchorAgrees"] and "warning" not in said
    kept = Path(told["kept"])
    assert kept.parent == home.vault.parent and kept.name.startswith("vault.db.before-restore-")
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    home.run("verify")
    assert profiles(home) == {"ci", "payroll", "prod/etl"}


def test_an_older_state_is_told_of_and_needs_the_anchor_accepted(home: Home) -> None:
    path = home.path / "vault-monday.db"
    then = backed_up(home, path)["entries"]
    for number in range(3):
        add(home, f"newer/{number}")
    home.run("rotate", "ci", "--secret-file", home.path / "new-secret")
    before, size = profiles(home), len(entries(home))

    ended = home.run("restore", path, status=LOCKED)
    assert ended.errors == ["error: there is no terminal to ask for a confirmation"]
    assert profiles(home) == before and len(entries(home)) == size

    told, said = restored(home, path)
    assert f"the vault there has {size} entries, {size - then} more than the backup" in said, said
    assert "not in the backup: newer/0, newer/1, newer/2" in said
    assert "with another secret in the backup: ci" in said
    assert "warning: it will be refused on this machine: the vault was rolled back" in said
    assert "hint: if it was you: vaultctl audit anchor accept" in said
    assert not told["anchorAgrees"]
    refused_until_accepted(home)
    assert profiles(home) == {"ci", "payroll", "prod/etl"}
    assert home.run("show", "ci", "--reveal", allowed=["secret"]).stdout == contoso.SECRETS["secret"] + "\n"
    assert [entry["action"] for entry in entries(home)[-3:]] == ["restore", "anchor-accept", "reveal"]

    # The one that was there is a vault, too, and can be put back.
    told, said = restored(home, Path(told["kept"]))
    refused_until_accepted(home)
    assert profiles(home) == before


def test_what_else_would_be_lost(home: Home) -> None:
    """Policies first: what a vault refuses must not be given without a word."""
    path = home.path / "vault-monday.db"
    home.run("policy", "add", "guard", "--profile", "ci", "--require-reason")
    home.run("policy", "add", "same", "--profile", "payroll", "--require-reason")
    home.run("selection", "save", "data", "--tag", "team=data")
    home.run("config", "set", "rotation.window", "10m")
    backed_up(home, path)
    home.run("policy", "add", "newer", "--profile", "ci", "--max-secret-age", "90d")
    home.run("policy", "remove", "guard")
    home.run("policy", "add", "guard", "--profile", "payroll", "--require-reason")
    home.run("selection", "save", "newer", "--tag", "prod")
    home.run("config", "set", "rotation.window", "20m")
    home.run("config", "set", "rotation.spread", "10s")
    home.run("config", "set", "anchor.journald", "off")
    home.run("edit", "ci", "--tag", "team=newer", "--description", "another")
    home.run("rename", "payroll", "wages")
    said = home.run("restore", path, status=LOCKED).stderr
    lost = [line.removeprefix("vaultctl: ") for line in said.splitlines() if "would be" in line]
    assert sorted(lost) == [
        "the policy guard would be changed",
        "the policy newer would be lost",
        "the selection @newer would be lost",
        "the setting anchor.journald would be lost",
        "the setting rotation.spread would be lost",
        "the setting rotation.window would be changed",
    ]
    assert [line.startswith("the policy") for line in lost] == [True] * 2 + [False] * 4, "policies first"
    assert "vaultctl: otherwise in the backup: ci (tags, description), wages (name)\n" in said, said
    restored(home, path)
    home.run("audit", "anchor", "accept", "--yes", "--reason", "restored by hand")
    assert {one["name"] for one in json.loads(home.run("policy", "list", "-o", "json").stdout)} == {"guard", "same"}


def test_a_policy_that_comes_while_somebody_is_asked_is_not_lost(home: Home) -> None:
    path = home.path / "vault-monday.db"
    backed_up(home, path)

    class Late(Typed):
        """Typed once somebody else has added a policy."""

        @property
        def keys(self) -> bytes:
            home.run("policy", "add", "meanwhile", "--profile", "ci", "--require-reason")
            return super().keys

    screen = terminal.run(home, f"vaultctl restore {path}", [Late(2, "y", is_echoed=True)])
    assert screen.status == TRY_AGAIN, screen.lines
    assert any("the vault was changed meanwhile; nothing was restored" in line for line in screen.lines)
    assert "meanwhile" in home.run("policy", "list").stdout


def test_an_unfinished_rotation_would_be_lost(stage: Stage) -> None:
    with laboratory(stage, 4) as lab:
        far = lab.home()
        profile = lab.add(far, "far", SECRET)
        path = far.path / "vault-monday.db"
        backed_up(far, path)
        profile.rotate("--grace", "24h", "--retire", first_key_id(profile.client))
        said = far.run("restore", path, status=LOCKED).stderr
        assert "with an unfinished rotation that the backup does not know so: far; finish it first" in said, said


def test_a_backup_takes_the_place_of_nothing_of_the_vault(home: Home) -> None:
    [anchor] = home.state.glob("*.anchor")
    remembered = anchor.read_bytes()
    beside = [Path(f"{home.vault}{suffix}") for suffix in (".reserve", ".restore", ".before-restore-20261123T081500Z")]
    for place in (anchor, home.state / "new", *beside, home.path / "key"):
        ended = home.run("backup", "--force", place, status=USAGE)
        assert "lies there" in ended.errors[0]
    assert anchor.read_bytes() == remembered and not any(place.exists() for place in beside)


def test_somebody_is_asked(home: Home) -> None:
    path = home.path / "vault-monday.db"
    backed_up(home, path)
    add(home, "newer")
    screen = terminal.run(home, f"vaultctl restore {path}", [Typed(3, "n", is_echoed=True)])
    assert screen.status == USAGE and "not confirmed; nothing was changed" in screen.lines[-1]
    assert "newer" in profiles(home)
    assert [found.name for found in home.vault.parent.iterdir() if "restore" in found.name] == []


def test_what_is_no_backup(stage: Stage, home: Home) -> None:
    backup = home.path / "vault-monday.db"
    backed_up(home, backup)
    before = home.vault.read_bytes()
    os.mkfifo(home.path / "pipe")
    tampered = home.path / "tampered.db"
    shutil.copy(backup, tampered)
    with sqlite3.connect(tampered) as database:
        database.execute("UPDATE audit SET seal = zeroblob(16) WHERE seq = 1")
    planted = home.path / "planted.db"
    shutil.copy(backup, planted)
    with sqlite3.connect(planted) as database:
        database.execute("CREATE TRIGGER evil AFTER INSERT ON profile BEGIN DELETE FROM audit; END")
    half = home.write("half.db", backup.read_bytes()[: backup.stat().st_size // 2])
    home.user.take(home.path)
    for path, status, words in [
        (home.path / "missing.db", NOT_FOUND, "there is no file at"),
        (home.write("text", "not a vault, but long enough to be taken for one"), DAMAGED, "not a vault"),
        (home.write("empty", ""), DAMAGED, "not a vault"),
        (home.path / "pipe", DAMAGED, "no regular file"),
        (home.path, DAMAGED, "no regular file"),
        (half, DAMAGED, ""),
        (tampered, DAMAGED, ""),
        (planted, DAMAGED, "unknown or changed trigger"),
        (home.vault, USAGE, "is the vault itself"),
    ]:
        ended = home.run("restore", path, "--yes", status=status)
        assert len(ended.errors) == 1 and words in ended.errors[0], ended.shown()
        assert home.vault.read_bytes() == before
    assert sorted(found.name for found in home.vault.parent.iterdir()) == ["vault.db", "vault.db.lock"]


def test_it_takes_what_opened_the_vault_then(home: Home) -> None:
    path = home.path / "vault-monday.db"
    backed_up(home, path)
    old, new = (f"--passphrase-file={home.path / name}" for name in ("passphrase", "new-passphrase"))
    cost = ["--kdf-memory", "64MiB", "--kdf-passes", "2"]
    home.run("passwd", old, f"--new-passphrase-file={home.path / 'new-passphrase'}", *cost)
    ended = home.run("restore", path, "--yes", new, variables={"VAULTCTL_KEY_FILE": ""}, status=LOCKED)
    assert ended.errors == ["error: wrong passphrase, or a damaged key slot"]
    told, said = restored(home, path, old, variables={"VAULTCTL_KEY_FILE": ""})
    assert "1 more than the backup" in said and "not in the backup" not in said
    home.run("audit", "anchor", "accept", "--yes")
    home.run("list", old, variables={"VAULTCTL_KEY_FILE": ""})
    home.run("list", new, variables={"VAULTCTL_KEY_FILE": ""}, status=LOCKED)


def test_over_a_vault_that_was_given_new_keys(home: Home) -> None:
    path = home.path / "vault-monday.db"
    backed_up(home, path)
    home.run("rekey", "--yes", "--no-recovery")
    told, said = restored(home, path)
    assert "the vault there cannot be read, so what would be lost is not known: it was given new keys since" in said
    refused_until_accepted(home)


@pytest.mark.parametrize("is_readable", [True, False], ids=["garbage", "unreadable"])
def test_over_a_vault_that_nobody_can_open_any_more(home: Home, is_readable: bool) -> None:
    """With what a killed process left of a transaction, which must not be undone in the restored one."""
    path = home.path / "vault-monday.db"
    backed_up(home, path)
    add(home, "newer")
    # A journal of a larger database would be played back into whatever lies beside it.
    shutil.copy(home.vault, home.path / "copy.db")
    with sqlite3.connect(home.path / "copy.db", isolation_level=None) as database:
        database.execute("PRAGMA cache_size = 1")
        database.execute("BEGIN IMMEDIATE")
        database.execute("UPDATE audit SET seal = randomblob(16)")
        database.execute("UPDATE profile SET secret = zeroblob(60000)")
        journal = (home.path / "copy.db-journal").read_bytes()
        database.execute("ROLLBACK")
    assert len(journal) > 8192
    hot = home.vault.with_name("vault.db-journal")
    hot.write_bytes(journal)
    hot.chmod(0o600)
    content = bytearray(home.vault.read_bytes())
    content[:64] = os.urandom(64)
    home.vault.write_bytes(content)
    home.user.take(home.path)
    # SQLite would play it back into whatever it can open.
    home.vault.chmod(0o600 if is_readable else 0)

    told, said = restored(home, path)
    assert not hot.exists()
    assert stat.S_IMODE(Path(told["kept"]).stat().st_mode) == 0o600
    refused_until_accepted(home)
    assert profiles(home) == {"ci", "payroll", "prod/etl"}


def test_another_vault_lies_there(stage: Stage, home: Home) -> None:
    path = home.path / "vault-monday.db"
    backed_up(home, path)
    home.vault.unlink()
    variables = {"VAULTCTL_KEY_FILE": "", "VAULTCTL_PASSPHRASE_FILE": str(home.path / "new-passphrase")}
    home.run("init", "--no-recovery", "--kdf-memory", "64MiB", "--kdf-passes", "2", variables=variables)
    identifier = json.loads(home.run("status", "-o", "json", status=None).stdout)["id"]
    assert home.run("restore", path, status=LOCKED).errors == ["error: there is no terminal to ask for a confirmation"]
    told, said = restored(home, path)
    assert f"another vault lies there: {identifier}, with 0 profiles and 1 entries" in said
    assert told["id"] != identifier and told["anchorAgrees"]
    home.run("verify")


def test_a_vault_of_an_older_format_is_brought_over(home: Home) -> None:
    make_format_1(home)
    path = home.path / "of-format-1.db"
    shutil.move(home.vault, path)
    home.user.take(home.path)
    told, _ = restored(home, path)
    assert json.loads(home.run("status", "-o", "json", status=None).stdout)["format"] == 2
    assert [entry["action"] for entry in entries(home)[-2:]] == ["migrate", "restore"]
    home.run("verify")


def test_an_agent_that_has_the_vault_unlocked_locks_it(home: Home) -> None:
    path = home.path / "vault-monday.db"
    backed_up(home, path)
    with running_agent(home) as agent:
        for _ in range(3):
            agent.run("issue", "ci", allowed=["token"])
        told, _ = restored(home, path)
        assert not told["anchorAgrees"]

        def is_locked() -> bool:
            return agent.run("status", status=None).status == LOCKED

        # Whoever asks before the agent has looked hears it, too.
        ended = agent.run("issue", "ci", "--force-refresh", status=LOCKED)
        assert ended.stdout == "", ended.shown()
        wait_until(is_locked, "the agent locks a vault whose file was replaced")
        shown = json.loads(agent.run("status", "-o", "json", status=LOCKED).stdout)
        assert "its file was replaced or removed" in json.dumps(shown), shown
        assert agent.unlock(status=DAMAGED).errors[0].startswith("error: the vault was rolled back")
        home.run("audit", "anchor", "accept", "--yes")
        agent.unlock()
        agent.run("issue", "ci", allowed=["token"])
    # What the agent had seen of the other file measures nothing any more.
    home.run("verify")
    assert json.loads(home.run("audit", "verify", "-o", "json").stdout)["anchorAgrees"]


def test_a_process_that_had_the_vault_open_writes_nothing_and_moves_no_anchor(stage: Stage, home: Home) -> None:
    path = home.path / "vault-monday.db"
    then = backed_up(home, path)["entries"]
    # So that it has seen more than the restored vault will have, with the entries that say so.
    for _ in range(4):
        home.run("issue", "prod/etl", allowed=["token"])
    # It holds the vault open until the provider answers.
    stage.emulator.set_fault("slow", seconds=5, count=1, path="token")
    process = home.start(home.programs / "vaultctl", "issue", "ci")
    wait_until(lambda: len(stage.emulator.token_requests()) == 2, "it asks the provider")
    told, _ = restored(home, path)
    home.run("audit", "anchor", "accept", "--yes")
    ended = home.end(process)

    assert ended.status == LOCKED and ended.stdout == "" and ended.errors == [REPLACED], ended.shown()
    home.run("verify")
    # Nor into the one that was there: of it there are the entries of the backup and four issuances.
    kept = sqlite3.connect(told["kept"])
    assert kept.execute("SELECT count(*) FROM audit").fetchone() == (then + 4,)


# Struck


def place(home: Home) -> Path:
    return home.path / ".local/vault-monday.db"


def _older(home: Home) -> None:
    backed_up(home, place(home))
    add(home, "newer")


def _none(home: Home) -> None:
    backed_up(home, place(home))
    home.vault.unlink()
    for anchor in home.state.glob("*.anchor"):
        anchor.unlink()


def old_or_new(struck: Struck) -> None:
    """One of the two vaults is there, whole; the other one where it said that it restored it."""
    home = struck.home
    ended = home.run("verify", status=None)
    is_restored = ended.status == DAMAGED
    if is_restored:
        assert "rolled back" in ended.stderr or "forked" in ended.stderr, f"{struck.shown()}\n{ended.shown()}"
        home.run("audit", "anchor", "accept", "--yes")
        home.run("verify")
    assert ("newer" not in profiles(home)) == is_restored, struck.shown()
    if struck.ended.status == 0:
        assert is_restored, struck.shown()
        [kept] = home.vault.parent.glob("vault.db.before-restore-*")
        assert sqlite3.connect(kept).execute("SELECT count(*) FROM profile").fetchone() == (4,), struck.shown()
    # It can be done, whatever was left.
    restored(home, place(home))
    home.run("audit", "anchor", "accept", "--yes")
    home.run("verify")


def none_or_new(struck: Struck) -> None:
    home = struck.home
    if struck.ended.status == 0:
        assert home.vault.exists(), struck.shown()
    if not home.vault.exists():
        restored(home, place(home))
    ended = home.run("verify", status=None)
    # 1: the anchor could not be written any more.
    assert ended.status in (0, 1), f"{struck.shown()}\n{ended.shown()}"


RESTORES = [
    Verb("over", lambda home: ["restore", "--yes", str(place(home))], frozenset({EXISTS, IO}), _older, extra=(old_or_new,)),
    Verb("new", lambda home: ["restore", str(place(home))], frozenset({EXISTS, IO}), _none, extra=(none_or_new,)),
]


@pytest.mark.parametrize("how, calls", [("before", CHANGES), ("half", ("write",))], ids=["before", "half"])
@pytest.mark.parametrize("verb", RESTORES, ids=lambda verb: verb.name)
def test_killed_at_any_call(
    stage: Stage, verb: Verb, how: str, calls: tuple[str, ...], pytestconfig: pytest.Config
) -> None:
    def judge(struck: Struck) -> None:
        assert struck.was_struck == (struck.ended.status == KILLED), struck.shown()
        for check in verb.extra:
            check(struck)

    results = every(stage, verb, how, judge, calls=calls, lasting=False, is_long=pytestconfig.option.long)
    assert sum(struck.was_struck for struck in results) >= min(4, len(results))


@pytest.mark.parametrize("lasting", [False, True], ids=["once", "lasting"])
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO], ids=["ENOSPC", "EIO"])
@pytest.mark.parametrize("verb", RESTORES, ids=lambda verb: verb.name)
def test_any_call_may_fail(stage: Stage, verb: Verb, number: int, lasting: bool, pytestconfig: pytest.Config) -> None:
    def judge(struck: Struck) -> None:
        status = struck.ended.status
        assert status == 0 or status in verb.failures, struck.shown()
        if status:
            assert len(struck.ended.errors) == 1 and not struck.ended.stdout, struck.shown()
        for check in verb.extra:
            check(struck)

    results = every(stage, verb, number, judge, calls=CHANGES, lasting=lasting, is_long=pytestconfig.option.long)
    assert any(struck.was_struck for struck in results)
    if lasting:
        assert any(struck.ended.status for struck in results), "no strike had an effect"
