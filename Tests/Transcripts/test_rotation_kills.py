"""A rotation that is killed at any moment: before a call that changes a file, halfway through a write, or at a call on
a connection, so that its request did not go out, or its answer never came.

Whatever it left, the profile issues tokens at once; and after `rotation resume --all`, or when it is rotated again,
there is nothing left over at the provider.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from conftest import Stage
from home import Home
from rotating import CERTIFICATE, DATABRICKS, KINDS, SECRET, WORKSPACE, Lab, Profile, first_key_id, laboratory
from striking import NETWORK, WORKERS, Strike, Struck, Verb, entries, strike

CHANGES = ("open", "write", "fsync", "ftruncate", "rename", "link", "unlink")
KILLED = 128 + 9
#: How many calls on files, and on connections, are struck in a run without `--long`; besides the last of each of these.
SAMPLE_OF_FILES, SAMPLE_OF_NETWORK = 5, 4


@dataclass
class Work:
    """One verb that changes something at a provider, and whom it was done to in each home."""

    name: str
    kind: str
    command: list[str]
    #: What was done before.
    before: Callable[[Profile], object] = lambda profile: None
    retires: bool = False
    profiles: dict[Path, Profile] = field(default_factory=dict)

    def verb(self, lab: Lab) -> Verb:
        def prepare(home: Home) -> None:
            profile = lab.add(home, "p", self.kind)
            if self.retires:
                profile = replace(profile, retired=first_key_id(profile.client))
            self.before(profile)
            self.profiles[home.path] = profile

        def arguments(home: Home) -> list[str]:
            key_id = self.profiles[home.path].retired
            return [key_id if word == "RETIRED" and key_id else word for word in self.command]

        return Verb(self.name, arguments, prepare_each=prepare)

    def judge(self, struck: Struck) -> None:
        profile = self.profiles[struck.home.path]
        # A run that was not killed has shown nothing.
        assert struck.was_struck == (struck.ended.status == KILLED), struck.shown()
        try:
            profile.issue()
            profile.check_foreign()
            if struck.strike.at % 2:
                struck.home.run("rotation", "resume", "--all")
            else:
                struck.home.run("rotate", "p", "--grace", "0s")
            assert len(profile.ours) <= (3 if profile.kind in DATABRICKS else 2), profile.ours
            struck.home.run("rotation", "resume", "--all")
            profile.check_settled()
            record = entries(struck.home)
            assert [entry["sequence"] for entry in record] == list(range(len(record)))
        except Exception as error:
            left = f"{profile.steps}\n{profile.records}"
            raise AssertionError(f"{struck.shown()}\nafterwards: {error}\n{left}") from error


def rotated(*options: str) -> Callable[[Profile], object]:
    return lambda profile: profile.rotate(*(profile.retired or "" if one == "RETIRED" else one for one in options))


ROTATE = ["rotate", "p", "--grace", "0s", "--retire", "RETIRED"]
WORKS = [
    *(Work(f"rotate-{kind}", kind, ROTATE, retires=True) for kind in KINDS),
    Work("finish", SECRET, ["rotation", "finish", "p", "--yes"], rotated("--retire", "RETIRED"), retires=True),
    Work("rollback", SECRET, ["rotation", "rollback", "p", "--yes"], rotated()),
    Work("rollback-certificate", CERTIFICATE, ["rotation", "rollback", "p", "--yes"], rotated()),
    Work("finish-databricks", WORKSPACE, ["rotation", "finish", "p", "--yes"], rotated("--retire", "RETIRED"), True),
]


@pytest.fixture(scope="module")
def lab(stage: Stage, pytestconfig: pytest.Config) -> Iterator[Lab]:
    with laboratory(stage, 3000 if pytestconfig.option.long else 120) as found:
        yield found


@pytest.mark.parametrize("work", WORKS, ids=lambda work: work.name)
def test_a_rotation_that_is_killed_at_any_call(
    stage: Stage, lab: Lab, work: Work, pytestconfig: pytest.Config
) -> None:
    lab.emulator.clear()
    verb = work.verb(lab)
    begin = lab.home()
    recorded = strike(stage, verb, begin, Strike(0, "before", CHANGES + NETWORK), lambda struck: None)
    assert recorded.ended.status == 0, recorded.shown()
    counts = Counter(recorded.order)
    assert set(NETWORK) <= set(counts), f"the provider was not asked: {counts}"
    strikes = [Strike(at, "before", (call,)) for call in counts for at in range(1, counts[call] + 1)]
    strikes += [Strike(at, "half", ("write",)) for at in range(1, counts["write"] + 1)]
    if not pytestconfig.option.long:
        # The same ones each time.
        chance = random.Random(work.name)
        network = [one for one in strikes if one.calls[0] in NETWORK]
        chosen = chance.sample([one for one in strikes if one not in network], SAMPLE_OF_FILES)
        chosen += chance.sample(network, SAMPLE_OF_NETWORK)
        strikes = [one for one in strikes if one in chosen or one in network and one.at == counts[one.calls[0]]]
    with ThreadPoolExecutor(WORKERS) as pool:
        results = list(pool.map(lambda one: strike(stage, verb, begin, one, work.judge), strikes))
    begin.remove()
    struck = sum(one.was_struck for one in results)
    print(f"\n{work.name}: killed at {struck} of {len(strikes)} points; {dict(counts)}")
    # How many calls a connection takes varies a little, so that the last of them may not come.
    assert struck >= len(strikes) - 3, "hardly anything was killed"
