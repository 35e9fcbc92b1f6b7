"""Anchors beyond the machine's own file: a command of the user's and the journal get signed notes, only newer ones, and
hold up nobody."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent import Agent, running_agent, wait_until
from home import Home
from journal import journal
from striking import entries
from test_sinks import deliveries

#: Keeps every note it is given, one after the other; gives back the newest.
KEEPING = """#!/bin/sh
echo "$VAULTCTL_ANCHOR $VAULTCTL_VAULT" >>"$HOME/calls"
case "$VAULTCTL_ANCHOR" in
put) cat >"$HOME/note.new" && cat "$HOME/note.new" >>"$HOME/notes" && mv "$HOME/note.new" "$HOME/note" ;;
get) cat "$HOME/note" ;;
esac
"""
#: Says that it has begun, and waits until a test lets it go on.
WAITING = """#!/bin/sh
echo $$ >>"$HOME/began"
cat "$HOME/gate" >/dev/null
cat >>"$HOME/notes"
"""
FAILING = """#!/bin/sh
echo "first line" >&2
echo "no route to the notary" >&2
exit 3
"""


def anchored_by(home: Home, script: str) -> None:
    path = home.write("anchor", script, mode=0o700)
    home.run("config", "set", "anchor.command", path)


def waiting_command(home: Home) -> Path:
    """The command cannot end before somebody opens the gate for writing."""
    gate = home.path / "gate"
    os.mkfifo(gate)
    home.user.take(gate.parent)
    return gate


def open_gate(gate: Path) -> None:
    """For the command that waits now, and those that come."""
    os.rename(gate, f"{gate}.old")
    gate.write_text("")
    gate.chmod(0o644)
    # For reading, too, so that it does not wait where nobody reads (fifo(7)).
    os.close(os.open(f"{gate}.old", os.O_RDWR))


def began(home: Home) -> list[int]:
    file = home.path / "began"
    return [int(line) for line in file.read_text().split()] if file.exists() else []


def sizes(home: Home) -> list[int]:
    """Of the notes that were kept, in order."""
    file = home.path / "notes"
    if not file.exists():
        return []
    lines = file.read_text().splitlines()
    return [int(after) for line, after in zip(lines, lines[1:], strict=False) if line.startswith("vaultctl/")]


def size(home: Home) -> int:
    return len(entries(home))


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def failures(agent: Agent) -> int:
    return int(deliveries(agent).get("anchor.command", {}).get("failed", 0))


def test_a_process_leaves_a_note_when_it_has_ended(home: Home) -> None:
    anchored_by(home, KEEPING)
    home.run("issue", "ci", allowed=["token"])
    wait_until(lambda: sizes(home)[-1:] == [size(home)], "the newest note is kept")
    home.run("list")
    vault = json.loads(home.run("status", "-o", "json", status=77).stdout)["id"]
    assert set((home.path / "calls").read_text().splitlines()) == {f"put {vault}"}
    note = (home.path / "note").read_text().splitlines()
    assert note[0] == f"vaultctl/{vault}"
    assert note[4].startswith(f"— vaultctl/{vault} ")


def test_an_agent_sends_notes_of_growing_size(home: Home) -> None:
    anchored_by(home, KEEPING)
    with running_agent(home) as agent, agent.client() as client:
        for _ in range(3):
            expected = int(client.issue("ci").details["audit_sequence"]) + 1
            wait_until(lambda least=expected: max(sizes(home), default=0) >= least, "a note covers it")  # type: ignore[misc]
        told = deliveries(agent)["anchor.command"]
        assert (told["failed"], told["dropped"], told["lastError"]) == (0, 0, None)
    kept = sizes(home)
    assert kept == sorted(set(kept)), "only forward"
    assert kept[-1] == size(home), "locking leaves one that covers all"


def test_a_command_that_hangs_holds_up_no_issuance(home: Home) -> None:
    gate = waiting_command(home)
    anchored_by(home, WAITING)
    wait_until(lambda: len(began(home)) == 1, "the process that set it started it")
    with running_agent(home) as agent:
        with agent.client() as client:
            for _ in range(20):
                client.issue("ci")
        for _ in range(3):
            home.run("issue", "ci", allowed=["token"])
        assert len(began(home)) == 1, "one runs at a time, whichever process wants it"
        assert is_running(began(home)[0])
        open_gate(gate)
        wait_until(lambda: sizes(home)[-1:] == [size(home)], "the newest note is kept")
        assert len(sizes(home)) <= 4, "what waited became one"
    assert sizes(home) == sorted(set(sizes(home)))


def test_a_command_that_fails_shows_in_the_status(home: Home) -> None:
    anchored_by(home, FAILING)
    with running_agent(home) as agent:
        agent.run("issue", "ci", allowed=["token"])
        wait_until(lambda: failures(agent) > 0, "the failure is counted")
        why = deliveries(agent)["anchor.command"]["lastError"]
        assert why == "the anchor command failed: it ended with status 3: no route to the notary"
        assert why in agent.run("status", "-o", "table").stdout
        agent.run("issue", "ci", allowed=["token"])


def test_a_command_that_fails_after_its_process_shows_in_the_status(home: Home) -> None:
    def told() -> str | None:
        said = json.loads(home.run("status", "-o", "json", status=77).stdout).get("anchorFailure")
        return None if said is None else str(said)

    anchored_by(home, FAILING)
    why = "the anchor command failed: it ended with status 3: no route to the notary"
    wait_until(lambda: told() == why, "the failure is kept")
    assert why in home.run("status", "-o", "table", status=77).stdout
    home.write("anchor", KEEPING, mode=0o700)
    home.run("issue", "ci", allowed=["token"])
    wait_until(lambda: told() is None, "it is forgotten")


def test_a_command_that_is_killed_is_tried_again(home: Home) -> None:
    gate = waiting_command(home)
    anchored_by(home, WAITING)
    wait_until(lambda: len(began(home)) == 1, "it runs")
    os.killpg(os.getpgid(began(home)[0]), signal.SIGKILL)
    with running_agent(home) as agent:
        agent.run("issue", "ci", allowed=["token"])
        wait_until(lambda: len(began(home)) == 2, "it runs again")
        os.killpg(os.getpgid(began(home)[1]), signal.SIGKILL)
        wait_until(lambda: failures(agent) == 1, "the failure is counted")
        assert "it was killed" in deliveries(agent)["anchor.command"]["lastError"]
        open_gate(gate)
        agent.run("issue", "ci", allowed=["token"])
        wait_until(lambda: sizes(home)[-1:] == [size(home)], "the newest note is kept")


def test_locking_waits_for_no_command_that_hangs(home: Home) -> None:
    waiting_command(home)
    anchored_by(home, WAITING)
    wait_until(lambda: len(began(home)) == 1, "it runs")
    os.killpg(os.getpgid(began(home)[0]), signal.SIGKILL)
    with running_agent(home) as agent:
        agent.run("issue", "ci", allowed=["token"])
        wait_until(lambda: len(began(home)) == 2, "it runs")
        # Ends within the time that systemd gives it, or the fixture fails.
        agent.run("lock")
        wait_until(lambda: not is_running(began(home)[1]), "it was killed with the vault's keys")


@pytest.mark.parametrize("by", ["agent", "process"])
def test_a_command_has_ten_seconds(home: Home, by: str) -> None:
    """It and what it started are gone then."""
    waiting_command(home)
    home.write("anchor", WAITING.replace("cat ", 'sh -c \'echo $$ >>"$HOME/began"; cat "$HOME/gate"\' #'), mode=0o700)
    home.run("config", "set", "anchor.command", home.path / "anchor")
    wait_until(lambda: len(began(home)) == 2, "it has started another")
    if by == "agent":
        os.killpg(os.getpgid(began(home)[0]), signal.SIGKILL)
        with running_agent(home) as agent:
            agent.run("issue", "ci", allowed=["token"])
            wait_until(lambda: failures(agent) == 1, "its time is over")
            assert "it did not end in 10 s" in deliveries(agent)["anchor.command"]["lastError"]
            assert len(began(home)) == 4
            assert not [pid for pid in began(home) if is_running(pid)]
    else:
        wait_until(lambda: not [pid for pid in began(home) if is_running(pid)], "its time is over")


def test_the_journal_gets_notes_of_growing_size(home: Home) -> None:
    with journal(home) as arrived:
        home.run("config", "set", "anchor.journald", arrived.path)
        home.run("issue", "ci", allowed=["token"])
        home.run("list")
        with running_agent(home) as agent:
            agent.run("issue", "ci", allowed=["token"])
            wait_until(lambda: deliveries(agent).get("anchor.journald", {}).get("sent") == 1, "the agent sends one")
        notes = arrived.waiting()
    found = [int(note["VAULTCTL_SIZE"]) for note in notes]
    assert found == [6, 7, 8, 9]
    assert size(home) == 9
    for note in notes:
        text = note["VAULTCTL_NOTE"].splitlines()
        assert text[0] == f"vaultctl/{note['VAULTCTL_VAULT']}"
        assert text[1] == note["VAULTCTL_SIZE"]
        assert note["VAULTCTL_ANCHOR"] == "1"


def test_after_a_restored_file_is_accepted_smaller_notes_go_again(home: Home) -> None:
    anchored_by(home, KEEPING)
    copy = home.vault.read_bytes()
    for _ in range(4):
        home.run("issue", "ci", allowed=["token"])
    wait_until(lambda: sizes(home)[-1:] == [10], "the newest note is kept")
    home.vault.write_bytes(copy)
    home.run("audit", "anchor", "accept", "--yes", "--reason", "restored")
    wait_until(lambda: sizes(home)[-1:] == [7], "the note of the restored vault is kept")


# What the places say when the record is verified


def verified(home: Home, status: int) -> dict[str, object]:
    told = json.loads(home.run("audit", "verify", "-o", "json", status=status).stdout)
    return {"agreed": told["agreedPlaces"], "found": [finding["kind"] for finding in told["findings"]]}


def kept_by(home: Home, script: str = KEEPING) -> None:
    """A command that has a note of the vault as it is now."""
    anchored_by(home, script)
    home.run("issue", "ci", allowed=["token"])
    wait_until(lambda: sizes(home)[-1:] == [size(home)], "the newest note is kept")


def test_a_record_that_continues_what_a_place_has(home: Home) -> None:
    kept_by(home)
    assert verified(home, status=0) == {"agreed": ["anchor.command"], "found": []}
    with running_agent(home) as agent:
        told = json.loads(agent.run("audit", "verify", "-o", "json").stdout)
    assert told["agreedPlaces"] == ["anchor.command"]


def test_a_vault_that_was_put_back_with_its_anchor(home: Home) -> None:
    """The machine's own anchor was put back too, so that a place outside is all that tells."""
    anchored_by(home, KEEPING)
    older = {path: path.read_bytes() for path in (home.vault, *home.state.glob("*.anchor"))}
    home.run("issue", "ci", allowed=["token"])
    wait_until(lambda: sizes(home)[-1:] == [size(home)], "the newest note is kept")
    for path, content in older.items():
        path.write_bytes(content)
    assert verified(home, status=65) == {"agreed": [], "found": ["rolled-back"]}
    refused = home.run("verify", status=65)
    assert "anchor.command has seen" in refused.stderr, refused.shown()
    # Another history, longer than the one that was seen. The place keeps the note that it has.
    before = (home.path / "note").read_bytes()
    for number in range(3):
        home.run("edit", "ci", "--description", f"another history, {number}")
    wait_until(lambda: sizes(home)[-1:] == [size(home)], "the newest note is kept")
    (home.path / "note").write_bytes(before)
    assert verified(home, status=65) == {"agreed": [], "found": ["forked"]}


