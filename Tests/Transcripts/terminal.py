"""Commands on a pseudo-terminal, with somebody who reads the prompts and types."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import subprocess
import termios
import time
from collections.abc import Sequence
from dataclasses import dataclass

from home import DEADLINE, OUTPUTS, Home, status_of


@dataclass(frozen=True)
class Typed:
    """What is typed, once as many lines are on the screen as ``after`` says, the last of them being the prompt."""

    after: int
    text: str
    #: Whether it is seen on the screen.
    is_echoed: bool = False

    @property
    def keys(self) -> bytes:
        if len(self.text) == 2 and self.text[0] == "^":
            return bytes([ord(self.text[1]) & 0x1F])
        return self.text.encode() + b"\n"


@dataclass(frozen=True)
class Screen:
    """What was on the terminal when the command had ended."""

    lines: list[str]
    status: int
    #: Whether the terminal's settings are those of before.
    is_restored: bool


class Stuck(AssertionError):
    """A prompt did not come, or the command did not end."""


def run(
    home: Home, command: str, typed: Sequence[Typed] = (), allowed: Sequence[str] = (), columns: int = 100
) -> Screen:
    """Runs a line of `sh` on a terminal and types."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    before = termios.tcgetattr(slave)
    process = home.start(
        "/bin/sh",
        "-c",
        command,
        stdin=slave,
        stdout=slave,
        stderr=slave,
        # The new session takes the terminal as its own, so that /dev/tty is this one.
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
    )
    screen = _Reader(master)
    try:
        for keys in typed:
            screen.wait_for_lines(keys.after, process)
            os.write(master, keys.keys)
        screen.wait_for_end(process)
        after = termios.tcgetattr(slave)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
        os.close(slave)
        os.close(master)
    text = screen.text
    OUTPUTS.check(command, text, allowed)
    lines = [line.rstrip() for line in text.replace("\r\n", "\n").split("\n")]
    return Screen(lines[:-1] if lines[-1] == "" else lines, status_of(process.returncode), before == after)


class _Reader:
    def __init__(self, master: int) -> None:
        self.master = master
        self.deadline = time.monotonic() + DEADLINE
        self.seen = b""

    @property
    def text(self) -> str:
        return self.seen.decode(errors="replace")

    def wait_for_lines(self, count: int, process: subprocess.Popen[bytes]) -> None:
        """Reads on until ``count`` lines have begun and the last of them stands there unfinished: a prompt."""
        while True:
            lines = self.text.replace("\r\n", "\n").split("\n")
            if len(lines) >= count and lines[count - 1].endswith(" "):
                return
            if not self._read(0.05) and process.poll() is not None and not self._read(0):
                raise Stuck(f"the command ended before it asked:\n{self.text}")
            if time.monotonic() > self.deadline:
                raise Stuck(f"nothing asked on line {count}:\n{self.text}")

    def wait_for_end(self, process: subprocess.Popen[bytes]) -> None:
        while process.poll() is None:
            self._read(0.02)
            if time.monotonic() > self.deadline:
                raise Stuck(f"the command did not end:\n{self.text}")
        while self._read(0):
            pass

    def _read(self, patience: float) -> bool:
        if not select.select([self.master], [], [], patience)[0]:
            return False
        try:
            chunk = os.read(self.master, 65536)
        except OSError:
            return False
        self.seen += chunk
        return bool(chunk)
