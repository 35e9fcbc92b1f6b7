"""Many processes that want the same token ask the provider for it once."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from conftest import Stage
from home import DEADLINE, Home
from striking import entries

PROCESSES = 64


def test_64_cold_processes_make_one_request(stage: Stage, home: Home) -> None:
    # Held back until all others wait for it, so that no one finds the cache warm by being late.
    stage.emulator.set_fault("slow", seconds=3, count=1, path="token")
    processes = [home.start(home.programs / "vaultctl", "issue", "ci") for _ in range(PROCESSES)]
    ended = [home.end(process, ["token"]) for process in processes]

    assert [one.shown() for one in ended if one.status] == []
    assert len({one.stdout for one in ended}) == 1, "they got different tokens"
    assert len(stage.emulator.token_requests()) == 1
    issued = _gapless_issues(home)
    assert sorted(entry["source"] for entry in issued) == ["cache"] * (PROCESSES - 1) + ["provider"]
    assert len({entry["caller"]["pid"] for entry in issued}) == PROCESSES


def test_when_the_one_that_asks_is_killed_another_asks(stage: Stage, home: Home) -> None:
    # Longer than the test may take: whoever waited for this answer would be seen.
    stage.emulator.set_fault("slow", seconds=600, count=1, path="token")
    holder = home.start(home.programs / "vaultctl", "issue", "ci")
    _wait_until(lambda: len(stage.emulator.token_requests()) == 1, "the first one asked")
    others = [home.start(home.programs / "vaultctl", "issue", "ci") for _ in range(PROCESSES - 1)]
    _wait_until(lambda: _waiting_for(home) == PROCESSES - 1, "all others wait for its lock")
    holder.send_signal(signal.SIGKILL)
    killed = home.end(holder)
    ended = [home.end(process, ["token"]) for process in others]

    assert killed.status == 128 + signal.SIGKILL
    assert killed.stdout == ""
    assert [one.shown() for one in ended if one.status] == []
    assert len({one.stdout for one in ended}) == 1
    assert len(stage.emulator.token_requests()) == 2, "the one that was killed, and one more"
    issued = _gapless_issues(home)
    assert sorted(entry["source"] for entry in issued) == ["cache"] * (PROCESSES - 2) + ["provider"]


def test_other_tokens_do_not_wait(stage: Stage, home: Home) -> None:
    stage.emulator.set_fault("slow", seconds=600, count=1, path="token")
    holder = home.start(home.programs / "vaultctl", "issue", "ci")
    try:
        _wait_until(lambda: len(stage.emulator.token_requests()) == 1, "the first one asked")
        home.run("issue", "ci", "--resource", "arm", allowed=["token"])
        home.run("issue", "payroll", allowed=["token"])
        home.run("list")
    finally:
        holder.kill()
        home.end(holder)


def test_many_kinds_of_work_at_once_leave_a_gapless_record(stage: Stage, home: Home) -> None:
    """Adding, issuing, renaming and removing in 24 processes: nobody is told that the vault is busy."""
    where = ["--tenant", home.variables["TENANT"], *home.variables["CLOUD"].split(), "--resource", "arm", "--no-check"]
    secret = ["--secret-file", str(home.path / "secret")]
    application = ["--client-id", home.variables["APP"]]
    commands = [["add", f"p{number}", *application, *where, *secret] for number in range(12)]
    commands += [["issue", "ci", "--force-refresh"] for _ in range(6)] + [["issue", "payroll"] for _ in range(6)]
    processes = [home.start(home.programs / "vaultctl", *command) for command in commands]
    ended = [home.end(process, ["token"]) for process in processes]
    assert [one.shown() for one in ended if one.status] == []
    record = entries(home)
    assert [entry["sequence"] for entry in record] == list(range(5 + len(commands)))
    assert len(json.loads(home.run("list", "-o", "json").stdout)) == 3 + 12
    home.run("verify")


def _gapless_issues(home: Home) -> list[dict[str, Any]]:
    record = entries(home)
    assert [entry["sequence"] for entry in record] == list(range(len(record)))
    home.run("verify")
    return [entry for entry in record if entry["action"] == "issue"]


def _waiting_for(home: Home) -> int:
    """How many processes wait for a lock on the vault's lock file, as the kernel tells everybody."""
    inode = os.stat(f"{home.vault}.lock").st_ino
    lines = Path("/proc/locks").read_text().splitlines()
    return sum(1 for line in lines if "->" in line and f":{inode} " in line)


def _wait_until(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + DEADLINE
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail(f"never so far: {what}")
        time.sleep(0.02)
