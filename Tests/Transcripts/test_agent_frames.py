"""What is no frame, or comes too slowly, ends the connection that it came by and nothing else."""

from __future__ import annotations

import random
import select
import socket
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import pytest

import canaries
from agent import (
    ASK,
    LAST,
    LONGEST,
    PART,
    REQUEST,
    SECRET,
    Agent,
    Client,
    Frame,
    Gone,
    Refused,
    frame,
    request,
    running_agent,
    wait_until,
    wire,
)
from conftest import Stage
from home import Home

USAGE, UNAVAILABLE, LOCKED = 64, 69, 77


@dataclass
class Guarded:
    """An agent, and a connection to it that was there before all others and must be answered after all others."""

    agent: Agent
    witness: Client
    entries: int
    pid: int

    def check(self) -> None:
        """The agent is the same, answers, and did nothing."""
        assert self.agent.is_running()
        status = self.witness.status()
        assert status["pid"] == self.pid
        assert status["unlocked"] is not None, "it was locked"
        assert self.witness.entries() == self.entries, "the record has an entry that nobody asked for"

    def wait_until_alone(self) -> None:
        """Until the agent has let go of all connections but the witness."""
        wait_until(lambda: bool(self.witness.status()["connections"] == 1), "the other connections are forgotten")


@pytest.fixture(scope="module")
def shared(stage: Stage) -> Iterator[tuple[Agent, Client]]:
    stage.emulator.clear()
    with running_agent(stage.home()) as agent, agent.client() as witness:
        witness.issue("ci")
        yield agent, witness


@pytest.fixture
def guarded(shared: tuple[Agent, Client]) -> Iterator[Guarded]:
    agent, witness = shared
    guarded = Guarded(agent, witness, witness.entries(), agent.pid)
    yield guarded
    guarded.check()
    guarded.wait_until_alone()


def _raw(length: int, version: int = 1, kind: int = REQUEST, reserved: int = 0) -> bytes:
    return struct.pack("<IBBH", length, version, kind, reserved)


