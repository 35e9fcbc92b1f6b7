"""Real shells that complete lines of vaultctl, each with the script that is generated for it.

A key is pressed that puts all that could follow into the line, and another that runs it as words to print: so that what is
seen is what the shell itself made of it, and nothing waits for a time to pass.
"""

from __future__ import annotations

import fcntl
import os
import pty
import select
import shlex
import shutil
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Mapping
from pathlib import Path

from agent import ASKING
from home import DEADLINE, OUTPUTS, Home

REPOSITORY = Path(__file__).resolve().parents[2]
GENERATOR = REPOSITORY / "scripts/packaging/completions.py"

#: What bash and zsh read first. In both Ctrl-X a puts all completions into the line.
_BASH = r"""
PS1=
bind '"\C-xa": insert-completions'
bind 'set bell-style none'
bind 'set enable-bracketed-paste off'
source ~/completions/vaultctl.bash
"""
_ZSH = r"""
PS1= PS2= RPS1=
unsetopt zle_bracketed_paste prompt_sp prompt_cr beep
bindkey -e
autoload -Uz compinit && compinit -D -u
source ~/completions/vaultctl.zsh
zle -C every-match complete-word _generic
zstyle ':completion:every-match:*' completer _all_matches _complete
zstyle ':completion:every-match:*' insert yes
bindkey '^Xa' every-match
"""
_COMMANDS = {"bash": ["bash", "--noprofile", "--norc", "-i"], "zsh": ["zsh", "-f", "-i"]}


class Shell:
    """One of bash, zsh and fish, in the home of a user."""

    def __init__(self, name: str, home: Home) -> None:
        self.name, self.home = name, home
        (home.path / "work").mkdir(exist_ok=True)
        directory = home.path / "completions"
        with tempfile.TemporaryDirectory() as made:
            program = str(home.programs / "vaultctl")
            subprocess.run([sys.executable, str(GENERATOR), "--program", program, made], check=True)
            shutil.copytree(made, directory, dirs_exist_ok=True)
        home.user.take(home.path)
        directory.chmod(0o755)

    def completions(self, line: str, variables: Mapping[str, str] | None = None) -> list[str]:
        """What may stand in place of the last word of ``line``, in order."""
        variables = {**ASKING, **(variables or {})}
        if self.name == "fish":
            script = "source ~/completions/vaultctl.fish; cd ~/work; complete -C $argv[1]"
            process = self.home.start("fish", "--no-config", "-c", script, line, variables=variables)
            ended = self.home.end(process)
            assert ended.status == 0 and ended.stderr == "", ended.shown()
            return sorted({one.split("\t")[0] for one in ended.stdout.splitlines()})
        words = self._typed(line, variables)
        return sorted(words[len(shlex.split(line)) - (0 if line.endswith(" ") else 1) :])

    def _typed(self, line: str, variables: Mapping[str, str]) -> list[str]:
        """The words of the line once all completions are in it."""
        master, slave = pty.openpty()
        attributes = termios.tcgetattr(slave)
        attributes[3] &= ~termios.ECHO
        termios.tcsetattr(slave, termios.TCSANOW, attributes)
        process = self.home.start(
            *_COMMANDS[self.name],
            variables={**variables, "TERM": "dumb"},
            stdin=slave,
            stdout=slave,
            stderr=slave,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        try:
            setup = {"bash": _BASH, "zsh": _ZSH}[self.name]
            file = self.home.write("setup", setup)
            os.write(master, f". {file}; cd ~/work; printf 'be''gin\\n'\n".encode())
            _read_until(master, "begin\r\n")
            # Ctrl-X a, then to the beginning of the line, and what prints it.
            os.write(master, f"{line}\x18a\x01printf '<%s>\\n' \x05; printf 'e''nd\\n'\n".encode())
            text = _read_until(master, "end\r\n")
        finally:
            process.kill()
            process.wait()
            os.close(slave)
            os.close(master)
        OUTPUTS.check(f"{self.name} completing {line}", text)
        return [part.split(">\r\n")[0] for part in text.split("<")[1:] if ">\r\n" in part]


def _read_until(master: int, mark: str) -> str:
    text, end = "", time.monotonic() + DEADLINE
    while mark not in text:
        ready, _, _ = select.select([master], [], [], max(0, end - time.monotonic()))
        assert ready, f"the shell never came to {mark!r}: {text!r}"
        text += os.read(master, 1 << 16).decode(errors="replace")
    return text
