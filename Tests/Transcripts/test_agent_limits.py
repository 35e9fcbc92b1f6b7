"""More than an agent takes: connections, and wrong passphrases. Whoever was there before does not notice."""

from __future__ import annotations

import os
import resource
import select
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

import pytest

from agent import (
    MOST_CONNECTIONS,
    MOST_CONNECTIONS_OF_ONE,
    MOST_SURPLUS,
    REQUEST,
    SECRET,
    Agent,
    Client,
    Gone,
    Refused,
    frame,
    request,
    running_agent,
    wait_until,
    wire,
)
from home import DEADLINE, Home

TRY_AGAIN, LOCKED = 75, 77
#: As many times as many connections as are allowed.
TIMES = 10

#: Connects as often as it is told, hands the connections over and stays, because it is its process that is counted.
CONNECTING = """
import socket, sys
back = socket.socket(fileno=int(sys.argv[2]))
for _ in range(int(sys.argv[3])):
    end = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    end.connect(sys.argv[1])
    socket.send_fds(back, [b"c"], [end.fileno()])
    end.close()
back.shutdown(socket.SHUT_WR)
back.recv(1)
"""


@pytest.fixture(autouse=True)
def many_files() -> Iterator[None]:
    """Lets this process have a connection of each."""
    needed = TIMES * MOST_CONNECTIONS + 512
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if os.geteuid() != 0 and hard < needed:
        pytest.skip(f"{needed} open files are needed, {hard} are allowed")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, needed), max(hard, needed)))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@dataclass