STATUS = 12
REFUSED: dict[str, tuple[bytes, int, str]] = {
    "a length of 0": (_raw(0), USAGE, "no frame"),
    "a length of 3": (_raw(3), USAGE, "no frame"),
    "one byte too long": (_raw(LONGEST - 4 + 1), USAGE, "longer than 65536 bytes"),
    "4 GiB": (_raw(2**32 - 1), USAGE, "longer than 65536 bytes"),
    "4 GiB of another version": (_raw(2**32 - 1, version=9), USAGE, "longer than 65536 bytes"),
    "HTTP": (b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", USAGE, "longer than 65536 bytes"),
    "TLS": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(32), USAGE, "longer than 65536 bytes"),
    "zeros": (bytes(64), USAGE, "no frame"),
    "version 0": (_raw(4, version=0), UNAVAILABLE, "speaks version 1, the client version 0"),
    "version 2": (_raw(4, version=2, kind=77, reserved=5), UNAVAILABLE, "speaks version 1, the client version 2"),
    "kind 0": (_raw(4, kind=0), USAGE, "no frame"),
    "kind 5": (_raw(4, kind=5), USAGE, "no frame"),
    "kind 255": (_raw(4, kind=255), USAGE, "no frame"),
    "reserved 1": (_raw(4, reserved=1), USAGE, "no frame"),
    "reserved 0x8000": (_raw(4, reserved=0x8000), USAGE, "no frame"),
    "a secret first": (frame(SECRET, b"x" * 20), USAGE, "another kind"),
    "an empty secret first": (frame(SECRET), USAGE, "another kind"),
    "a part of an answer": (frame(PART, b""), USAGE, "another kind"),
    "an answer": (frame(LAST, b"\x12\x00"), USAGE, "another kind"),
    "no message": (frame(REQUEST, b"\xff\xff\xff\xff"), USAGE, "not understood"),
    "half a message": (frame(REQUEST, b"\x0a\x20/tmp"), USAGE, "not understood"),
    "a path that is no text": (frame(REQUEST, b"\x0a\x02\xff\xfe\x62\x00"), USAGE, "not understood"),
    "a group that ends nowhere": (frame(REQUEST, b"\x0b" * 1000), USAGE, "not understood"),
    "the longest frame, of nothing": (frame(REQUEST, b"\0" * (LONGEST - 8)), USAGE, "not understood"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_no_request_is_refused_and_hung_up_on(guarded: Guarded, what: str) -> None:
    sent, code, message = REFUSED[what]
    with guarded.agent.client() as client:
        client.send(sent)
        answer = client.all_frames()
    _check_refusal(answer, code, message)


def _check_refusal(answer: list[Frame], code: int, message: str) -> None:
    assert len(answer) == 1, f"one answer, and then the end: {answer}"
    failure = answer[0].failure
    assert failure["code"] == code
    assert message in failure["message"]


def _ask(guarded: Guarded, payload: bytes) -> tuple[int, str]:
    """What a request is refused with, on a connection that must go on after that."""
    with guarded.agent.client() as client:
        client.send(frame(REQUEST, payload))
        with pytest.raises(Refused) as refused:
            client.answer()
        assert client.status()["pid"] == guarded.pid, "a request that makes no sense ends no connection"
    return refused.value.code, refused.value.message


def test_requests_that_make_no_sense_are_answered_with_a_failure(guarded: Guarded) -> None:
    path = str(guarded.agent.home.vault).encode()
    vault = b"\x0a" + bytes([len(path)]) + path
    status = bytes([STATUS << 3 | 2, 0])
    no_verb = (USAGE, "the request has no verb that this agent knows")
    no_path = (USAGE, "the path of the vault is not an absolute one")
    assert _ask(guarded, b"") == no_verb
    assert _ask(guarded, vault) == no_verb
    # Verb 500, which a later version may have; and a field of a verb's number that is no message.
    assert _ask(guarded, vault + b"\xa2\x1f\x00") == no_verb
    assert _ask(guarded, status) == no_path
    assert _ask(guarded, b"\x0a\x04a.db" + status) == no_path
    assert _ask(guarded, b"\x0a\x05/a\0.d" + status) == no_path
    long = b"/" * 5000
    assert _ask(guarded, b"\x0a\x88\x27" + long + status) == no_path
    issue = request(guarded.agent.home.vault, "issue", {"name": "ci"}, claimed_executables=["/bin/x"] * 9)
    assert _ask(guarded, issue[8:])[0] == USAGE
    issue = request(guarded.agent.home.vault, "issue", {"name": "ci"}, claimed_executables=["/" * 5000])
    assert _ask(guarded, issue[8:])[0] == USAGE
    assert _ask(guarded, request("/nowhere/vault.db", "issue", {"name": "ci"})[8:]) == (LOCKED, "the vault is locked")


def test_fields_that_nobody_knows_are_skipped(guarded: Guarded) -> None:
    with guarded.agent.client() as client:
        known = request(guarded.agent.home.vault, "status")[8:]
        client.send(frame(REQUEST, b"\xa0\x1f\x07" + known + b"\xaa\x1f\x03abc"))
        assert client.answer()[-1]["status"]["pid"] == guarded.pid


# Secrets that do not come


def test_another_request_in_the_place_of_a_secret_is_not_taken_for_it(guarded: Guarded) -> None:
    vault = guarded.agent.home.vault
    add = {"profile": {"name": "x"}}
    for verb, content in (("unlock", {"is_key_file": 1}), ("add", add), ("replace_secret", {"name": "ci"})):
        with guarded.agent.client() as client:
            client.send(request(vault, verb, content), request(vault, "lock"))
            _check_refusal(client.all_frames(), USAGE, "another kind")
        # Were it taken for a request after all, the vault would be locked now.
        guarded.check()


def test_a_secret_where_none_belongs_is_refused(guarded: Guarded) -> None:
    with guarded.agent.client() as client:
        client.send(request(guarded.agent.home.vault, "status"), frame(SECRET, canaries.PASSPHRASE.encode()))
        answer = client.all_frames()
    assert answer[0].answer["status"]["pid"] == guarded.pid
    _check_refusal(answer[1:], USAGE, "another kind")


def test_a_verb_that_makes_no_sense_still_takes_its_secret(guarded: Guarded) -> None:
    """What follows must not be read as a request, whatever is wrong with the one before."""
    with guarded.agent.client() as client:
        for verb in ("unlock", "add"):
            client.send(frame(REQUEST, wire.encode(ASK, {"vault": "not/absolute", verb: {}})))
            client.send(frame(SECRET, request(guarded.agent.home.vault, "lock")))
            with pytest.raises(Refused) as refused:
                client.answer()
            assert refused.value.code == USAGE
        assert client.status()["pid"] == guarded.pid


# Slow ones


#: A frame must be complete 5 seconds after its first byte; whoever waits longer than this hangs.
PATIENCE = 15.0


def test_who_stops_in_the_middle_is_given_up(guarded: Guarded) -> None:
    """Half of a frame and then silence, or answers that nobody reads: hung up on after a while; others do not wait."""
    vault = guarded.agent.home.vault
    status, unlock = request(vault, "status"), request(vault, "unlock", {"is_key_file": 1})
    begun = {
        "one byte": status[:1],
        "half a header": status[:5],
        "a header": status[:8],
        "all but one byte": status[:-1],
        "a secret that does not come": unlock,
        "half a secret": unlock + frame(SECRET, b"x" * 40)[:20],
        "a request, and half of another": status + status[:9],
        "a request, and one byte of another": status + status[:1],
        "requests, and nothing is read": b"",
    }
    with ExitStack() as stack:
        idle = stack.enter_context(guarded.agent.client())
        clients = {what: stack.enter_context(guarded.agent.client()) for what in begun}
        for what, client in clients.items():
            client.send(begun[what])
        deaf = clients["requests, and nothing is read"].socket
        started = time.monotonic()
        while not all(_is_over(client.socket) for client in clients.values()):
            _send_what_fits(deaf, request(vault, "profiles"))
            guarded.check()
            if time.monotonic() > started + PATIENCE:
                break
        waited_for = [what for what, client in clients.items() if not _is_over(client.socket)]
        assert waited_for == [], "is waited for without end"
        for what, client in clients.items():
            if begun[what]:
                assert len(client.all_frames()) == (1 if what.startswith("a request") else 0), what
        # Whoever has begun nothing may be silent for as long as he likes.
        assert idle.status()["pid"] == guarded.pid


def _send_what_fits(end: socket.socket, whole: bytes) -> None:
    """Sends until the agent takes no more: it waits with an answer that is not read."""
    end.setblocking(False)
    try:
        while True:
            end.send(whole)
    except (BlockingIOError, BrokenPipeError, ConnectionResetError):
        return
    finally:
        end.settimeout(PATIENCE)


def _is_over(end: socket.socket) -> bool:
    """Whether the other side has hung up, read or unread."""
    poll = select.poll()
    poll.register(end, select.POLLRDHUP)
    return any(events & (select.POLLRDHUP | select.POLLHUP) for _, events in poll.poll(0))


def test_halves_of_frames_and_then_the_end_are_forgotten(guarded: Guarded) -> None:
    vault = guarded.agent.home.vault
    whole = request(vault, "remove", {"name": "ci"})
    for length in range(len(whole)):
        with guarded.agent.client() as client:
            client.send(whole[:length])
            client.socket.shutdown(socket.SHUT_WR)
            assert client.all_frames() == [], length
    for length in range(0, len(whole), 7):
        with guarded.agent.client() as client:
            client.send(whole[:length])
    names = [profile["profile"]["name"] for profile in guarded.witness.ask("profiles")[0]["profiles"]["profiles"]]
    assert "ci" in names


def test_a_request_whose_client_goes_before_the_answer_harms_nobody(guarded: Guarded) -> None:
    for _ in range(20):
        with guarded.agent.client() as client:
            client.send(*[request(guarded.agent.home.vault, "verify")] * 3)


def test_one_byte_at_a_time_is_a_frame_too(guarded: Guarded) -> None:
    vault = guarded.agent.home.vault
    with guarded.agent.client() as client:
        for _ in range(2):
            for byte in request(vault, "status"):
                client.send(bytes([byte]))
            assert client.answer()[-1]["status"]["pid"] == guarded.pid


def test_many_requests_in_one_piece_are_answered_in_their_order(guarded: Guarded) -> None:
    vault = guarded.agent.home.vault
    names = ["ci", "nobody", "payroll", "ci"] * 20
    with guarded.agent.client() as client:
        client.send(*(request(vault, "profile", {"name": name}) for name in names))
        for name in names:
            if name == "nobody":
                with pytest.raises(Refused):
                    client.answer()
            else:
                assert client.answer()[0]["profiles"]["profiles"][0]["profile"]["name"] == name


# Chance

#: How the verbs begin that change something: chance must not hit upon one, or the record rightly has an entry.
CHANGING = [b"\x5a", *(bytes([number << 3 & 0x7F | 0x82, 1]) for number in (16, 17, 18, 19, 20, 22, 23, 24))]


def _valid(vault: str, chance: random.Random) -> bytes:
    """A request without effect, to be spoilt."""
    verb, content = chance.choice(
        [
            ("status", {}),
            ("profiles", {"tags": ["team=data"]}),
            ("profile", {"name": "ci"}),
            ("rotations", {"name": "ci"}),
            ("audit_entries", {"profile": "ci", "limit": 3}),
            ("cached_tokens", {}),
        ]
    )
    return request(vault, verb, content, claimed_executables=["/usr/bin/x"])


def _spoilt(vault: str, chance: random.Random) -> bytes:
    def noise(whole: bytes) -> bytes:
        return chance.randbytes(chance.randrange(1, 200))

    def flipped(whole: bytes) -> bytes:
        changed = bytearray(whole)
        for _ in range(chance.randrange(1, 4)):
            changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
        return bytes(changed)

    def cut(whole: bytes) -> bytes:
        return whole[: chance.randrange(len(whole))]

    def inserted(whole: bytes) -> bytes:
        at = chance.randrange(len(whole))
        return whole[:at] + chance.randbytes(chance.randrange(1, 9)) + whole[at:]

    def framed_noise(whole: bytes) -> bytes:
        kind = chance.choice([REQUEST, REQUEST, SECRET])
        return frame(kind, chance.randbytes(chance.choice([0, 1, 10, 100, 5000, LONGEST - 8])))

    def other_length(whole: bytes) -> bytes:
        return struct.pack("<I", chance.choice([chance.randrange(200), chance.randrange(2**32)])) + whole[4:]

    ways: list[Callable[[bytes], bytes]] = [noise, flipped, cut, inserted, framed_noise, other_length]
    whole = b"".join(_valid(vault, chance) for _ in range(chance.randrange(1, 4)))
    return chance.choice(ways)(whole) + chance.choice([b"", b"", whole])


def test_chance(guarded: Guarded, pytestconfig: pytest.Config) -> None:
    is_long = pytestconfig.option.long
    seed = random.SystemRandom().randrange(2**32) if is_long else 4711
    print(f"\nseed {seed}")
    chance = random.Random(seed)
    vault = str(guarded.agent.home.vault)
    refused = 0
    for number in range(20_000 if is_long else 300):
        sent = _spoilt(vault, chance)
        if any(verb in sent for verb in CHANGING):
            continue
        with guarded.agent.client() as client:
            try:
                client.send(sent)
                client.socket.shutdown(socket.SHUT_WR)
                frames = client.all_frames()
            except (Gone, OSError):
                frames = []
            for one in frames:
                assert one.kind in (PART, LAST), f"seed {seed}, run {number}: {sent.hex()}"
            refused += bool(frames) and frames[-1].answer["failure"] is not None
        if number % 50 == 49:
            guarded.check()
    assert refused > 50, "next to nothing was refused"


def test_the_agent_of_these_tests_was_a_good_one(guarded: Guarded, home: Home) -> None:
    """The witness sees what an agent does: an entry, another process, a vault that is locked."""
    with running_agent(home) as agent, agent.client() as witness:
        other = Guarded(agent, witness, witness.entries(), agent.pid)
        other.check()
        witness.issue("ci")
        with pytest.raises(AssertionError, match="an entry"):
            other.check()
        witness.ask("lock")
        with pytest.raises(AssertionError, match="locked"):
            other.check()
