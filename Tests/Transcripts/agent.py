"""Agents in the foreground, and a client that speaks frames.

What is sent and answered is written down by hand, from Protos/agent.proto and the table in
Sources/VaultAgent/Wire/Frame.swift, so that it shares no code with the program.
"""

from __future__ import annotations

import array
import contextlib
import ctypes
import os
import signal
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from home import DEADLINE, Ended, Home, User

# The codec of messages is that of the reader in Tests/Interop. At the end, because both folders have a conftest.
sys.path.append(str(Path(__file__).resolve().parents[1] / "Interop"))

import proto_wire as wire  # noqa: E402
from proto_wire import Field, Kind, Schema  # noqa: E402

REQUEST, SECRET, PART, LAST = 1, 2, 3, 4
VERSION = 1
#: Bytes of a whole frame.
LONGEST = 65_536
#: Of Agent.swift: connections at once, of all processes and of one.
MOST_CONNECTIONS, MOST_CONNECTIONS_OF_ONE = 512, 192
#: How many more may wait to say `lock`.
MOST_SURPLUS = 32

#: `TimeoutStopSec` of the service.
STOP_DEADLINE = 10.0

#: Asks the agent, where :class:`Home` says that none is to be asked; and has nothing to unlock with.
ASKING = {"VAULTCTL_NO_AGENT": "", "VAULTCTL_KEY_FILE": ""}


def _fields(kind: Kind, **numbers: int) -> Schema:
    return {number: Field(name, kind) for name, number in numbers.items()}


NAMED: Schema = _fields(Kind.STRING, name=1)
AUDIENCE: Schema = _fields(Kind.STRING, resource=1, scope=2)
EMPTY: Schema = {}


def _message(name: str, schema: Schema) -> Field:
    return Field(name, Kind.MESSAGE, message=schema)


UNLOCK: Schema = _fields(Kind.UINT32, is_key_file=1, idle_limit=2, absolute_limit=3)
EDIT: Schema = {
    **_fields(Kind.STRING, name=1, tenant=2, client_id=3, subscription=5, about=8),
    4: _message("audience", AUDIENCE),
    6: Field("added_tags", Kind.STRING, repeated=True),
    7: Field("removed_tags", Kind.STRING, repeated=True),
    9: Field("secret_expires", Kind.INT64),
}
ISSUE: Schema = {
    **_fields(Kind.STRING, name=1, tenant=3, reason=6),
    2: _message("audience", AUDIENCE),
    5: Field("force_refresh", Kind.UINT32),
}
ADD: Schema = {
    1: _message("profile", wire.PROFILE),
    **_fields(Kind.UINT32, checks=2, discovers_subscription=3),
}
REPLACE_SECRET: Schema = {1: Field("name", Kind.STRING), 2: Field("expires", Kind.INT64)}
AUDIT_QUERY: Schema = {
    **_fields(Kind.STRING, profile=1, audience=6, actor=7, host=9),
    8: Field("limit", Kind.UINT64),
    10: Field("from", Kind.UINT64),
    11: Field("before", Kind.UINT64),
    12: Field("watches", Kind.UINT32),
}

ASK: Schema = {
    1: Field("vault", Kind.STRING),
    2: Field("claimed_executables", Kind.STRING, repeated=True),
    3: Field("timeout", Kind.UINT32),
    10: _message("unlock", UNLOCK),
    11: _message("lock", EMPTY),
    12: _message("status", EMPTY),
    13: _message("profiles", {1: Field("tags", Kind.STRING, repeated=True)}),
    14: _message("profile", NAMED),
    15: _message("rotations", NAMED),
    16: _message("add", ADD),
    17: _message("edit", EDIT),
    18: _message("rename", _fields(Kind.STRING, name=1, new_name=2)),
    19: _message("remove", NAMED),
    20: _message("issue", ISSUE),
    21: _message("cached_tokens", EMPTY),
    22: _message("forget_tokens", NAMED),
    23: _message("check", {1: Field("names", Kind.STRING, repeated=True)}),
    24: _message("replace_secret", REPLACE_SECRET),
    25: _message("audit_entries", AUDIT_QUERY),
    26: _message("verify", EMPTY),
}

