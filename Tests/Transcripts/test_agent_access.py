"""Who reaches an agent, and to whom a client talks: one user, by a socket that is that user's alone."""

from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from agent import (
    ASKING,
    LAST,
    SECRET,
    STOP_DEADLINE,
    Agent,
    Client,
    Gone,
    acting_as,
    connected,
    frame,
    request,
    running_agent,
    socket_path,
    wait_until,
    wait_until_it_answers,
)
from home import Ended, Home, User

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root may act as another user")

LOCKED, EXISTS, UNAVAILABLE, USAGE = 77, 73, 69, 64
#: Any user but the one that has the agent; no account is needed.
STRANGER = User("stranger", 65533, 65533)
ROOT = User("root", 0, 0)


def _mode(path: Path) -> str:
    return oct(stat.S_IMODE(path.lstat().st_mode))


# Others


@needs_root
def test_another_user_does_not_reach_the_socket(home: Home) -> None:
    with running_agent(home) as agent:
        _give_way(home, agent.path.parent)
        with pytest.raises(PermissionError) as refused:
            connected(agent.path, STRANGER)
        assert refused.value.errno == errno.EACCES
        # Were the directory open by mistake, the socket's own mode would keep the stranger out.
        agent.path.parent.chmod(0o755)
        with pytest.raises(PermissionError):
            connected(agent.path, STRANGER)
        # And were that open, too, the agent would.
        agent.path.chmod(0o666)
        _check_that_nothing_is_told(agent, STRANGER)
        assert agent.client().status()["pid"] == agent.pid


def _give_way(home: Home, directory: Path) -> None:
    """Lets others get as far as ``directory``, so that nothing above it keeps them out."""
    for path in (home.path, home.path / "run"):
        path.chmod(0o755)
    assert directory.is_relative_to(home.path)


@needs_root
def test_root_is_another_user(home: Home) -> None:
    with running_agent(home) as agent:
        before = agent.client().entries()
        _check_that_nothing_is_told(agent, ROOT)
        assert agent.client().entries() == before


def _check_that_nothing_is_told(agent: Agent, user: User) -> None:
    """Whatever is asked for, and even if nothing is: one refusal, and the end."""
    vault = agent.home.vault
    asked = {
        "nothing": b"",
        "status": request(vault, "status"),
        "issue": request(vault, "issue", {"name": "ci"}),
        "lock": request(vault, "lock"),
        "unlock": request(vault, "unlock", {"is_key_file": 1, "idle_limit": 9, "absolute_limit": 9})
        + frame(SECRET, (agent.home.path / "key").read_bytes()),
    }
    for what, frames in asked.items():
        with Client(agent.path, vault, user) as client:
            client.socket.settimeout(STOP_DEADLINE)
            try:
                client.send(frames)
            except Gone:
                pass
            try:
                answer = client.receive()
            except Gone:
                # What it said may be lost where the agent hung up before our request was there.
                continue
            assert answer is not None and answer.kind == LAST, what
            assert answer.failure["code"] == LOCKED, what
            assert answer.failure["message"] == "this agent answers its own user only", what
            assert client.all_frames() == [], what
    with agent.client() as own:
        assert own.status()["unlocked"] is not None, "a stranger locked it"


@needs_root
def test_the_program_as_another_user_is_refused(home: Home) -> None:
    """With the socket named, as root and as a stranger, nobody gets a token."""
    with running_agent(home) as agent:
        _give_way(home, agent.path.parent)
        for user in (ROOT, STRANGER):
            other = Home(home.path, home.programs, home.variables, user)
            variables = {**ASKING, "VAULTCTL_AGENT_SOCKET": str(agent.path)}
            ended = other.run("issue", "ci", "--no-input", variables=variables, status=None)
            assert ended.status != 0 and ended.stdout == ""
            assert agent.client().status()["unlocked"]["issued"] == 0


@dataclass
class Listener:
    """Somebody who takes what a client sends first, and says nothing."""

    path: Path
    connections: int = 0
    received: bytes = b""


@contextmanager
def _listening(owner: User, mode: int) -> Iterator[Listener]:
    """A socket that is open to everybody, in a directory of ``owner``'s."""
    with tempfile.TemporaryDirectory(prefix="listener-") as name:
        directory = Path(name)
        listener = Listener(directory / "agent.sock")
        os.chown(directory, owner.uid, owner.gid)
        end = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        with acting_as(owner):
            end.bind(str(listener.path))
            end.listen(64)
        listener.path.chmod(0o666)
        directory.chmod(mode)

        def take() -> None:
            while True:
                try:
                    one, _ = end.accept()
                except OSError:
                    return
                with one:
                    # Whoever has sent anything is hung up on, so that a client that does does not wait for an answer.
                    listener.connections += 1
                    listener.received += one.recv(4096)

        thread = threading.Thread(target=take)
        thread.start()
        try:
            yield listener
        finally:
            end.shutdown(socket.SHUT_RDWR)
            thread.join()
            end.close()


