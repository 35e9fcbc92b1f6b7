"""`audit tail`: what it shows, and when it ends."""

from __future__ import annotations

import json
import os
import pty
import select
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from agent import ASKING, running_agent, wait_until
from home import DEADLINE, OUTPUTS, Home, status_of

LOCKED = 77
ALONE: dict[str, str] = {}


class Tail:
    """A running `audit tail`."""

    def __init__(self, process: subprocess.Popen[bytes], output: int) -> None:
        self.process = process
        self._output = output
        self._unread = b""

    def line(self) -> str:
        end = time.monotonic() + DEADLINE
        while b"\n" not in self._unread:
            ready, _, _ = select.select([self._output], [], [], max(0, end - time.monotonic()))
            assert ready, f"no line came: {self._unread!r}"
            more = os.read(self._output, 1 << 16)
            assert more, f"it ended: {self.process.communicate()[1]!r}"
            self._unread += more
        line, _, self._unread = self._unread.partition(b"\n")
        OUTPUTS.check("audit tail", line.decode())
        return line.decode().rstrip("\r")

    def entry(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.line())
        return found

    def end(self) -> tuple[int, str]:
        """Waits for it, and gives its status and what it said on standard error."""
        _, errors = self.process.communicate(timeout=DEADLINE)
        OUTPUTS.check("audit tail", errors.decode())
        return status_of(self.process.returncode), errors.decode()


@contextmanager
def _tail(home: Home, *arguments: str, variables: dict[str, str] = ALONE, **options: Any) -> Iterator[Tail]:
    process = home.start(
        home.programs / "vaultctl", "audit", "tail", *arguments, variables=variables, **options
    )  # fmt: skip
    try:
        yield Tail(process, process.stdout.fileno() if process.stdout else -1)
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize("by_agent", [False, True], ids=["alone", "agent"])
def test_it_shows_what_other_processes_write(home: Home, by_agent: bool) -> None:
    with running_agent(home) as agent:
        with _tail(home, "--lines", "2", variables=ASKING if by_agent else ALONE) as tail:
            assert [tail.entry()["sequence"] for _ in range(2)] == [3, 4]
            # By a process of its own, and by the agent, in turn.
            for number in range(3):
                home.run("edit", "ci", "--description", f"round {number}")
                agent.run("issue", "payroll", allowed=["token"])
                edited, issued = tail.entry(), tail.entry()
                assert (edited["action"], edited["sequence"]) == ("edit", 5 + 2 * number)
                assert (issued["action"], issued["profile"], issued["sequence"]) == ("issue", "payroll", 6 + 2 * number)


def test_it_shows_what_is_asked_for_and_nothing_else(home: Home) -> None:
    with _tail(home, "--profile", "ci", "--action", "edit", "--lines", "0", "-o", "tsv") as tail:
        # The first that it must show comes behind some that it must not, which may come before it has begun to look.
        home.run("issue", "ci", allowed=["token"])
        home.run("edit", "payroll", "--description", "other")
        numbers: list[str] = []
        while not numbers:
            home.run("edit", "ci", "--description", os.urandom(4).hex())
            ready, _, _ = select.select([tail.process.stdout], [], [], 2)
            if ready:
                number, _, action, outcome, profile, *_ = tail.line().split("\t")
                assert (action, outcome, profile) == ("edit", "ok", "ci")
                numbers.append(number)


def test_what_is_there_already_is_shown_by_the_same_filters(home: Home) -> None:
    with _tail(home, "--action", "add", "--lines", "2") as tail:
        assert [tail.entry()["profile"] for _ in range(2)] == ["prod/etl", "payroll"]


def test_a_person_sees_aligned_lines(home: Home) -> None:
    master, slave = pty.openpty()
    try:
        with _tail(home, "--lines", "3", stdout=slave, variables={"NO_COLOR": "1"}) as process:
            tail = Tail(process.process, master)
            lines = [tail.line() for _ in range(4)]
            assert lines[0].split() == (
                "ENTRY TIME ACTION OUTCOME PROFILE AUDIENCE SOURCE USER HOST DETAIL".split()
            )
            columns = [lines[0].index(title) for title in ("TIME", "ACTION", "OUTCOME", "PROFILE", "AUDIENCE")]
            for line in lines[1:]:
                assert all(line[column - 1] == " " and line[column] != " " for column in columns), line
            assert [line.split()[4] for line in lines[1:]] == ["ci", "prod/etl", "payroll"]
    finally:
        os.close(slave)
        os.close(master)


def test_control_c_ends_it(home: Home) -> None:
    with _tail(home, "--lines", "1") as tail:
        tail.entry()
        tail.process.send_signal(signal.SIGINT)
        assert tail.end() == (130, "")


def test_it_ends_quietly_when_nobody_reads_on(home: Home) -> None:
    """Without another entry that would make it write."""
    ended = home.shell("vaultctl audit tail | head -n 1")
    assert (ended.status, ended.stderr, ended.stdout.count("\n")) == (0, "", 1)


def test_it_ends_when_the_vault_is_locked(home: Home) -> None:
    with running_agent(home) as agent:
        with _tail(home, "--lines", "1", variables=ASKING) as tail:
            tail.entry()
            agent.run("lock")
            status, errors = tail.end()
            assert status == LOCKED
            assert "error: the vault is locked" in errors


def test_to_watch_is_not_to_use(home: Home) -> None:
    """Looked after every second, the vault is locked as if nobody were there."""
    with running_agent(home, unlocked=False) as agent:
        agent.unlock("--idle", "3s")
        with _tail(home, "--lines", "1", variables=ASKING) as tail:
            tail.entry()
            status, errors = tail.end()
            assert status == LOCKED, errors
        wait_until(lambda: agent.run("status", "-q", status=None).status == LOCKED, "it is locked")


def test_lines_are_not_negative(home: Home) -> None:
    assert "--lines is not negative" in home.run("audit", "tail", "--lines=-1", status=64).stderr