FAILURE: Schema = {1: Field("code", Kind.INT32), **_fields(Kind.STRING, message=2, hint=3)}
STORED_PROFILE: Schema = {1: Field("id", Kind.BYTES), 2: _message("profile", wire.PROFILE)}
TOKEN_DETAILS: Schema = {
    **_fields(Kind.STRING, profile=1, tenant=2, client_id=3, scope=6, token_type=7, source=10, warning=12),
    **_fields(Kind.INT64, issued=8, expires=9),
    11: Field("audit_sequence", Kind.UINT64),
}
AUDIT_ENTRY: Schema = {1: Field("sequence", Kind.UINT64), 2: _message("event", wire.AUDIT_EVENT)}
UNLOCKED: Schema = {
    1: Field("since", Kind.INT64),
    **_fields(Kind.UINT32, idle_limit=2, idle_left=3, absolute_left=4, renewed_ahead=6),
    5: Field("issued", Kind.UINT64),
    7: Field("trouble", Kind.STRING),
}
STATUS: Schema = {
    1: Field("pid", Kind.INT32),
    2: Field("version", Kind.STRING),
    **_fields(Kind.UINT32, memory_is_locked=3, connections=4, other_vaults=6),
    5: _message("unlocked", UNLOCKED),
}
VERIFICATION: Schema = {
    **_fields(Kind.UINT64, profiles=1, tokens=2, rotations=3, settings=4, audit_entries=5),
    7: Field("anchor_agrees", Kind.UINT32),
}
ANSWER: Schema = {
    1: _message("failure", FAILURE),
    2: _message("done", EMPTY),
    3: _message("status", STATUS),
    4: _message("profiles", {1: Field("profiles", Kind.MESSAGE, repeated=True, message=STORED_PROFILE)}),
    6: _message("token", TOKEN_DETAILS),
    8: Field("count", Kind.UINT64),
    9: _message("checked", {1: Field("profile", Kind.STRING), 4: _message("failure", FAILURE)}),
    10: _message("audit_entries", {1: Field("entries", Kind.MESSAGE, repeated=True, message=AUDIT_ENTRY)}),
    11: _message("progress", EMPTY),
    12: _message("verification", VERIFICATION),
}


class Refused(Exception):
    """The agent answered with a failure."""

    def __init__(self, failure: wire.Message) -> None:
        super().__init__(f"{failure['code']}: {failure['message']}")
        self.code = int(failure["code"])
        self.message = str(failure["message"])


class Gone(Exception):
    """The connection ended before there was a whole answer."""


class Misbehaved(AssertionError):
    """What came is nothing that an agent may send."""


@dataclass(frozen=True)
class Frame:
    kind: int
    payload: bytes

    @property
    def answer(self) -> wire.Message:
        return wire.decode(ANSWER, self.payload)

    @property
    def failure(self) -> wire.Message:
        """The failure that the frame tells of, which must be the last frame of an answer."""
        if self.kind != LAST or self.answer["failure"] is None:
            raise Misbehaved(f"no failure: {self}")
        found: wire.Message = self.answer["failure"]
        return found


@dataclass(frozen=True)
class Token:
    value: str = field(repr=False)
    details: wire.Message


def frame(kind: int, payload: bytes = b"", *, version: int = VERSION, reserved: int = 0) -> bytes:
    return struct.pack("<IBBH", len(payload) + 4, version, kind, reserved) + payload


def request(vault: str | os.PathLike[str], verb: str, content: wire.Message | None = None, **more: Any) -> bytes:
    """A request as a frame."""
    message = {"vault": os.path.realpath(vault), verb: content or {}, **more}
    return frame(REQUEST, wire.encode(ASK, message))