@pytest.mark.parametrize(
    "script, found, status",
    [
        ("#!/bin/sh\n", "anchor-missing", 1),
        ("#!/bin/sh\nexit 3\n", "anchor-unreachable", 1),
        ("#!/bin/sh\necho nothing of yours\n", "anchor-damaged", 65),
    ],
    ids=["nothing", "failing", "foreign"],
)
def test_a_place_that_does_not_vouch(home: Home, script: str, found: str, status: int) -> None:
    anchored_by(home, script)
    assert verified(home, status) == {"agreed": [], "found": [found]}


# What others put into the state directory, or hold there


def state_file(home: Home, suffix: str) -> Path:
    vault = json.loads(home.run("status", "-o", "json", status=77).stdout)["id"]
    return home.state / f"{vault}{suffix}"


def forged_note(home: Home) -> str:
    name = f"vaultctl/{state_file(home, '').name}"
    return f"{name}\n9999999999\n{'A' * 43}=\n\n— {name} {'A' * 96}\n"


@pytest.mark.parametrize("file", [".note", ".note-command"])
@pytest.mark.parametrize("what", ["number", "note"])
def test_what_the_vault_has_not_signed_keeps_no_note_back(home: Home, file: str, what: str) -> None:
    kept_by(home)
    state_file(home, file).write_text("18446744073709551615" if what == "number" else forged_note(home))
    home.run("issue", "ci", allowed=["token"])
    wait_until(lambda: sizes(home)[-1:] == [size(home)], "the newest note is kept")


