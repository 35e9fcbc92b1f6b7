"""`merge`: what another vault has and this one has not, once, with where it came from; nothing here is lost."""

from __future__ import annotations

import errno
import json
import shutil
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import contoso
from conftest import Stage
from home import Home
from rotating import SECRET, first_key_id, laboratory
from striking import Struck, Verb, check_vault, entries, every

USAGE, DAMAGED, NOT_FOUND, EXISTS, IO, TRY_AGAIN, LOCKED = 64, 65, 66, 73, 74, 75, 77
KILLED = 128 + 9
CHANGES = ("open", "write", "fsync", "ftruncate", "rename", "link", "unlink")
INIT = ("init", "--no-recovery", "--kdf-memory", "64MiB", "--kdf-passes", "2")


def add(home: Home, name: str, *options: str, secret: str = "secret", application: str = contoso.APPLICATION) -> None:
    where = ["--client-id", application, "--tenant", contoso.TENANT, *home.variables["CLOUD"].split()]
    home.run("add", name, *where, "--secret-file", home.path / secret, "--no-check", *options)


def profiles(home: Home) -> dict[str, dict[str, Any]]:
    return {found["name"]: found for found in json.loads(home.run("list", "-o", "json").stdout)}


def secret(home: Home, name: str) -> str:
    return home.run("show", name, "--reveal", allowed=["secret"]).stdout.strip()


def merged(home: Home, path: Path, *arguments: str, **options: Any) -> dict[str, tuple[str, str | None, str | None]]:
    """What became of each profile of the other vault: result, name here, detail."""
    ended = home.run("merge", path, "-o", "json", *arguments, **options)
    return {row["profile"]: (row["result"], row["here"], row["detail"]) for row in json.loads(ended.stdout)}


def bring(other: Home, home: Home) -> Path:
    """Another vault's file, as it was carried over."""
    path = home.path / "other.db"
    path.unlink(missing_ok=True)
    shutil.copy(other.vault, path)
    home.user.take(home.path)
    return path


@pytest.fixture
def other(stage: Stage) -> Home:
    """The same vault on another machine."""
    return stage.home()


@pytest.fixture
def stranger(stage: Stage) -> Home:
    """A vault of another id, with its own passphrase."""
    home = stage.home()
    home.vault.unlink()
    variables = {"VAULTCTL_KEY_FILE": "", "VAULTCTL_PASSPHRASE_FILE": str(home.path / "new-passphrase")}
    home.run(*INIT, variables=variables)
    home.run("slot", "add", "--new-key-file", home.write("other-key", "another-key-of-transcripts-0815\n"), variables=variables)
    return Home(home.path, home.programs, {**home.variables, "VAULTCTL_KEY_FILE": str(home.path / "other-key")})


FROM = ("--from-passphrase-file", "new-passphrase")


# What becomes of a profile


@dataclass(frozen=True)
class Case:
    """One profile that both vaults began with, or neither: what was done to it on either side, and what comes of it."""

    name: str
    here: tuple[tuple[str, ...], ...]
    there: tuple[tuple[str, ...], ...]
    profile: str
    #: Result, and detail, without a preference, and the results with `ours` and `theirs`.
    result: str
    detail: str | None = None
    preferred: tuple[str, str] = ("same", "same")