class Client:
    """A connection of a user's to an agent."""

    def __init__(self, path: Path | str, vault: Path, user: User | None = None) -> None:
        self.vault = vault
        self.socket = connected(path, user or User.chosen())
        self.socket.settimeout(DEADLINE)
        self._unread = b""

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self.socket.close()

    # Frames

    def send(self, *frames: bytes) -> None:
        """Sends bytes, whatever they are.

        - Raises ``Gone`` when the agent has closed the connection. It may have said why before.
        """
        try:
            self.socket.sendall(b"".join(frames))
        except (BrokenPipeError, ConnectionResetError) as error:
            raise Gone from error

    def receive(self) -> Frame | None:
        """The next frame; ``None`` at the end."""
        head = self._take(8)
        if head is None:
            return None
        length, version, kind, reserved = struct.unpack("<IBBH", head)
        if version != VERSION or reserved != 0 or not 4 <= length <= LONGEST - 4 or kind not in (SECRET, PART, LAST):
            raise Misbehaved(f"no frame: {head.hex()}")
        payload = self._take(length - 4)
        if payload is None:
            raise Gone
        return Frame(kind, payload)

    def _take(self, count: int) -> bytes | None:
        """``None`` at the end between two frames."""
        while len(self._unread) < count:
            try:
                more = self.socket.recv(1 << 16)
            except ConnectionResetError as error:
                raise Gone from error
            if not more:
                if self._unread or count != 8:
                    raise Gone
                return None
            self._unread += more
        taken, self._unread = self._unread[:count], self._unread[count:]
        return taken

    def all_frames(self) -> list[Frame]:
        """What comes until the agent closes the connection, which it must do."""
        found = []
        with contextlib.suppress(Gone):
            while (one := self.receive()) is not None:
                found.append(one)
        return found

    # Verbs

    def ask(self, verb: str, content: wire.Message | None = None, secret: bytes | None = None) -> list[wire.Message]:
        """Asks and gives the parts of the answer.

        - Raises ``Refused`` or ``Gone``.
        """
        frames = [request(self.vault, verb, content)]
        self.send(*frames, *([] if secret is None else [frame(SECRET, secret)]))
        return self.answer()

    def answer(self) -> list[wire.Message]:
        parts = []
        while True:
            one = self.receive()
            if one is None:
                raise Gone
            if one.kind == SECRET:
                raise Misbehaved("a secret that nothing announced")
            if (failure := one.answer["failure"]) is not None:
                raise Refused(failure)
            parts.append(one.answer)
            if one.kind == LAST:
                return parts

    def status(self) -> wire.Message:
        found: wire.Message = self.ask("status")[-1]["status"]
        return found

    def issue(self, name: str, *, force_refresh: bool = False, **more: Any) -> Token:
        self.send(request(self.vault, "issue", {"name": name, "force_refresh": int(force_refresh), **more}))
        return self.token()

    def token(self) -> Token:
        """Reads the answer to `issue`."""
        details = self.answer()[-1]["token"]
        secret = self.receive()
        if secret is None:
            raise Gone
        if secret.kind != SECRET:
            raise Misbehaved(f"no token where one was announced: {secret.kind}")
        return Token(secret.payload.decode(), details)

    def entries(self) -> int:
        """How many entries the record has."""
        return int(self.ask("verify")[-1]["verification"]["audit_entries"])


_libc = ctypes.CDLL(None, use_errno=True)
_NO_CHANGE = -1


def connected(path: Path | str, user: User) -> socket.socket:
    """A socket that this user connected, as the kernel sees it. The rest of this process stays who it is."""
    end = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        with acting_as(user):
            end.connect(str(path))
    except BaseException:
        end.close()
        raise
    return end


@contextmanager
def acting_as(user: User) -> Iterator[None]:
    """Lets this thread alone be ``user`` towards the kernel: the C library would change all threads."""
    if os.geteuid() == user.uid:
        yield
        return
    setresuid, setresgid, setgroups = 117, 119, 116
    if os.uname().machine == "aarch64":
        setresuid, setresgid, setgroups = 147, 149, 159
    groups = array.array("I", os.getgroups())
    none = array.array("I")
    _call(setgroups, 0, none.buffer_info()[0])
    _call(setresgid, _NO_CHANGE, user.gid, _NO_CHANGE)
    _call(setresuid, _NO_CHANGE, user.uid, _NO_CHANGE)
    try:
        yield
    finally:
        _call(setresuid, _NO_CHANGE, 0, _NO_CHANGE)
        _call(setresgid, _NO_CHANGE, 0, _NO_CHANGE)
        _call(setgroups, len(groups), groups.buffer_info()[0])