def test_what_the_vault_has_not_signed_keeps_no_note_from_the_journal(home: Home) -> None:
    with journal(home) as arrived:
        home.run("config", "set", "anchor.journald", arrived.path)
        state_file(home, ".note-journald").write_text(forged_note(home))
        home.run("issue", "ci", allowed=["token"])
        found = [int(note["VAULTCTL_SIZE"]) for note in arrived.waiting()]
    assert found == [6, 7]


def test_a_vault_that_was_put_back_sends_no_smaller_note(home: Home) -> None:
    anchored_by(home, KEEPING)
    older = {path: path.read_bytes() for path in (home.vault, *home.state.glob("*.anchor"))}
    for _ in range(3):
        home.run("issue", "ci", allowed=["token"])
    wait_until(lambda: sizes(home)[-1:] == [size(home)], "the newest note is kept")
    before = sizes(home)
    for path, content in older.items():
        path.write_bytes(content)
    told = home.run("issue", "ci", allowed=["token"])
    assert f"covers {before[-1]} entries, and the vault has 7: it was put back" in told.stderr, told.shown()
    assert sizes(home) == before


def test_a_pipe_where_a_failure_is_kept_holds_up_nobody(home: Home) -> None:
    path = state_file(home, ".note-failed")
    os.mkfifo(path)
    home.user.take(home.state)
    told = home.run("status", status=77)
    assert str(path) in told.stderr, told.shown()