WHERE = ("--client-id", contoso.APPLICATION, "--tenant", contoso.TENANT)
ELSE = ("--client-id", contoso.SECOND_APPLICATION, "--tenant", contoso.TENANT)
NEW = (*WHERE, "CLOUD", "--resource", "vault", "--secret-file", "secret", "--no-check")
ROTATE = ("rotate", "ci", "--secret-file", "new-secret")
CASES = [
    Case("untouched", (), (), "ci", "same"),
    Case("only-there", (), (("add", "new", *NEW),), "new", "added", preferred=("added", "added")),
    Case("removed-here", (("remove", "ci", "--yes"),), (), "ci", "added", preferred=("added", "added")),
    Case("rotated-there", (), (ROTATE,), "ci", "conflict", "secret (theirs is newer)", ("kept", "replaced")),
    Case("rotated-here", (ROTATE,), (), "ci", "conflict", "secret (ours is newer)", ("kept", "replaced")),
    Case("rotated-alike", (ROTATE,), (ROTATE,), "ci", "same"),
    Case("renamed-there", (), (("rename", "ci", "cd"),), "cd", "same"),
    Case("renamed-here", (("rename", "ci", "cd"),), (), "ci", "same"),
    Case("tagged-there", (), (("edit", "ci", "--tag", "x"),), "ci", "conflict", "tags", ("kept", "replaced")),
    Case(
        "much-changed", (("edit", "ci", "--description", "here"),),
        (("edit", "ci", "--description", "there", "--resource", "arm"), ROTATE), "ci",
        "conflict", "secret (theirs is newer), audience, description", ("kept", "replaced"),
    ),
    Case(
        "made-on-both-sides", (("add", "new", *NEW),), (("add", "new", *NEW),), "new", "same",
    ),
    Case(
        "made-under-another-name", (("add", "mine", *NEW),), (("add", "new", *NEW),), "new", "added",
        preferred=("added", "added"),
    ),
    Case(
        "name-taken", (("add", "new", *NEW),),
        (("add", "new", *ELSE, "CLOUD", "--secret-file", "second-secret", "--no-check"),),
        "new", "added", "new is another one here", ("added", "added"),
    ),
]


def do(home: Home, commands: tuple[tuple[str, ...], ...]) -> None:
    for command in commands:
        home.run(*[word for part in command for word in (home.variables["CLOUD"].split() if part == "CLOUD" else [part])])


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_becomes_of_a_profile(home: Home, other: Home, case: Case) -> None:
    do(home, case.here)
    do(other, case.there)
    path = bring(other, home)
    before, size = profiles(home), len(entries(home))
    content = path.read_bytes()
    status = EXISTS if case.result == "conflict" else 0

    tried = merged(home, path, "--dry-run", status=status)
    assert profiles(home) == before and len(entries(home)) == size, "a trial changes nothing"
    result, here, detail = tried[case.profile]
    assert (result, detail) == (case.result, case.detail)
    for preference, expected in zip(("ours", "theirs"), case.preferred):
        assert merged(home, path, "--dry-run", "--prefer", preference)[case.profile][0] == expected

    assert merged(home, path, status=status) == tried
    if result in ("same", "conflict"):
        assert profiles(home) == before
    else:
        assert profiles(home).keys() - before.keys() == {here}
        assert secret(home, here or "") == secret(other, case.profile)
    home.run("verify")
    assert path.read_bytes() == content, "the other vault is only read"
    # Done twice it adds none twice.
    again = merged(home, path, status=status)
    assert again[case.profile][0] == ("same" if case.result == "added" else case.result)

    if case.preferred[1] == "replaced":
        assert merged(home, path, "--prefer", "theirs")[case.profile][0] == "replaced"
        assert secret(home, case.profile) == secret(other, case.profile)
        ours, theirs = profiles(home)[case.profile], profiles(other)[case.profile]
        assert {key: ours[key] for key in ("tags", "scope", "description") if key in ours} == {
            key: theirs[key] for key in ("tags", "scope", "description") if key in theirs
        }
        assert merged(home, path)[case.profile][0] == "same"
        home.run("issue", case.profile, allowed=["token"], status=None)
    home.run("verify")
    home.run("audit", "verify")


def test_the_record_says_where_it_came_from(home: Home, stranger: Home) -> None:
    add(stranger, "theirs/a", "--resource", "arm")
    add(stranger, "ci", secret="second-secret", application=contoso.SECOND_APPLICATION)
    path = bring(stranger, home)
    told = json.loads(stranger.run("verify").stdout)
    identifier = json.loads(stranger.run("status", "-o", "json", status=None).stdout)["id"]
    size = len(entries(home))
    ended = home.run("merge", path, "-o", "json", *FROM)
    assert "added 2; settings, selections, policies and tokens are not taken over" in ended.stderr

    merge, *added = entries(home)[size:]
    assert (merge["action"], merge["outcome"]) == ("merge", "ok")
    assert merge["detail"] == (
        f"from {path}, vault: {identifier}, entries: {told['auditEntries']}, root: {told['auditRoot']}; added: 2"
    )
    assert [(one["action"], one["profile"], one["detail"]) for one in added] == [
        ("add", "ci-2", f"merged from vault {identifier}"),
        ("add", "theirs/a", f"merged from vault {identifier}"),
    ]
    assert secret(home, "ci-2") == contoso.SECRETS["second-secret"]
    assert secret(home, "ci") == contoso.SECRETS["secret"]
    home.run("issue", "theirs/a", allowed=["token"])


