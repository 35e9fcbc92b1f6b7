"""How an agent begins and ends: what it holds on to meanwhile, and what is left of it."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from agent import (
    ASKING,
    STOP_DEADLINE,
    Gone,
    Refused,
    request,
    running_agent,
    socket_path,
    wait_until,
)
from conftest import Stage
from home import Home
from striking import entries
from vault_reader import Unlocker, Vault

LOCKED, UNAVAILABLE = 77, 69
#: What `unlock` asks an agent with, and is asked for nothing: the key file unlocks.
WITH_KEY = {"VAULTCTL_NO_AGENT": ""}


def _check_that_all_is_left_in_order(home: Home) -> None:
    """The socket is gone, the anchor is of the last entry, and nothing temporary lies about."""
    assert not socket_path(home).exists()
    places = (home.path / "run", home.vault.parent, home.state)
    files = {path.name for place in places for path in place.rglob("*") if not path.is_dir()}
    anchor = next(home.state.glob("*.anchor")).name
    assert files == {"agent.sock.lock", "vault.db", "vault.db.lock", "anchors.lock", anchor}
    assert '"anchorAgrees": true' in home.run("verify").stdout


def _anchored_entries(home: Home) -> int:
    """How many entries the anchor has seen, by the reader that shares no code with the program."""
    vault = Vault.open(home.vault, Unlocker.key_file(home.path / "key"), check_permissions=False)
    return int(vault.check_anchor(next(home.state.glob("*.anchor"))).audit_size)


# The end


def test_asked_to_end_it_lets_go_of_what_it_does(stage: Stage, home: Home) -> None:
    """Held at the provider for ten minutes, a request ends at once, with a failure that says why."""
    stage.emulator.set_fault("slow", seconds=600, path="token")
    with running_agent(home) as agent, ExitStack() as stack:
        before = len(entries(home))
        waiting = [stack.enter_context(agent.client()) for _ in range(3)]
        for client, name in zip(waiting, ("ci", "ci", "payroll")):
            client.send(request(home.vault, "issue", {"name": name, "force_refresh": 1}))
        program = agent.start("issue", "prod/etl", "--force-refresh")
        idle = stack.enter_context(agent.client())
        wait_until(lambda: len(stage.emulator.token_requests()) == 3, "three tokens are asked for")
        ended = agent.stop()
        assert ended.status == 0, ended.shown()
        for client in waiting:
            with pytest.raises((Refused, Gone)) as refused:
                client.answer()
            assert isinstance(refused.value, Gone) or refused.value.code == LOCKED
            assert client.all_frames() == []
        assert idle.all_frames() == []
        told = home.end(program)
        assert told.status in (LOCKED, UNAVAILABLE), told.shown()
        assert len(told.errors) == 1
    stage.emulator.clear()
    # What was asked for is on the record as what it became; the anchor has seen it.
    assert _anchored_entries(home) == len(entries(home)) >= before
    _check_that_all_is_left_in_order(home)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP], ids=lambda how: how.name)
def test_asked_to_end_it_writes_what_it_saw_last(home: Home, how: signal.Signals) -> None:
    """The anchor of what was issued just now, which otherwise follows a second later."""
    with running_agent(home) as agent, agent.client() as client:
        for _ in range(5):
            client.issue("ci")
        assert agent.stop(how).status == 0
    assert _anchored_entries(home) == len(entries(home))
    _check_that_all_is_left_in_order(home)


def test_asked_to_end_as_soon_as_it_says_that_it_listens(home: Home) -> None:
    """A supervisor that stops it in the same moment finds it able to."""
    statuses = []
    for _ in range(12):
        process = home.start(home.programs / "vaultctl", "agent", variables=ASKING)
        assert process.stderr is not None
        assert b"listening at" in process.stderr.readline()
        process.terminate()
        statuses.append(home.end(process).status)
    assert statuses == [0] * 12


def test_lock_ends_what_runs_and_forgets_it(stage: Stage, home: Home) -> None:
    stage.emulator.set_fault("slow", seconds=600, path="token")
    with running_agent(home) as agent, agent.client() as waiting, agent.client() as client:
        waiting.send(request(home.vault, "issue", {"name": "ci", "force_refresh": 1}))
        wait_until(lambda: len(stage.emulator.token_requests()) == 1, "a token is asked for")
        agent.run("lock")
        with pytest.raises(Refused) as refused:
            waiting.answer()
        assert refused.value.code == LOCKED
        assert client.status()["unlocked"] is None
        with pytest.raises(Refused):
            client.issue("ci")
        assert _anchored_entries(home) == len(entries(home))
        # That was its last answer on this connection; another goes on, and so does the agent.
        assert waiting.all_frames() == []
        stage.emulator.clear()
        agent.unlock()
        assert client.issue("ci").value


# The end by itself


@pytest.mark.parametrize("option", ["--idle", "--for"])
def test_it_locks_by_itself(home: Home, option: str) -> None:
    other = {"--idle": "--for", "--for": "--idle"}[option]
    with running_agent(home, unlocked=False) as agent, agent.client() as client:
        unlocked = json.loads(agent.unlock(option, "1s", other, "1h", "-o", "json").stdout)
        assert unlocked["state"] == "unlocked"
        # Asking for the status is no use; where the absolute limit counts, use makes no difference either.
        wait_until(lambda: client.status()["unlocked"] is None, "the vault is locked")
        with pytest.raises(Refused) as refused:
            client.issue("ci")
        assert refused.value.code == LOCKED
        assert agent.run("status", "-q", status=None).status == LOCKED
        assert agent.run("issue", "ci", "--no-input", status=LOCKED).stdout == ""
        assert agent.is_running()


def test_use_keeps_it_from_locking_when_idle_but_not_in_the_end(home: Home, pytestconfig: pytest.Config) -> None:
    if not pytestconfig.option.long:
        pytest.skip("takes five seconds; LifeTests.swift has a clock of its own")
    with running_agent(home, unlocked=False) as agent, agent.client() as client:
        agent.unlock("--idle", "2s", "--for", "5s")
        begun = time.monotonic()
        with pytest.raises(Refused) as refused:
            while True:
                client.ask("profiles")
                assert time.monotonic() < begun + 60, "it is never locked"
                # Not a wait for anything: use as of a person, more often than the limit.
                time.sleep(0.2)
        assert refused.value.code == LOCKED
        assert time.monotonic() > begun + 4, "use did not count"


# In the background


@contextmanager
def _in_background(home: Home, *options: str, variables: Mapping[str, str] = WITH_KEY) -> Iterator[int]:
    """The process that `unlock` started; it is ended with the block."""
    unlocked = home.run("unlock", "-q", "-o", "json", *options, variables=variables)
    pid = int(json.loads(unlocked.stdout)["agentPid"])
    try:
        yield pid
    finally:
        if _is_alive(pid):
            os.kill(pid, signal.SIGKILL)
            wait_until(lambda: not _is_alive(pid), "it is gone")


def _is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in ("Z", "X")
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_the_agent_of_unlock_ends_after_lock_and_when_its_time_is_over(stage: Stage, home: Home) -> None:
    other = stage.home()
    with _in_background(home) as locked, _in_background(other, "--idle", "1s") as left_alone:
        home.run("issue", "ci", variables=ASKING, allowed=["token"])
        home.run("lock")
        wait_until(lambda: not _is_alive(locked), "it ends when nothing is unlocked any more")
        wait_until(lambda: not _is_alive(left_alone), "it ends when nothing is unlocked any more")
    for one in (home, other):
        _check_that_all_is_left_in_order(one)
        assert _anchored_entries(one) == len(entries(one))


def test_the_agent_of_unlock_holds_nothing_of_its_callers(home: Home) -> None:
    """No terminal, no directory, none of the descriptors, and not the session that ends with the caller's."""
    read, write = os.pipe()
    place = home.path / "somewhere"
    place.mkdir()
    home.user.take(place)
    # A descriptor with a high number and one with the lowest, as a shell script may have left them.
    shell = f"exec 3<key; exec 9>&{write}; cd {place}; trap '' HUP; exec vaultctl unlock -o json"
    # Not /bin/sh, which may know descriptors of one digit only.
    process = home.start("/bin/bash", "-c", shell, variables=WITH_KEY, pass_fds=[write])
    os.close(write)
    ended = home.end(process)
    assert ended.status == 0, ended.shown()
    pid = int(json.loads(ended.stdout)["agentPid"])
    try:
        # The end comes only when nobody holds the other side: `unlock` has ended, and the agent has it not.
        assert select.select([read], [], [], STOP_DEADLINE)[0], "it holds a descriptor of its caller's"
        assert os.read(read, 1) == b""
        assert _is_alive(pid)
        status = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        _, _, group, session, terminal = status[:5]
        assert int(session) == int(group) == pid, "it leads a session of its own"
        assert terminal == "0", "it has a terminal"
        if os.geteuid() == 0:
            assert os.readlink(f"/proc/{pid}/cwd") == "/"
            opened = {int(path.name): os.readlink(path) for path in Path(f"/proc/{pid}/fd").iterdir()}
            assert [opened[number] for number in range(3)] == ["/dev/null"] * 3
            kinds = ("anon_inode:", "socket:")
            own = (str(home.vault), f"{home.vault}.lock", f"{socket_path(home)}.lock")
            strange = [name for number, name in opened.items() if number > 2 and not name.startswith(kinds)]
            assert set(strange) <= set(own), f"it has more open than its own: {opened}"
        # A hang-up of the terminal's session is not for it, and one to itself ends it in good order.
        os.kill(pid, signal.SIGHUP)
        wait_until(lambda: not _is_alive(pid), "it ends")
    finally:
        os.close(read)
        if _is_alive(pid):
            os.kill(pid, signal.SIGKILL)
    _check_that_all_is_left_in_order(home)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root sees the environment of an agent")
