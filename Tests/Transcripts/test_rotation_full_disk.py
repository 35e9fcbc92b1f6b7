"""A disk that is full at the one moment that counts: when the provider has shown a new secret, and it is to be stored.

The provider shows it once. Room was set aside for it; if that is not enough it is written on standard error, sealed.
"""

from __future__ import annotations

import errno
import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from agent import ASKING, running_agent
from conftest import Stage
from home import Ended, Home
from rotating import SECRET, WORKSPACE, Lab, Profile, laboratory
from striking import INIT, Strike

#: What fails on a full disk. `posix_fallocate`, which sets the room aside, is not among them.
GROWING = ("write", "ftruncate")


@pytest.fixture(scope="module")
def lab(stage: Stage) -> Iterator[Lab]:
    with laboratory(stage, 120) as found:
        yield found


@dataclass(frozen=True)
class Tried:
    """A rotation on a disk that got full."""

    profile: Profile
    ended: Ended
    reserve_is_left: bool


def reserve(home: Home) -> list[Path]:
    return [path for path in home.vault.parent.iterdir() if "reserve" in path.name]


@contextmanager
def record(stage: Stage, home: Home) -> Iterator[Path]:
    with tempfile.NamedTemporaryFile(dir=stage.homes, suffix=".record") as file:
        file.truncate(4096)
        home.user.take(Path(file.name))
        yield Path(file.name)


def rotate(stage: Stage, lab: Lab, kind: str, at: int, *, lasting: bool, through: str = "file") -> Tried:
    """Rotates in a new home where the disk is full from the ``at``-th write on, or for that one only."""
    home = lab.home()
    profile = lab.add(home, "p", kind)
    with record(stage, home) as file:
        variables = Strike(at, errno.ENOSPC, GROWING, lasting).variables(home, stage.shim, file)
        if through == "agent":
            with running_agent(home, variables={"VAULTCTL_NO_AGENT": "", **variables}) as agent:
                ended = home.run("rotate", "p", variables=ASKING, status=None)
                # On a full disk it need not end well.
                agent.kill()
        else:
            ended = home.run("rotate", "p", variables=variables, status=None)
    return Tried(profile, ended, bool(reserve(home)))


def first_after(stage: Stage, lab: Lab, kind: str, through: str) -> int:
    """The first write after the provider has made the secret, found by halving: each write before keeps it from that."""
    before, after = 0, 400
    while after - before > 1:
        middle = (before + after) // 2
        tried = rotate(stage, lab, kind, middle, lasting=True, through=through)
        if tried.profile.made:
            after = middle
        else:
            # Nothing was made, nothing changed.
            assert tried.ended.status == 74, tried.ended.shown()
            before = middle
    return after


@dataclass(frozen=True)
class Full:
    """A vault whose new secret had no room."""

    home: Home
    profile: Profile
    armour: str


@pytest.fixture(scope="module", params=[(SECRET, "file"), (WORKSPACE, "file"), (SECRET, "agent")], ids="-".join)
def moment(request: pytest.FixtureRequest, stage: Stage, lab: Lab) -> tuple[str, str, int]:
    """What is rotated, by whom, and the write that fails."""
    kind, through = request.param
    lab.emulator.clear()
    return kind, through, first_after(stage, lab, kind, through)


@pytest.fixture
def full(stage: Stage, lab: Lab, moment: tuple[str, str, int]) -> Full:
    kind, through, at = moment
    tried = rotate(stage, lab, kind, at, lasting=True, through=through)
    assert tried.ended.status == 74, tried.ended.shown()
    return Full(tried.profile.home, tried.profile, tried.ended.armour)


def test_the_room_set_aside_is_used(stage: Stage, lab: Lab, moment: tuple[str, str, int]) -> None:
    kind, through, at = moment
    tried = rotate(stage, lab, kind, at, lasting=False, through=through)
    assert tried.ended.status == 0, tried.ended.shown()
    assert not tried.reserve_is_left, "the disk was full, and the room that was set aside was not given back"
    assert len(tried.profile.made) == 1
    tried.profile.check_settled()


def test_without_any_room_the_sealed_block_is_all_there_is(full: Full) -> None:
    profile = full.profile
    [left] = profile.rotations
    assert left["state"] == "planned"
    profile.issue()
    # Among the lines of a log, as a terminal or a journal has them.
    file = full.home.write("block", f"Nov 23 05:00:00 rotate\n{full.armour}and more\n")
    ended = full.home.run("rotation", "recover", file)
    assert json.loads(ended.stdout)["state"] == "obtained"
    assert "vaultctl: the new credential is stored; go on: vaultctl rotation resume p" in ended.stderr
    assert ("credential-add", "ok") == profile.steps[-1]
    # It has gone on since.
    again = full.home.run("rotation", "recover", stdin=full.armour, status=73)
    assert again.errors == ["error: the rotation has gone on since: it is obtained"]
    full.home.run("rotation", "resume", "p")
    assert len(profile.made) == 1, "another one was made where one had been recovered"
    [made] = profile.ours
    assert profile.key_id == made["keyId"]
    profile.check_settled()
    again = full.home.run("rotation", "recover", stdin=full.armour, status=73)
    assert again.errors == ["error: the rotation has gone on since: it is promoted"]


def test_what_was_not_recovered_is_found_and_removed(full: Full) -> None:
    profile = full.profile
    full.home.run("rotation", "resume", "--all")
    profile.check_settled()
    if profile.kind == SECRET:
        assert profile.ours == []
    # The block is of no use any more, and says so.
    ended = full.home.run("rotation", "recover", stdin=full.armour, status=66)
    assert ended.errors[0].startswith("error: there is no rotation "), ended.shown()
    profile.rotate()
    profile.check_settled()


def test_what_is_no_block_of_this_vault_changes_nothing(stage: Stage, full: Full) -> None:
    lines = full.armour.splitlines(keepends=True)
    # Copies of a home have the same vault: another one has its own keys.
    foreign = stage.empty_home()
    foreign.run(*INIT.arguments(foreign), variables={"VAULTCTL_KEY_FILE": ""})
    opened = {"VAULTCTL_KEY_FILE": "", "VAULTCTL_PASSPHRASE_FILE": str(foreign.path / "passphrase")}
    ended = foreign.run("rotation", "recover", stdin=full.armour, status=64, variables=opened)
    assert ended.errors == ["error: the sealed rotation is of another vault"]
    assert "hint: --vault PATH names the vault" in ended.stderr
    middle = len(lines) // 2
    changed = lines[middle].swapcase()
    for text, status in [
        ("", 78),
        ("nothing of the kind\n", 78),
        ("".join(lines[:-1]), 78),
        ("".join(lines[1:]), 78),
        ("".join(lines[:middle] + lines[middle + 1 :]), 78),
        ("".join([*lines[:middle], changed, *lines[middle + 1 :]]), 65),
        ("".join([*lines[:middle], "*" * 64 + "\n", *lines[middle + 1 :]]), 78),
    ]:
        ended = full.home.run("rotation", "recover", stdin=text, status=None)
        assert ended.status in (status, 65, 78) and len(ended.errors) == 1, f"{text}\n{ended.shown()}"
        assert ended.stdout == ""
    [left] = full.profile.rotations
    assert left["state"] == "planned"
    full.home.run("rotation", "recover", stdin=full.armour)
    full.home.run("rotation", "resume", "p")
    full.profile.check_settled()
