"""An agent that is killed at any moment of its work leaves a vault that is whole, and no token without its entry.

It runs for hours and works on a vault more than any other process, so that it is the one that a kill finds at work.
"""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from agent import Client, Gone, Refused, Token, running_agent, socket_path, wait_until
from conftest import Stage
from home import Home
from striking import entries, token_id

CLIENTS = 8
#: The longest time that an agent lives after its first answer, in seconds.
LONGEST_LIFE = 0.15
LOCKED, UNAVAILABLE, TRY_AGAIN = 77, 69, 75


@dataclass
class Load:
    """Clients that ask without a pause, and what became of every request."""

    home: Home
    stopped: threading.Event = field(default_factory=threading.Event)
    tokens: list[Token] = field(default_factory=list)
    outcomes: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)
    threads: list[threading.Thread] = field(default_factory=list)

    def begin(self) -> None:
        for number in range(CLIENTS):
            self.threads.append(threading.Thread(target=self._ask, args=(number,)))
            self.threads[-1].start()

    def end(self) -> None:
        self.stopped.set()
        for thread in self.threads:
            thread.join()
        assert self.problems == []

    def _ask(self, number: int) -> None:
        chance = random.Random(number)
        try:
            while not self.stopped.is_set():
                self._ask_one_agent(chance)
        except Exception as problem:  # noqa: BLE001 - told by `end`, in the thread of the test
            self.problems.append(f"{type(problem).__name__}: {problem}")

    def _ask_one_agent(self, chance: random.Random) -> None:
        try:
            client = Client(socket_path(self.home), self.home.vault)
        except (FileNotFoundError, ConnectionRefusedError):
            time.sleep(0.001)
            return
        with client:
            while not self.stopped.is_set():
                try:
                    self._ask_once(client, chance)
                except Gone:
                    self.outcomes["gone"] += 1
                    return
                except Refused as refused:
                    # Between its start and its unlocking an agent is locked.
                    assert refused.code == LOCKED, str(refused)
                    self.outcomes["locked"] += 1

    def _ask_once(self, client: Client, chance: random.Random) -> None:
        match chance.randrange(10):
            case 0:
                client.ask("edit", {"name": "payroll", "about": f"edit {chance.randrange(10**6)}"})
                self.outcomes["edited"] += 1
            case 1 | 2 | 3:
                self._note(client.issue("ci", force_refresh=True))
            case 4:
                self._note(client.issue(chance.choice(["payroll", "prod/etl"]), force_refresh=True))
            case _:
                self._note(client.issue(chance.choice(["ci", "payroll", "prod/etl"])))

    def _note(self, token: Token) -> None:
        self.tokens.append(token)
        self.outcomes["issued"] += 1


def _check_vault(home: Home, load: Load, begun: int) -> None:
    """Every row is right, the anchor agrees, the numbers are gapless, and every token that came has its entry."""
    verified = home.run("verify")
    assert '"anchorAgrees": true' in verified.stdout, verified.stdout
    record = entries(home)
    assert [entry["sequence"] for entry in record] == list(range(len(record)))
    issued = {entry["sequence"]: entry for entry in record if entry["action"] == "issue" and entry["outcome"] == "ok"}
    for token in load.tokens:
        sequence = token.details["audit_sequence"]
        assert sequence in issued, f"a token came, and entry {sequence} is not there"
        assert issued[sequence]["tokenId"] == token_id(token.value), f"entry {sequence} is of another token"
    sequences = [token.details["audit_sequence"] for token in load.tokens]
    assert len(set(sequences)) == len(sequences), "two tokens were given with one entry"
    # The other way round an entry without its token is what a kill may leave, but one for each client and kill at most.
    lost = len([sequence for sequence in issued if sequence >= begun]) - len(load.tokens)
    assert lost <= CLIENTS * load.outcomes["kills"], f"{lost} entries of tokens that nobody got"


def test_killed_at_any_moment(stage: Stage, home: Home, pytestconfig: pytest.Config) -> None:
    is_long = pytestconfig.option.long
    seed = random.SystemRandom().randrange(2**32) if is_long else 4711
    print(f"\nseed {seed}")
    chance = random.Random(seed)
    kills = 200 if is_long else 40
    load = Load(home)
    begun = len(entries(home))
    load.begin()
    try:
        for number in range(kills):
            with running_agent(home) as agent:
                # How long it lives is chance, and not what is waited for.
                time.sleep(chance.uniform(0, LONGEST_LIFE))
                agent.kill()
            load.outcomes["kills"] += 1
            assert socket_path(home).is_socket(), "a killed agent cannot have removed its socket"
            if number % 50 == 49:
                home.run("verify")
    finally:
        load.end()
    print(dict(load.outcomes))
    _check_vault(home, load, begun)
    # What was shown is only worth what was done meanwhile.
    assert load.outcomes["issued"] >= 2 * kills
    assert load.outcomes["gone"] >= kills, "hardly anybody was talking to an agent that was killed"
    with running_agent(home) as agent:
        agent.run("issue", "ci", allowed=["token"])
    assert not socket_path(home).exists(), "one that ends by itself tidies up"


def test_the_program_says_in_one_line_that_the_agent_went(stage: Stage, home: Home) -> None:
    """Held at the provider, ten programs wait when the agent is killed."""
    stage.emulator.set_fault("slow", seconds=600, path="token")
    with running_agent(home) as agent:
        names = ["ci", "payroll", "prod/etl"]
        programs = [agent.start("issue", names[number % 3], "--force-refresh") for number in range(10)]
        wait_until(lambda: len(stage.emulator.token_requests()) >= 3, "the agent asks the provider")
        with agent.client() as client:
            wait_until(lambda: bool(client.status()["connections"] == 11), "all ten are connected")
        agent.kill()
        ended = [home.end(program) for program in programs]
        # Asked after that, it hears that the vault is locked.
        ended.append(agent.run("issue", "ci", "--no-input", status=None))
    for one in ended:
        assert one.status in (UNAVAILABLE, LOCKED), one.shown()
        assert one.stdout == ""
        assert len(one.errors) == 1
    assert all("the agent went away" in one.errors[0] for one in ended[:10])
    stage.emulator.clear()
    home.run("verify")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root sees what a process waits for")
@pytest.mark.parametrize("verb", ["list", "add", "rotate", "check", "verify"])
def test_a_kill_just_before_the_program_asks_is_told_too(home: Home, verb: str) -> None:
    """The socket of an agent that is stopped takes requests; killed then, it has answered none."""
    secret = str(home.path / "secret")
    where = ["--client-id", home.variables["APP"], "--tenant", home.variables["TENANT"]]
    more = {
        "add": ["new", *where, "--resource", "arm", "--secret-file", secret],
        "rotate": ["ci", "--secret-file", str(home.path / "new-secret")],
        "check": ["--all"],
    }
    with running_agent(home) as agent:
        agent.process.send_signal(signal.SIGSTOP)
        program = agent.start(verb, *more.get(verb, []))
        wait_until(lambda: _waits_in_recv(program.pid), "the program waits for the answer")
        agent.kill()
        ended = home.end(program)
    assert ended.status == UNAVAILABLE, ended.shown()
    assert ended.stdout == ""
    assert ended.errors == ["error: the agent went away before it answered"]
    home.run("verify")


def _waits_in_recv(pid: int) -> bool:
    """Whether the first thread of a process waits in the kernel for what a Unix socket brings (proc(5), `wchan`)."""
    where = Path(f"/proc/{pid}/wchan").read_text()
    if where == "0" and Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "S":
        pytest.skip("the kernel does not tell what a process waits for")
    return "unix" in where or "skb" in where