def _run_all(home: Home, path: Path) -> Iterator[Ended]:
    """Every kind of command that would talk to an agent at ``path``, above all those that have a secret to send."""
    secret = home.path / "secret"
    where = ["--client-id", home.variables["APP"], "--tenant", home.variables["TENANT"], "--resource", "arm"]
    for command in (
        ["unlock", "--passphrase-file", home.path / "passphrase"],
        ["unlock", "--key-file", home.path / "key"],
        ["issue", "ci"],
        ["list"],
        ["lock"],
        ["rotate", "ci", "--secret-file", secret],
        ["add", "x", *where, "--secret-file", secret],
        ["status"],
    ):
        yield home.run(*command, variables={**ASKING, "VAULTCTL_AGENT_SOCKET": str(path)}, status=None)


@needs_root
def test_a_client_refuses_a_directory_of_another_user(home: Home) -> None:
    with _listening(ROOT, 0o700) as listener:
        ended = [*_run_all(home, listener.path)]
    assert [one.shown() for one in ended if one.status != LOCKED] == []
    assert all("not accessible" in one.stderr for one in ended)
    assert listener.connections == 0


@needs_root
@pytest.mark.parametrize("owner", [ROOT, STRANGER], ids=lambda user: user.name)
def test_a_client_tells_another_users_listener_nothing(home: Home, owner: User) -> None:
    """Anybody may connect there; who listens is asked of the kernel before a byte is sent."""
    with _listening(owner, 0o755) as listener:
        ended = [*_run_all(home, listener.path)]
    assert [one.shown() for one in ended if one.status != LOCKED] == []
    assert all(f"belongs to another user (uid {owner.uid})" in one.stderr for one in ended)
    assert listener.connections == len(ended), "nobody connected, so that nothing could have been sent"
    assert listener.received == b""


@needs_root
def test_a_client_would_talk_to_a_listener_of_its_own_user(home: Home) -> None:
    """Or else the test above would say nothing."""
    with _listening(home.user, 0o755) as listener:
        variables = {**ASKING, "VAULTCTL_AGENT_SOCKET": str(listener.path)}
        process = home.start(home.programs / "vaultctl", "lock", variables=variables)
        wait_until(lambda: listener.received != b"", "something is sent")
        process.kill()
        home.end(process)


# The socket's place


def test_the_socket_and_its_directory_are_this_users_alone(home: Home) -> None:
    # Whatever the caller's umask is.
    with running_agent(home, umask=0) as agent:
        assert agent.path.is_socket()
        modes = {path.name: _mode(path) for path in (agent.path.parent, *agent.path.parent.iterdir())}
        assert modes == {"vaultctl": "0o700", "agent.sock": "0o600", "agent.sock.lock": "0o600"}
        assert {path.stat().st_uid for path in (agent.path.parent, agent.path)} == {home.user.uid}


@pytest.mark.parametrize("mode", [0o701, 0o710, 0o704, 0o1777])
def test_a_directory_that_others_reach_is_refused(home: Home, mode: int) -> None:
    directory = home.path / "open"
    directory.mkdir()
    home.user.take(directory)
    directory.chmod(mode)
    path = {"VAULTCTL_AGENT_SOCKET": str(directory / "agent.sock")}
    for command in (["agent"], ["unlock"]):
        ended = home.run(*command, variables={"VAULTCTL_NO_AGENT": "", **path}, status=None)
        expected = LOCKED if command[0] == "agent" else UNAVAILABLE
        assert ended.status == expected, ended.shown()
        assert [*directory.iterdir()] == []
    directory.chmod(0o700)
    with running_agent(home, path=directory / "agent.sock", variables=path, unlocked=False):
        pass


@needs_root
def test_a_directory_of_another_user_is_refused(home: Home) -> None:
    directory = home.path / "foreign"
    directory.mkdir(mode=0o700)
    os.chown(directory, STRANGER.uid, STRANGER.gid)
    path = {"VAULTCTL_AGENT_SOCKET": str(directory / "agent.sock")}
    assert home.run("agent", variables=path, status=None).status == LOCKED
    assert [*directory.iterdir()] == []


def test_what_is_no_socket_is_left_alone(home: Home) -> None:
    directory = socket_path(home).parent
    directory.mkdir(mode=0o700)
    kept = {"a file": lambda path: path.write_text("kept"), "a directory": lambda path: path.mkdir()}
    for make in kept.values():
        make(socket_path(home))
        home.user.take(directory)
        assert home.run("agent", variables=ASKING, status=None).status == EXISTS
        assert socket_path(home).exists()
        shutil.rmtree(socket_path(home)) if socket_path(home).is_dir() else socket_path(home).unlink()
    target = home.write("target", "kept")
    socket_path(home).symlink_to(target)
    assert home.run("agent", variables=ASKING, status=None).status == EXISTS
    assert target.read_text() == "kept"


def test_the_socket_of_a_killed_agent_is_taken_over(home: Home) -> None:
    for _ in range(2):
        with running_agent(home) as agent:
            agent.kill()
            assert agent.path.is_socket(), "nothing was left to be taken over"
            # Who asks meanwhile hears that the vault is locked, as where there never was an agent.
            assert agent.run("issue", "ci", "--no-input", status=None).status == LOCKED
    with running_agent(home) as agent:
        agent.run("issue", "ci", allowed=["token"])
    assert not agent.path.exists()