def test_the_agent_of_unlock_is_not_told_what_was_for_unlock_alone(home: Home) -> None:
    meant_for_others = {"LISTEN_PID": "1", "LISTEN_FDS": "1", "NOTIFY_SOCKET": "/nowhere", "WATCHDOG_USEC": "1"}
    with _in_background(home, variables={**WITH_KEY, **meant_for_others}) as pid:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        assert not any(b"key" in word or b"passphrase" in word for word in words[1:]), words
        names = {word.partition(b"=")[0].decode() for word in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")}
        assert names & set(meant_for_others) == set()
        assert "HOME" in names


# Single flight

CALLERS = 64


def test_64_clients_that_want_a_cold_token_make_one_request(stage: Stage, home: Home) -> None:
    stage.emulator.set_fault("slow", seconds=1, count=1, path="token")
    with running_agent(home) as agent, ExitStack() as stack:
        clients = [stack.enter_context(agent.client()) for _ in range(CALLERS)]
        for client in clients:
            client.send(request(home.vault, "issue", {"name": "ci"}))
        tokens = [client.token() for client in clients]
    assert len(stage.emulator.token_requests()) == 1
    assert len({token.value for token in tokens}) == 1, "they got different tokens"
    _check_single_flight(home, [token.details["source"] for token in tokens])


def test_agent_and_processes_together_make_one_request(stage: Stage, home: Home) -> None:
    """32 through the agent and 32 that open the file themselves: the lock beside the vault is for all."""
    stage.emulator.set_fault("slow", seconds=3, count=1, path="token")
    with running_agent(home) as agent:
        vaultctl = home.programs / "vaultctl"
        programs: list[subprocess.Popen[bytes]] = []
        for number in range(CALLERS):
            programs.append(
                agent.start("issue", "ci") if number % 2 else home.start(vaultctl, "issue", "ci", "--no-agent")
            )
        ended = [home.end(program, ["token"]) for program in programs]
    assert [one.shown() for one in ended if one.status] == []
    assert len(stage.emulator.token_requests()) == 1
    assert len({one.stdout for one in ended}) == 1, "they got different tokens"
    _check_single_flight(home, None)


def _check_single_flight(home: Home, told: list[str] | None) -> None:
    record = entries(home)
    assert [entry["sequence"] for entry in record] == list(range(len(record)))
    sources = sorted(entry["source"] for entry in record if entry["action"] == "issue")
    assert sources == ["cache"] * (CALLERS - 1) + ["provider"]
    assert told is None or sorted(told) == sources
    home.run("verify")
