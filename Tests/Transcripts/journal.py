"""A journal's socket, as journald has one, and what arrives at it (systemd.io, Native Journal Protocol)."""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from home import Home

Message = dict[str, str]


@dataclass(frozen=True)
class Journal:
    path: Path
    socket: socket.socket

    def next(self, timeout: float = 60) -> Message:
        self.socket.settimeout(timeout)
        return parse(self.socket.recv(1 << 18))

    def waiting(self) -> list[Message]:
        """What has arrived already."""
        self.socket.setblocking(False)
        found = []
        try:
            while True:
                found.append(parse(self.socket.recv(1 << 18)))
        except BlockingIOError:
            return found


@contextmanager
def journal(home: Home) -> Iterator[Journal]:
    path = home.path / "journal"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as end:
        end.bind(str(path))
        os.chmod(path, 0o666)
        yield Journal(path, end)


def parse(datagram: bytes) -> Message:
    """A field each line; one with line breaks has its length before it."""
    fields: Message = {}
    rest = datagram
    while rest:
        line, _, rest = rest.partition(b"\n")
        name, mark, value = line.partition(b"=")
        if not mark:
            (length,) = struct.unpack("<Q", rest[:8])
            value, end, rest = rest[8 : 8 + length], rest[8 + length : 9 + length], rest[9 + length :]
            assert end == b"\n"
        assert name.decode() not in fields, f"{name!r} comes twice"
        fields[name.decode()] = value.decode()
    return fields