@pytest.mark.parametrize("stopped", [False, True], ids=["answering", "stopped"])
def test_the_socket_of_a_living_agent_is_not(home: Home, stopped: bool) -> None:
    """Not even while it does not answer."""
    with running_agent(home) as agent:
        inode = agent.path.stat().st_ino
        if stopped:
            agent.process.send_signal(signal.SIGSTOP)
        try:
            for command in (["agent"], ["agent", "--unlock"]):
                ended = home.run(*command, variables={"VAULTCTL_NO_AGENT": ""}, status=EXISTS)
                assert "an agent listens at" in ended.stderr
        finally:
            agent.process.send_signal(signal.SIGCONT)
        assert agent.path.stat().st_ino == inode
        with agent.client() as client:
            assert client.status()["pid"] == agent.pid
            assert client.status()["unlocked"] is not None


def test_many_that_start_at_once_are_one(home: Home) -> None:
    """Of 12 agents one listens; of 8 that `unlock` starts one is used by all, and no command fails."""
    processes = [home.start(home.programs / "vaultctl", "agent", variables=ASKING) for _ in range(12)]
    wait_until(lambda: sum(process.poll() is None for process in processes) == 1, "one is left")
    (left,) = (process for process in processes if process.poll() is None)
    assert [home.end(process).status for process in processes if process is not left] == [EXISTS] * 11
    wait_until_it_answers(agent := Agent(home, left, socket_path(home)))
    assert agent.stop().status == 0

    asked = {"VAULTCTL_NO_AGENT": ""}
    commands = [home.start(home.programs / "vaultctl", "unlock", "-o", "json", variables=asked) for _ in range(8)]
    ended = [home.end(command) for command in commands]
    assert [one.shown() for one in ended if one.status != 0] == []
    assert len({json.loads(one.stdout)["agentPid"] for one in ended}) == 1
    home.run("lock")


# A socket that somebody else made

#: Puts a listening socket where a service manager puts it, and starts the program in its own place.
ACTIVATING = """
import os, socket, sys
end = socket.socket(socket.AF_UNIX, {kind})
end.bind(sys.argv[1])
if {kind} == socket.SOCK_STREAM and {listens}:
    end.listen(16)
os.chmod(sys.argv[1], 0o600)
os.dup2(end.fileno(), 3)
os.set_inheritable(3, True)
os.environ.update(LISTEN_FDS="{count}", LISTEN_PID=str(os.getpid() + {other}), LISTEN_FDNAMES="agent")
os.execv(sys.argv[2], sys.argv[2:])
"""


def _activated(
    home: Home, *, kind: str = "socket.SOCK_STREAM", listens: bool = True, count: str = "1", other: int = 0
) -> subprocess.Popen[bytes]:
    script = ACTIVATING.format(kind=kind, listens=listens, count=count, other=other)
    place = home.path / "run/activated.sock"
    program = home.programs / "vaultctl"
    return home.start(home.programs / "python3", "-c", script, str(place), str(program), "agent", variables=ASKING)


def test_a_socket_that_is_handed_over_is_used(home: Home) -> None:
    agent = Agent(home, _activated(home), home.path / "run/activated.sock")
    wait_until(agent.path.is_socket, "the socket is there")
    # Clients may come before the agent is there: they wait.
    wait_until_it_answers(agent)
    variables = {"VAULTCTL_AGENT_SOCKET": str(agent.path)}
    asked = {**ASKING, **variables}
    assert home.run("status", variables=asked, status=None).status == LOCKED
    home.run("unlock", "-q", variables={"VAULTCTL_NO_AGENT": "", **variables})
    home.run("issue", "ci", variables=asked, allowed=["token"])
    assert json.loads(home.run("status", variables=asked).stdout)["agent"]["pid"] == agent.pid
    # None of its own was made, and its descriptors are nobody else's.
    assert not socket_path(home).exists()
    home.run("lock", variables=asked)
    assert home.run("status", "-q", variables=asked, status=None).status == LOCKED
    assert agent.is_running(), "an agent that a service manager started stays"
    ended = agent.stop()
    assert ended.status == 0, ended.shown()
    assert agent.path.exists(), "the socket is the service manager's to remove"
    assert home.run("verify").status == 0


def test_what_is_handed_over_for_somebody_else_is_not_used(home: Home) -> None:
    """`LISTEN_PID` of another process, as where an ancestor passed its environment on."""
    agent = Agent(home, _activated(home, other=1), socket_path(home))
    wait_until_it_answers(agent)
    assert agent.stop().status == 0


@pytest.mark.parametrize(
    "handed",
    [{"count": "2"}, {"count": "x"}, {"kind": "socket.SOCK_DGRAM"}, {"listens": False}],
    ids=["two", "no number", "datagrams", "not listening"],
)
def test_what_is_no_socket_of_an_agent_is_refused(home: Home, handed: dict[str, Any]) -> None:
    ended = home.end(_activated(home, **handed))
    assert ended.status == USAGE, ended.shown()
    assert len(ended.errors) == 1