def _call(number: int, *arguments: int) -> None:
    if _libc.syscall(ctypes.c_long(number), *(ctypes.c_long(argument) for argument in arguments)) != 0:
        raise OSError(ctypes.get_errno(), "a call for another user was refused")


@dataclass
class Agent:
    """`vaultctl agent` in the foreground."""

    home: Home
    process: subprocess.Popen[bytes]
    path: Path
    #: What it must end with.
    status: int = 0
    ended: Ended | None = None

    @property
    def pid(self) -> int:
        return self.process.pid

    def client(self, user: User | None = None) -> Client:
        return Client(self.path, self.home.vault, user)

    def run(self, *arguments: str | os.PathLike[str], **options: Any) -> Ended:
        """Runs `vaultctl`, which asks this agent and has nothing to unlock with."""
        variables: Mapping[str, str] = {**ASKING, **(options.pop("variables", None) or {})}
        return self.home.run(*arguments, variables=variables, **options)

    def start(self, *arguments: str | os.PathLike[str], **options: Any) -> subprocess.Popen[bytes]:
        return self.home.start(self.home.programs / "vaultctl", *arguments, variables=ASKING, **options)

    def unlock(self, *arguments: str, **options: Any) -> Ended:
        """Unlocks with the key file."""
        return self.run("unlock", "-q", "--key-file", self.home.path / "key", *arguments, **options)

    def is_running(self) -> bool:
        return self.process.poll() is None

    def stop(self, how: int = signal.SIGTERM) -> Ended:
        """Sends a signal and waits for the end: as long as systemd does before it kills (systemd/user)."""
        if self.ended is None:
            self.process.send_signal(how)
            wait_until(lambda: not self.is_running(), "the agent ends when it is asked to", STOP_DEADLINE)
            self.ended = self.home.end(self.process)
        return self.ended

    def kill(self) -> None:
        self.status = 128 + signal.SIGKILL
        assert self.stop(signal.SIGKILL).status == self.status


def socket_path(home: Home) -> Path:
    return home.path / "run/vaultctl/agent.sock"


def start_agent(
    home: Home, *arguments: str, unlocked: bool = True, path: Path | None = None, **options: Any
) -> Agent:
    """An agent that answers, unlocked by the key file. :func:`running_agent` also ends it."""
    words = ["--unlock"] if unlocked else []
    process = home.start(home.programs / "vaultctl", "agent", *words, *arguments, **options)
    agent = Agent(home, process, path or socket_path(home))
    try:
        wait_until_it_answers(agent)
    except BaseException:
        process.kill()
        process.communicate()
        raise
    return agent


def wait_until_it_answers(agent: Agent) -> None:
    def answers() -> bool:
        if not agent.is_running():
            pytest.fail(f"the agent ended: {agent.home.end(agent.process).shown()}")
        try:
            with agent.client() as client:
                return bool(client.status()["pid"] == agent.pid)
        except (OSError, Gone):
            return False

    wait_until(answers, "the agent answers", pause=0.005)


@contextmanager
def running_agent(home: Home, *arguments: str, **options: Any) -> Iterator[Agent]:
    """The same until the end of the block, where it must end as it should."""
    agent = start_agent(home, *arguments, **options)
    try:
        yield agent
    except BaseException:
        agent.process.kill()
        agent.process.communicate()
        raise
    try:
        ended = agent.stop()
    finally:
        agent.process.kill()
        agent.process.wait()
    assert ended.status == agent.status, ended.shown()


def wait_until(condition: Callable[[], bool], what: str, deadline: float = DEADLINE, pause: float = 0.02) -> None:
    end = time.monotonic() + deadline
    while not condition():
        if time.monotonic() > end:
            pytest.fail(f"never so far: {what}")
        time.sleep(pause)