@pytest.mark.parametrize("file", [".note", ".note-command"])
def test_a_pipe_in_the_state_directory_holds_up_nobody(home: Home, file: str) -> None:
    kept_by(home)
    path = state_file(home, file)
    path.unlink()
    os.mkfifo(path)
    home.user.take(home.state)
    told = home.run("issue", "ci", allowed=["token"])
    assert str(path) in told.stderr, told.shown()
    with running_agent(home) as agent:
        agent.run("issue", "ci", allowed=["token"])
        agent.run("lock")


def test_whoever_holds_the_note_costs_a_delivery_and_not_the_time_to_lock(home: Home) -> None:
    kept_by(home)
    with state_file(home, ".note-lock").open("r+") as held:
        # struct flock: the first byte, F_OFD_SETLK.
        fcntl.fcntl(held, 37, struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, 0, 1, 0))
        with running_agent(home) as agent:
            agent.run("issue", "ci", allowed=["token"])
            wait_until(lambda: deliveries(agent).get("anchor.command", {}).get("dropped", 0) > 0, "it is given up")
            agent.run("lock")


# What the journal has, where this user may put anything


#: journalctl, for a journal that is a file: the newest first, as it is asked for.
JOURNALCTL = """#!/bin/sh
case "$*" in *--reverse*) tac "$HOME/journal" ;; *) exit 1 ;; esac
"""


@pytest.fixture
def written(home: Home) -> Iterator[list[str]]:
    """What the journal has, oldest first; the vault's anchors go there."""
    shim = home.programs / "journalctl"
    shim.write_text(JOURNALCTL)
    shim.chmod(0o755)
    kept_by(home)
    home.run("config", "set", "anchor.journald", "on")
    home.run("config", "unset", "anchor.command")
    yield [(home.path / "note").read_text()]
    shim.unlink()


def verified_by(home: Home, notes: list[str], status: int) -> dict[str, object]:
    home.write("journal", "".join(json.dumps({"VAULTCTL_NOTE": note}) + "\n" for note in notes))
    return verified(home, status)


def test_junk_in_the_journal_accuses_nobody(home: Home, written: list[str]) -> None:
    agreed = {"agreed": ["anchor.journald"], "found": []}
    junk = ["junk", forged_note(home), "x" * 100_000]
    assert verified_by(home, [*junk, *written, *junk], status=0) == agreed
    assert verified_by(home, junk, status=1) == {"agreed": [], "found": ["anchor-missing"]}


def test_an_older_note_hides_no_newer_one(home: Home, written: list[str]) -> None:
    older = {path: path.read_bytes() for path in (home.vault, *home.state.glob("*.anchor"))}
    anchored_by(home, KEEPING)
    home.run("issue", "ci", allowed=["token"])
    wait_until(lambda: sizes(home)[-1:] == [size(home)], "the newest note is kept")
    newer = (home.path / "note").read_text()
    for path, content in older.items():
        path.write_bytes(content)
    found = verified_by(home, [*written, newer, *written * 200, "junk"], status=65)
    assert found == {"agreed": [], "found": ["rolled-back"]}


def test_a_journal_too_long_to_read_is_told(home: Home, written: list[str]) -> None:
    (home.programs / "journalctl").write_text("#!/bin/sh\nyes '{}'\n")
    assert verified_by(home, written, status=1) == {"agreed": [], "found": ["anchor-unreachable"]}
