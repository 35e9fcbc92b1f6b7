"""What a person sees: commands in a real terminal, tmux, of a given width."""

from __future__ import annotations

import itertools
import re
import shlex
import subprocess
from dataclasses import dataclass

from home import DEADLINE, OUTPUTS, Home

_NUMBERS = itertools.count()
#: What begins and ends a colour (ECMA-48, SGR).
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True)
class Picture:
    """The lines on the screen, without blanks at their ends."""

    width: int
    lines: list[str]
    #: The same, each line of output one line, however many rows of the screen it took.
    unwrapped: list[str]
    #: With the colours.
    coloured: list[str]

    @property
    def has_colour(self) -> bool:
        return any(_COLOUR.search(line) for line in self.coloured)


def take(home: Home, command: str, width: int, *, colours: bool = True, height: int = 60) -> Picture:
    """Runs a line of `sh` in a terminal of its own, and looks at it when the command has ended."""
    number = next(_NUMBERS)
    socket, ready = home.path / f"tmux-{number}", f"done-{number}"
    colouring = "unset NO_COLOR; " if colours else ""
    # The screen is kept until it was looked at.
    line = f"{colouring}{command} 2>&1; tmux -S {shlex.quote(str(socket))} wait-for -S {ready}; exec cat"

    def tmux(*words: str) -> str:
        ended = home.start("tmux", "-S", str(socket), "-f", "/dev/null", *words, stdout=subprocess.PIPE)
        output, errors = ended.communicate(timeout=DEADLINE)
        assert ended.returncode == 0, (words, errors)
        return output.decode()

    tmux("new-session", "-d", "-x", str(width), "-y", str(height), "/bin/sh", "-c", line)
    try:
        tmux("wait-for", ready)
        shown, unwrapped, coloured = (
            [row.rstrip() for row in tmux("capture-pane", "-p", *options).rstrip("\n").split("\n")]
            for options in ((), ("-J",), ("-e",))
        )
    finally:
        tmux("kill-server")
    OUTPUTS.check(command, "\n".join(unwrapped))
    return Picture(width, shown, unwrapped, coloured)