class Crowd:
    """Connections that other processes made."""

    agent: Agent
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)
    backs: list[socket.socket] = field(default_factory=list)
    clients: list[Client] = field(default_factory=list)

    def grow(self, count: int) -> list[Client]:
        """Another process with ``count`` connections."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        home = self.agent.home
        with theirs:
            words = ["-c", CONNECTING, str(self.agent.path), str(theirs.fileno()), str(count)]
            self.processes.append(home.start(home.programs / "python3", *words, pass_fds=[theirs.fileno()]))
        self.backs.append(ours)
        grown = []
        while len(grown) < count:
            read, descriptors, _, _ = socket.recv_fds(ours, 1, 1)
            assert read == b"c", self.processes[-1].communicate()[1].decode()
            grown.append(_client(self.agent, socket.socket(fileno=descriptors[0])))
        self.clients += grown
        return grown

    def go(self) -> None:
        for client in self.clients:
            client.close()
        for back in self.backs:
            back.close()
        for process in self.processes:
            process.communicate(timeout=DEADLINE)
        self.clients, self.backs, self.processes = [], [], []


def _client(agent: Agent, end: socket.socket) -> Client:
    client = Client.__new__(Client)
    client.vault, client.socket, client._unread = agent.home.vault, end, b""
    end.settimeout(DEADLINE)
    return client


@contextmanager
def _crowd(agent: Agent) -> Iterator[Crowd]:
    crowd = Crowd(agent)
    try:
        yield crowd
    finally:
        crowd.go()


def _is_admitted(client: Client) -> bool:
    """Whether the agent answers; where it does not, it must have said why and hung up."""
    return _refusal(client) is None


def _refusal(client: Client) -> wire.Message | None:
    """What the agent refuses to answer with; nothing in it where it had hung up before it read what was asked.

    Some of those beyond the limit are heard, because they might say `lock`: so something else is said.
    """
    poll = select.poll()
    poll.register(client.socket, select.POLLIN)
    try:
        if not poll.poll(0):
            client.send(request(client.vault, "status"))
        answer = client.receive()
    except Gone:
        return {}
    assert answer is not None, "it was hung up on without a word"
    if answer.answer["failure"] is None:
        return None
    assert client.all_frames() == [], "it was told to go, and could stay"
    return answer.failure


def _check_all_refused(clients: list[Client]) -> None:
    refusals = [_refusal(client) for client in clients]
    assert None not in refusals, "more are answered than the limit allows"
    # An answer is lost where the agent hangs up while the request is on its way: hardly ever.
    told = [refusal for refusal in refusals if refusal]
    assert len(told) >= len(clients) * 0.9
    assert {(refusal["code"], refusal["message"]) for refusal in told} == {
        (TRY_AGAIN, "too many clients are connected to the agent")
    }


def test_connections_of_one_process(home: Home) -> None:
    with running_agent(home) as agent, agent.client() as witness, _crowd(agent) as crowd:
        witness.issue("ci")
        first = crowd.grow(MOST_CONNECTIONS_OF_ONE)
        assert all(_is_admitted(client) for client in first)
        crowd.go()
        wait_until(lambda: bool(witness.status()["connections"] == 1), "the others are forgotten")

        clients = crowd.grow(TIMES * MOST_CONNECTIONS_OF_ONE)
        assert sum(_is_admitted(client) for client in clients) == MOST_CONNECTIONS_OF_ONE
        # Another process is not refused for what this one did.
        with agent.client() as other:
            assert other.issue("ci").value
        wait_until(lambda: bool(witness.status()["connections"] == 1 + MOST_CONNECTIONS_OF_ONE), "the other one went")
        assert agent.run("list").status == 0


def test_connections_of_all_processes(home: Home) -> None:
    with running_agent(home) as agent, agent.client() as witness, _crowd(agent) as crowd:
        witness.issue("ci")
        admitted = _fill(crowd, witness)
        while len(crowd.clients) < TIMES * MOST_CONNECTIONS:
            _check_all_refused(crowd.grow(GROUP))
        # The program says so in one line.
        ended = agent.run("issue", "ci", status=TRY_AGAIN)
        assert ended.errors == ["error: too many clients are connected to the agent"]
        assert "hint:" in ended.stderr

        # Whoever was there before is answered as ever.
        assert witness.issue("ci").details["source"] == "cache"
        assert all(_is_admitted(client) for client in admitted)
        pid = witness.status()["pid"]
        crowd.go()
        wait_until(lambda: bool(witness.status()["connections"] == 1), "those that went are forgotten")
        again = crowd.grow(MOST_CONNECTIONS_OF_ONE)
        assert all(_is_admitted(client) for client in again)
        assert pid == agent.pid == witness.status()["pid"]


#: Connections of a process that is no crowd by itself.
GROUP = MOST_CONNECTIONS_OF_ONE - 32


def _fill(crowd: Crowd, witness: Client) -> list[Client]:
    """Takes all connections that there are."""
    admitted: list[Client] = []
    while (left := MOST_CONNECTIONS - 1 - len(admitted)) > 0:
        admitted += crowd.grow(min(GROUP, left))
        assert all(_is_admitted(client) for client in admitted)
    assert witness.status()["connections"] == MOST_CONNECTIONS
    return admitted


def test_whoever_wants_to_lock_gets_through(home: Home) -> None:
    """However many are connected, and hold the places of those that may still say so with half of a frame."""
    with running_agent(home) as agent, agent.client() as witness, _crowd(agent) as crowd:
        _fill(crowd, witness)
        for client in crowd.grow(MOST_SURPLUS // 2):
            client.send(request(client.vault, "lock")[:6])
        assert witness.status()["unlocked"] is not None
        agent.run("lock")
        assert witness.status()["unlocked"] is None


def test_long_frames_take_turns(home: Home) -> None:
    """They are received into locked memory, of which there is little: more than some are told to come back."""
    with running_agent(home) as agent, ExitStack() as stack, agent.client() as witness:
        # A field that nobody knows makes it long.
        long = request(home.vault, "status")[8:] + b"\xaa\x1f\xe0\xd4\x03" + bytes(60_000)
        whole = frame(REQUEST, long)
        clients = [stack.enter_context(agent.client()) for _ in range(100)]
        for client in clients:
            client.send(whole[:5000])
        witness.issue("ci")
        refused = 0
        for client in clients:
            try:
                client.send(whole[5000:])
                client.answer()
            except Gone:
                refused += 1
            except Refused as refusal:
                assert refusal.code == TRY_AGAIN
                refused += 1
        assert 50 <= refused < 100
        assert witness.status()["unlocked"] is not None
        # All of them are over, and the next one has its turn.
        for client in clients:
            client.close()
        wait_until(lambda: bool(witness.status()["connections"] == 1), "those that went are forgotten")
        witness.send(whole)
        assert witness.answer()[-1]["status"]["pid"] == agent.pid


# Wrong passphrases


@dataclass
class Guesses:
    """Unlock requests with wrong passphrases, one on each of many connections, all at once."""

    clients: list[Client]
    #: What they were refused with; 0 where the agent went away.
    codes: list[int] = field(default_factory=list)
    threads: list[threading.Thread] = field(default_factory=list)

    def begin(self) -> None:
        for number, client in enumerate(self.clients):
            unlock = request(client.vault, "unlock", {"idle_limit": 900, "absolute_limit": 900})
            client.send(unlock, frame(SECRET, f"a wrong passphrase {number}".encode()))
            self.threads.append(threading.Thread(target=self._wait, args=(client,)))
            self.threads[-1].start()

    def _wait(self, client: Client) -> None:
        try:
            client.answer()
        except Refused as refused:
            self.codes.append(refused.code)
        except (Gone, OSError):
            self.codes.append(0)

    def end(self) -> None:
        for thread in self.threads:
            thread.join(DEADLINE)
        assert len(self.codes) == len(self.clients), "somebody was let in, or waits for ever"


def _issue_until(done: Callable[[], bool], client: Client) -> int:
    issued = 0
    while not done():
        assert client.issue("ci", force_refresh=issued % 20 == 19).value.startswith("eyJ")
        issued += 1
    return issued


def test_wrong_passphrases_keep_nobody_else_waiting(home: Home, pytestconfig: pytest.Config) -> None:
    """They are tried one after the other with a pause that grows. 20 take a minute, hence fewer in a usual run."""
    count = 20 if pytestconfig.option.long else 4
    with running_agent(home) as agent, ExitStack() as stack:
        issuing = stack.enter_context(agent.client())
        guesses = Guesses([stack.enter_context(agent.client()) for _ in range(count)])
        guesses.begin()
        issued = _issue_until(lambda: len(guesses.codes) == count, issuing)
        guesses.end()
        assert issued >= 10, "hardly anything was issued meanwhile"
        assert set(guesses.codes) == ({LOCKED, TRY_AGAIN} if count == 20 else {LOCKED})
        assert issuing.status()["unlocked"] is not None, "a wrong passphrase locks nothing"
        agent.run("unlock", "-q", "--passphrase-file", home.path / "passphrase")
        assert issuing.issue("ci").value
    home.run("verify")


def test_more_guesses_than_may_wait_are_sent_away(home: Home) -> None:
    """And an agent that is to end does not wait for those that do."""
    with running_agent(home) as agent, ExitStack() as stack:
        issuing = stack.enter_context(agent.client())
        guesses = Guesses([stack.enter_context(agent.client()) for _ in range(20)])
        guesses.begin()
        # One is tried and eight wait; of these four more are, while others are issued tokens.
        _issue_until(lambda: len(guesses.codes) >= 14, issuing)
        sent_away, tried = guesses.codes.count(TRY_AGAIN), guesses.codes.count(LOCKED)
        assert tried >= 3
        # Each that was tried before the last of them came has made room for one more.
        assert 11 - tried <= sent_away <= 11
        assert agent.stop().status == 0
        guesses.end()
        # What was tried when the agent ended is answered or not; nobody was let in.
        assert set(guesses.codes) <= {LOCKED, TRY_AGAIN, 0}
    home.run("verify")