def test_which_passphrase_opens_it(home: Home, stranger: Home) -> None:
    add(stranger, "theirs")
    path = bring(stranger, home)
    shutil.copy(stranger.path / "other-key", home.path / "other-key")
    home.user.take(home.path)
    # Ours is tried first; then somebody would be asked.
    ended = home.run("merge", path, status=LOCKED)
    assert ended.errors == ["error: there is no terminal to ask for the other vault's passphrase"]
    assert "--from-passphrase-file" in ended.stderr
    ended = home.run("merge", path, "--from-passphrase-file", "passphrase", status=LOCKED)
    assert ended.errors == ["error: wrong passphrase, or a damaged key slot"]
    home.run("merge", path, "--from-passphrase-file", "passphrase", "--from-key-file", "key", status=USAGE)
    assert "theirs" not in profiles(home)
    assert merged(home, path, "--from-key-file", "other-key")["theirs"][0] == "added"


def test_what_is_no_other_vault(home: Home, other: Home) -> None:
    path = bring(other, home)
    tampered = home.path / "tampered.db"
    shutil.copy(path, tampered)
    with sqlite3.connect(tampered) as database:
        database.execute("UPDATE audit SET seal = zeroblob(16) WHERE seq = 1")
    home.user.take(home.path)
    size = len(entries(home))
    for file, status, words in [
        (home.path / "missing.db", NOT_FOUND, "there is no file at"),
        (home.write("text", "no vault, but long enough to be taken for one"), DAMAGED, "not a vault"),
        (home.path, DAMAGED, "no regular file"),
        (tampered, DAMAGED, "damaged or was tampered with"),
        (home.vault, USAGE, "is the vault itself"),
    ]:
        ended = home.run("merge", file, status=status)
        assert len(ended.errors) == 1 and words in ended.errors[0], ended.shown()
    assert len(entries(home)) == size


def test_one_principal_of_two_vaults_is_one_profile(home: Home, stranger: Home) -> None:
    """What other people call it does not make it another one; what it is for does."""
    add(home, "etl/arm", "--resource", "arm")
    add(stranger, "team/etl", "--resource", "arm")
    add(stranger, "team/etl-vault", "--resource", "keyvault")
    path = bring(stranger, home)
    result = merged(home, path, *FROM)
    assert result == {"team/etl": ("same", "etl/arm", None), "team/etl-vault": ("added", "team/etl-vault", None)}
    assert merged(home, path, *FROM)["team/etl-vault"][0] == "same"


def test_an_unfinished_rotation_there_is_left_out(stage: Stage) -> None:
    with laboratory(stage, 4) as lab:
        far = lab.home()
        profile = lab.add(far, "far", SECRET)
        lab.add(far, "near", SECRET)
        near = lab.home()
        # Made and in use; at the provider the old one is to be removed when its grace is over, by the vault that knows it.
        profile.rotate("--grace", "24h", "--retire", first_key_id(profile.client))
        path = bring(far, near)
        size = len(entries(near))
        tried = near.run("merge", path, "--dry-run", status=TRY_AGAIN)
        assert tried.errors == ["error: not all profiles were taken over; those left out say why"]
        result = merged(near, path, status=TRY_AGAIN)
        assert result["far"] == ("left-out", None, "a rotation of it is unfinished there")
        assert result["near"][0] == "added"
        assert "far" not in profiles(near) and len(entries(near)) == size + 2
        # And where the rotation is here, what is there does not take its place.
        near.run("merge", path, status=TRY_AGAIN)
        here = merged(far, bring(near, far), "--prefer", "theirs")
        assert here["near"][0] == "same"


