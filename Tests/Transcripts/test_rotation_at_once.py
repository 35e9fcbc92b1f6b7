"""Rotations beside each other, and beside those who use the credential meanwhile."""

from __future__ import annotations

import json
import random
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from agent import ASKING, running_agent, wait_until
from conftest import Stage
from home import Home
from rotating import CERTIFICATE, KINDS, SECRET, WORKSPACE, Lab, Profile, laboratory

ISSUERS = 8
ROTATIONS = 6
KILLED = 128 + 9


@pytest.fixture(scope="module")
def lab(stage: Stage) -> Iterator[Lab]:
    with laboratory(stage, 60) as found:
        yield found


@pytest.fixture
def vault(lab: Lab) -> Home:
    lab.emulator.clear()
    return lab.home()


def begin(home: Home, *words: str) -> subprocess.Popen[bytes]:
    return home.start(home.programs / "vaultctl", *words)


SECOND = [["rotate", "p"], ["rotation", "resume", "p"], ["rotate", "p", "--secret-file", "new-secret"]]


@pytest.mark.parametrize("second", SECOND, ids=" ".join)
def test_of_two_rotations_of_one_profile_one_goes_on(lab: Lab, vault: Home, second: list[str]) -> None:
    profile = lab.add(vault, "p", SECRET)
    # Held back until the other one was there.
    lab.emulator.set_fault("slow", seconds=5, count=1, path="graph-add-password")
    first = begin(vault, "rotate", "p")
    wait_until(lambda: "graph-add-password" in lab.emulator.routes(), "the first one asks for a secret")
    ended = vault.run(*second, status=75)
    assert first.poll() is None, "the first one was over before the second one asked"
    assert ended.stdout == ""
    assert ended.errors == ["error: the credential of p is being rotated by another process"]
    assert "hint: wait for it, and see: vaultctl rotation list" in ended.stderr
    # Nor does anybody say that it is unfinished: somebody works on it.
    assert vault.run("list").stderr == ""
    assert vault.end(first).status == 0
    assert len(profile.made) == 1
    profile.check_settled()


def test_profiles_of_one_application_take_turns(lab: Lab, vault: Home) -> None:
    """Both would change the same list at the provider."""
    one = lab.add(vault, "one", SECRET)
    other = lab.add(vault, "other", SECRET, one.client)
    lines = vault.run("rotate", "one", "other").stdout.splitlines()
    assert [line.split("\t")[1] for line in lines] == ["done", "done"]
    assert {one.key_id, other.key_id} == one.our_ids
    assert len(one.made) == 2
    assert one.orphans == []


@pytest.fixture
def due(lab: Lab, vault: Home) -> list[Profile]:
    """Profiles of every kind whose credential expires soon."""
    soon = ["--secret-expires", "2026-12-20"]
    kinds = [SECRET, SECRET, WORKSPACE, SECRET, WORKSPACE, SECRET]
    return [lab.add(vault, f"p{number}", kind, None, *soon) for number, kind in enumerate(kinds)]


def test_two_timers_at_once(lab: Lab, vault: Home, due: list[Profile]) -> None:
    runs = [begin(vault, "rotate", "--due", "60d", "-o", "json") for _ in range(2)]
    ended = [vault.end(run) for run in runs]
    results = [{one["profile"]: one["result"] for one in json.loads(run.stdout)} for run in ended]
    for profile in due:
        told = Counter(result.get(profile.name) for result in results)
        assert told["done"] >= 1 and told["done"] + told["busy"] + told[None] == 2, told
    for run, result in zip(ended, results, strict=True):
        assert run.status == (75 if "busy" in result.values() else 0), run.shown()
    # Whoever came second either found it taken or found nothing due.
    assert [len(profile.made) for profile in due] == [1] * len(due)
    for profile in due:
        profile.check_settled()


def test_timers_that_are_killed_and_run_again(lab: Lab, vault: Home, due: list[Profile]) -> None:
    chance = random.Random(4711)
    lab.emulator.set_fault("latency", milliseconds=100)
    for _ in range(3):
        runs = [begin(vault, "rotate", "--due", "60d", "--jobs", "3") for _ in range(2)]
        # When it is killed is chance, and not what is waited for.
        time.sleep(chance.uniform(0.2, 1.5))
        for run in runs:
            run.kill()
        assert {vault.end(run).status for run in runs} <= {0, KILLED, 75}
        for profile in due:
            profile.issue()
    lab.emulator.clear()
    vault.run("rotate", "--due", "60d")
    assert vault.run("rotate", "--due", "60d").stdout == "", "there is something left to do"
    for profile in due:
        assert profile.our_ids, "it was not rotated"
        profile.check_settled()


@dataclass
class Users:
    """Processes that ask for new tokens without a pause, and what was said to them."""

    home: Home
    variables: dict[str, str]
    stopped: threading.Event = field(default_factory=threading.Event)
    refusals: list[str] = field(default_factory=list)
    issued: int = 0
    fallbacks: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def ask(self) -> None:
        while not self.stopped.is_set():
            process = self.home.start(
                self.home.programs / "vaultctl", "issue", "p", "--force-refresh", variables=self.variables
            )
            ended = self.home.end(process, ["token"])
            with self._lock:
                self.issued += ended.status == 0
                self.fallbacks += "the previous one was used" in ended.stderr
                if ended.status:
                    self.refusals.append(ended.shown())


@pytest.mark.parametrize("through", ["file", "agent"])
@pytest.mark.parametrize("kind", [SECRET, WORKSPACE, CERTIFICATE])
def test_no_refusal_reaches_those_who_use_it_meanwhile(lab: Lab, vault: Home, kind: str, through: str) -> None:
    if through == "agent" and kind != SECRET:
        pytest.skip("one kind is enough to show that the agent does the same")
    profile = lab.add(vault, "p", kind)
    lab.emulator.set_replication(1, alternating=True)
    users = Users(vault, ASKING if through == "agent" else {})

    def use() -> None:
        threads = [threading.Thread(target=users.ask) for _ in range(ISSUERS)]
        for thread in threads:
            thread.start()
        try:
            for number in range(ROTATIONS):
                grace = "1s" if number % 2 else "0s"
                vault.run("rotate", "p", "--grace", grace, variables=users.variables)
        finally:
            users.stopped.set()
            for thread in threads:
                thread.join()

    if through == "agent":
        with running_agent(vault):
            use()
    else:
        use()
    assert users.refusals == []
    assert users.issued >= 4 * ISSUERS, "hardly anybody used it meanwhile"
    print(f"\n{users.issued} tokens, {users.fallbacks} with the previous credential")
    lab.emulator.clear()
    vault.run("rotation", "resume", "--all")
    assert len(profile.made) == ROTATIONS
    profile.check_settled()
