"""Checkpoints as they come about by themselves, and proofs that an agent gives; verified as an auditor does."""

from __future__ import annotations

import fcntl
import json
import os
import sqlite3
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from agent import ASKING, Agent, running_agent
from conftest import Stage
from home import Home
from striking import entries

# Tests/Interop, which the agent's module has put onto the path.
import verify_audit as audit  # isort: skip

DAMAGED, LOCKED = 65, 77
INTERVAL = 1000


def checkpoints(home: Home) -> dict[int, audit.Checkpoint]:
    """Those that lie in the file, each signed by the vault's key."""
    key = verifier(home)
    with sqlite3.connect(f"file:{home.vault}?mode=ro", uri=True) as database:
        rows = database.execute("SELECT size, note FROM checkpoint ORDER BY size").fetchall()
    found = {size: audit.Checkpoint.verified(note, key) for size, note in rows}
    assert all(checkpoint.size == size for size, checkpoint in found.items())
    return found


def verifier(home: Home) -> audit.VerifierKey:
    return audit.VerifierKey.parse(home.run("audit", "checkpoint", "--key").stdout.strip())


def issue_often(agent: Agent, times: int) -> None:
    """From the cache, by several clients at once, so that they share transactions."""
    clients = 8

    def issue() -> None:
        with agent.client() as client:
            for _ in range(times // clients):
                client.issue("ci")

    threads = [threading.Thread(target=issue) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@contextmanager
def nobody_writes(home: Home) -> Iterator[None]:
    """Holds the lock of those that write, as a writer does that was stopped."""
    f_ofd_setlk = 37
    descriptor = os.open(f"{home.vault}.lock", os.O_RDWR)
    try:
        fcntl.fcntl(descriptor, f_ofd_setlk, struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, 2, 1, 0))
        yield
    finally:
        os.close(descriptor)


def test_a_thousand_entries_are_followed_by_a_checkpoint(home: Home) -> None:
    before = len(entries(home))
    assert checkpoints(home) == {}
    with running_agent(home) as agent:
        issue_often(agent, INTERVAL)
        with agent.client() as client:
            assert client.entries() == before + INTERVAL
        (size,) = checkpoints(home)
        assert INTERVAL <= size <= before + INTERVAL
    # The agent's end locks the vault; it signs what came after.
    last = max(checkpoints(home))
    assert last == before + INTERVAL + 1 == len(entries(home))
    exported = home.path / "export"
    home.run("audit", "export", exported)
    found = audit.verify_export(exported, verifier(home))
    assert found.checkpoint.size == last + 1 and found.checkpoints == 3


def test_locking_signs_what_came_and_nothing_twice(home: Home) -> None:
    with running_agent(home) as agent:
        with agent.client() as client:
            client.issue("ci")
        agent.run("lock")
        (size,) = checkpoints(home)
        last = entries(home)[-1]
        assert (last["action"], last["reason"], last["sequence"]) == ("checkpoint", "locked", size - 1)
        agent.unlock(variables={"VAULTCTL_KEY_FILE": str(home.path / "key")})
        agent.run("lock")
        assert list(checkpoints(home)) == [size], "nothing came since"
    home.run("verify")


def test_a_checkpoint_that_cannot_be_made_keeps_nothing_unlocked(home: Home) -> None:
    with running_agent(home) as agent:
        with agent.client() as client:
            client.issue("ci")
        with nobody_writes(home):
            agent.run("lock")
            agent.run("status", status=LOCKED)
        assert checkpoints(home) == {}
    home.run("verify")


def test_an_agent_proves_what_its_client_may_not_unlock(stage: Stage, home: Home) -> None:
    key = verifier(home)
    with running_agent(home) as agent:
        first = agent.run("audit", "checkpoint", "--reason", "quarter", variables=ASKING).stdout
        assert agent.run("audit", "checkpoint", "--key", variables=ASKING).stdout.startswith(key.name)
        old = audit.Checkpoint.verified(first, key)
        made = entries(home)[-1]
        assert made["action"] == "checkpoint" and made["caller"]["pid"] != agent.pid, "by who asked, not by the agent"
        with agent.client() as client:
            client.issue("ci")
        proof = agent.run("audit", "prove", "0", variables=ASKING).stdout
        assert audit.verify_inclusion(proof, key)[0] == 0
        proof = agent.run("audit", "prove", "--from", str(old.size), variables=ASKING).stdout
        assert audit.verify_consistency(proof, old, key).size == old.size + 1
        exported = home.path / "export"
        agent.run("audit", "export", exported, variables=ASKING)
        assert audit.verify_export(exported, key).checkpoint.size == old.size + 2
        agent.run("audit", "prove", "99", status=66, variables=ASKING)
        # What gives a key away takes what opens the vault, agent or not.
        for arguments in (["disclose", "0"], ["export", "--open", home.path / "open"]):
            agent.run("audit", *arguments, "--no-input", status=LOCKED, variables=ASKING)
        assert len(entries(home)) == old.size + 2


def test_an_export_is_whole_though_others_write(home: Home) -> None:
    """It ends where it was signed; what comes meanwhile is left out."""
    with running_agent(home) as agent:
        stop = threading.Event()

        def issue() -> None:
            with agent.client() as client:
                while not stop.is_set():
                    client.issue("ci")

        writer = threading.Thread(target=issue)
        writer.start()
        try:
            sizes = []
            for number in range(5):
                path: Path = home.path / f"export-{number}"
                home.run("audit", "export", "--open", path)
                lines = path.read_text().splitlines()
                found = audit.verify_export(path, verifier(home))
                sizes.append(found.checkpoint.size)
                assert json.loads(lines[found.checkpoint.size])["event"]["action"] == "audit-export"
        finally:
            stop.set()
            writer.join()
        assert sizes == sorted(set(sizes))
        with agent.client() as client:
            assert client.entries() > sizes[-1]
