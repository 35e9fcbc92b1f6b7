"""`import --shred` killed before any call that changes a file of the vault or of az, or halfway through a write: no secret is
ever neither in the vault nor in the original, and the next run ends clean."""

from __future__ import annotations

import errno
import json
import random
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from conftest import Stage
from home import Home
from shredding import COUNT, Principals, arguments, file, principals, secret, shred, stored, text, write_entries
from striking import WORKERS, Strike, Struck, Verb, entries, strike

CHANGES = ("open", "write", "fsync", "ftruncate", "rename", "link", "unlink")
KILLED = 128 + 9
#: How many points are struck in a run without ``--long``, of the vault's files and of the originals.
SAMPLE = 8


@dataclass(frozen=True)
class StrikeUnder(Strike):
    """At calls on files below these folders of the home."""

    folders: tuple[str, ...] = ()

    def variables(self, home: Home, shim: Path, record: Path) -> dict[str, str]:
        under = ":".join(str(home.path / folder) for folder in self.folders)
        return {**super().variables(home, shim, record), "FAULT_UNDER": under}


@pytest.fixture(scope="module")
def some(stage: Stage) -> Iterator[Principals]:
    with principals(stage) as found:
        yield found


def strikes_of(stage: Stage, verb: Verb, begin: Home, folder: str, is_long: bool) -> list[StrikeUnder]:
    counted = strike(stage, verb, begin, StrikeUnder(0, "before", CHANGES, folders=(folder,)), lambda struck: None)
    assert counted.ended.status == 0, counted.shown()
    counts = Counter(counted.order)
    all_of = [StrikeUnder(at, "before", CHANGES, folders=(folder,)) for at in range(1, counted.calls + 1)]
    all_of += [StrikeUnder(at, "half", ("write",), folders=(folder,)) for at in range(1, counts["write"] + 1)]
    print(f"\n{folder}: {dict(counts)}")
    return all_of if is_long else random.Random(folder).sample(all_of, min(SAMPLE, len(all_of)))


def check(struck: Struck, count: int) -> None:
    """No secret is lost, the file is whole, and the next run does what is left to do."""
    home = struck.home
    everything = {secret(number) for number in range(count)}
    done = text(list(range(count)), frozenset(range(count))).encode()
    content = file(home).read_bytes()
    assert content in (text(list(range(count))).encode(), done), struck.shown()
    lying = {entry["client_secret"] for entry in json.loads(content)} - {""}
    assert lying | stored(home) == everything, struck.shown()
    told = shred(home)
    assert {one["result"] for one in told} <= {"added", "there already"}, struck.shown()
    assert file(home).read_bytes() == done
    assert stored(home) == everything
    assert [path.name for path in (home.path / ".azure").iterdir()] == [file(home).name], struck.shown()
    assert len(home.run("list").stdout.splitlines()) == count
    home.run("verify")
    assert [entry["sequence"] for entry in entries(home)] == list(range(len(entries(home))))


@pytest.mark.parametrize("count", [1, COUNT])
def test_killed_at_any_call(stage: Stage, some: Principals, count: int, pytestconfig: pytest.Config) -> None:
    begin = some.home()
    write_entries(begin, list(range(count)))
    # One after another: how many of them share a transaction would be another number each time, and the calls with it.
    verb = Verb("import-shred", lambda home: [*arguments(home), "--jobs", "1"])

    def judge(struck: Struck) -> None:
        assert struck.was_struck == (struck.ended.status == KILLED), struck.shown()
        check(struck, count)

    is_long = pytestconfig.option.long
    chosen = strikes_of(stage, verb, begin, ".azure", is_long or count == 1)
    chosen += strikes_of(stage, verb, begin, ".local", is_long)
    with ThreadPoolExecutor(WORKERS) as pool:
        results = list(pool.map(lambda one: strike(stage, verb, begin, one, judge), chosen))
    assert sum(struck.was_struck for struck in results) >= len(results) - 2, "hardly anything was killed"


def test_a_call_that_fails(stage: Stage, some: Principals) -> None:
    """Whatever the disk refuses: it is said, and nothing is lost. The first call of all is to look for what a run left."""
    begin = some.home()
    write_entries(begin, [0])
    verb = Verb("import-shred", lambda home: arguments(home))

    def judge(struck: Struck) -> None:
        assert struck.was_struck and struck.ended.status in (0, 74, 77), struck.shown()
        assert struck.ended.status != 0 or struck.where.startswith("rename"), struck.shown()
        check(struck, 1)

    strikes = [one for one in strikes_of(stage, verb, begin, ".azure", True) if one.how == "before"]
    failing = [replace(one, how=error) for one in strikes for error in (errno.EIO, errno.ENOSPC)]
    with ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(lambda one: strike(stage, verb, begin, one, judge), failing))


def test_a_file_system_where_files_cannot_change_places(stage: Stage, some: Principals) -> None:
    begin = some.home()
    write_entries(begin, [0])
    verb = Verb("import-shred", lambda home: arguments(home))

    def judge(struck: Struck) -> None:
        assert struck.was_struck and struck.ended.status == 0, struck.shown()
        assert file(struck.home).read_bytes() == text([0], frozenset([0])).encode()
        check(struck, 1)

    strike(stage, verb, begin, StrikeUnder(2, errno.EINVAL, ("rename",), folders=(".azure",)), judge)