def test_a_vault_that_was_forked_is_one_again(home: Home, other: Home) -> None:
    """This machine has seen one line of the vault go on, and finds the other one in its place."""
    add(home, "ours")
    add(other, "theirs/1")
    add(other, "theirs/2")
    mine = home.path / "ours.db"
    shutil.move(home.vault, mine)
    shutil.copy(other.vault, home.vault)
    home.user.take(home.path)
    assert "was forked" in home.run("list", status=DAMAGED).stderr
    # A third line is not what this machine has seen either.
    third = other.copy(other.path.parent)
    shutil.copy(mine, third.path / "keep.db")
    add(third, "third")
    ended = home.run("merge", bring(third, home), status=DAMAGED)
    assert "was forked" in ended.stderr
    assert "was forked" in home.run("list", status=DAMAGED).stderr

    assert merged(home, mine, "--dry-run")["ours"][0] == "added"
    assert "was forked" in home.run("list", status=DAMAGED).stderr, "a trial changes nothing"
    ended = home.run("merge", mine)
    assert "this machine had seen the other vault, and takes this one for its continuation now" in ended.stderr
    assert {"ours", "theirs/1", "theirs/2", "ci"} <= profiles(home).keys()
    assert json.loads(home.run("verify").stdout)["anchorAgrees"]
    assert [entry["action"] for entry in entries(home)[-2:]] == ["merge", "add"]


def test_an_older_vault_takes_back_what_it_lost(home: Home) -> None:
    """Rolled back, and the newer state is at hand: what the machine has seen is in the other file."""
    older = home.path / "older.db"
    shutil.copy(home.vault, older)
    add(home, "newer")
    newer = home.path / "newer.db"
    shutil.move(home.vault, newer)
    shutil.move(older, home.vault)
    home.user.take(home.path)
    assert "was rolled back" in home.run("list", status=DAMAGED).stderr
    assert merged(home, newer)["newer"][0] == "added"
    home.run("verify")


def test_a_vault_without_its_anchor_is_taken_on_trust_aloud(home: Home, other: Home) -> None:
    """It may have been put back: a merge must not make that the truth without a word."""
    add(other, "theirs")
    path = bring(other, home)
    [anchor] = home.state.glob("*.anchor")
    anchor.unlink()
    notice = "warning: this machine sees the vault for the first time: its history until now is taken on trust"
    assert notice in home.run("merge", path, "--dry-run").stderr
    assert not anchor.exists(), "a trial changes nothing"
    assert notice in home.run("merge", path).stderr
    assert notice not in home.run("merge", path).stderr


# Struck


def _two(home: Home) -> None:
    copy = home.path / ".local/other.db"
    add(home, "added")
    shutil.copy(home.vault, copy)
    home.user.take(home.path)
    home.run("remove", "added", "--yes")


def all_or_nothing(struck: Struck) -> None:
    home = struck.home
    record = [entry["action"] for entry in entries(home)]
    assert ("added" in profiles(home)) == ("merge" in record), struck.shown()
    if struck.ended.status == 0:
        assert "merge" in record
    home.run("merge", home.path / ".local/other.db")
    assert secret(home, "added") == contoso.SECRETS["secret"]


MERGE = Verb(
    "merge", lambda home: ["merge", f"{home.path}/.local/other.db"], prepare=_two, extra=(all_or_nothing,)
)


@pytest.mark.parametrize("how, calls", [("before", CHANGES), ("half", ("write",))], ids=["before", "half"])
def test_killed_at_any_call(stage: Stage, how: str, calls: tuple[str, ...], pytestconfig: pytest.Config) -> None:
    def judge(struck: Struck) -> None:
        assert struck.was_struck == (struck.ended.status == KILLED), struck.shown()
        check_vault(struck)
        all_or_nothing(struck)

    results = every(stage, MERGE, how, judge, calls=calls, lasting=False, is_long=pytestconfig.option.long)
    assert sum(struck.was_struck for struck in results) >= min(4, len(results))


@pytest.mark.parametrize("lasting", [False, True], ids=["once", "lasting"])
def test_on_a_full_disk(stage: Stage, lasting: bool, pytestconfig: pytest.Config) -> None:
    def judge(struck: Struck) -> None:
        assert struck.ended.status == 0 or struck.ended.status in MERGE.failures, struck.shown()
        check_vault(struck)
        all_or_nothing(struck)

    calls = ("open", "write", "fsync", "ftruncate", "rename", "link")
    results = every(stage, MERGE, errno.ENOSPC, judge, calls=calls, lasting=lasting, is_long=pytestconfig.option.long)
    assert any(struck.was_struck for struck in results)
