"""A user's home with a vault in it, and commands run there: nothing of the caller's environment, no terminal.

When the suite runs as root, commands run as an unprivileged user, because root passes where a user is refused.
"""

from __future__ import annotations

import functools
import os
import pwd
import re
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import canaries

#: How every line on standard error begins.
_MARKS = ("vaultctl: ", "error: ", "hint: ")
#: A new credential, sealed, that the disk had no room for.
_ARMOUR = re.compile(
    "-----BEGIN {0}-----\n(?:[A-Za-z0-9+/=]{{1,64}}\n)+-----END {0}-----\n".format("VAULTCTL SEALED ROTATION")
)
#: A command that has not ended by then hangs.
DEADLINE = 120.0


class Leak(AssertionError):
    """A secret was written that nobody asked for."""


@dataclass(frozen=True)
class User:
    """Whom commands run as."""

    name: str
    uid: int
    gid: int

    @staticmethod
    @functools.cache
    def chosen() -> User:
        """`nobody` for root, the caller for everybody else."""
        entry = pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
        return User(entry.pw_name, entry.pw_uid, entry.pw_gid)

    @property
    def popen(self) -> dict[str, object]:
        """What makes :class:`subprocess.Popen` run as this user."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []} if os.geteuid() == 0 else {}

    def take(self, directory: Path) -> None:
        """Makes everything below ``directory`` this user's."""
        if os.geteuid() != 0:
            return
        for path in (directory, *directory.rglob("*")):
            os.chown(path, self.uid, self.gid, follow_symlinks=False)


@dataclass(frozen=True)
class Ended:
    """A command that has ended. A signal counts as 128 and its number, as shells have it."""

    command: str
    status: int
    stdout: str
    stderr: str

    @property
    def armour(self) -> str:
        """The one sealed block on standard error."""
        [block] = _ARMOUR.findall(self.stderr)
        return str(block)

    @property
    def errors(self) -> list[str]:
        return [line for line in self.stderr.splitlines() if line.startswith("error: ")]

    def shown(self) -> str:
        return f"{self.command}\n  ended with {self.status}\n  out: {self.stdout!r}\n  err: {self.stderr}"


def status_of(returncode: int) -> int:
    return returncode if returncode >= 0 else 128 - returncode


@dataclass
class Outputs:
    """Guards what commands write. Kept for the whole run, so that it can say how much was looked at."""

    seen: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def check(self, source: str, text: str, allowed: Sequence[str] = ()) -> None:
        found = set(canaries.leaks(text))
        with self._lock:
            self.seen += 1
        if leaked := found.difference(allowed):
            raise Leak(f"{source} wrote what nobody asked for: {', '.join(sorted(leaked))}\n{text}")


OUTPUTS = Outputs()


@dataclass(frozen=True)
class Home:
    """A home directory; the vault is where ``vaultctl`` looks for it."""

    path: Path
    programs: Path
    variables: Mapping[str, str] = field(default_factory=dict)
    user: User = field(default_factory=User.chosen)

    @classmethod
    def make(cls, parent: Path, programs: Path, variables: Mapping[str, str]) -> Home:
        home = cls(Path(tempfile.mkdtemp(dir=parent)), programs, variables)
        (home.path / "run").mkdir(mode=0o700)
        home.user.take(home.path)
        return home

    def copy(self, parent: Path) -> Home:
        """Another home with the same content, vault and anchor included."""
        copy = Home(Path(tempfile.mkdtemp(dir=parent)), self.programs, self.variables)
        shutil.copytree(self.path, copy.path, dirs_exist_ok=True, symlinks=True)
        self.user.take(copy.path)
        return copy

    def remove(self) -> None:
        shutil.rmtree(self.path)

    def write(self, name: str, content: str | bytes, mode: int = 0o600) -> Path:
        """Makes a file of the user's."""
        path = self.path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        path.chmod(mode)
        self.user.take(path)
        return path

    @property
    def vault(self) -> Path:
        return self.path / ".local/share/vaultctl/vault.db"

    @property
    def state(self) -> Path:
        return self.path / ".local/state/vaultctl"

    @property
    def environment(self) -> dict[str, str]:
        """All that a command sees of an environment."""
        return {
            "PATH": f"{self.programs}:/usr/local/bin:/usr/bin:/bin",
            "HOME": str(self.path),
            "XDG_RUNTIME_DIR": str(self.path / "run"),
            "LANG": "C.UTF-8",
            "TERM": "xterm",
            "NO_COLOR": "1",
            "VAULT": str(self.vault),
            "VAULTCTL_KEY_FILE": str(self.path / "key"),
            "VAULTCTL_NO_AGENT": "1",
            **self.variables,
        }

    def start(
        self, *arguments: str | os.PathLike[str], variables: Mapping[str, str] | None = None, **options: object
    ) -> subprocess.Popen[bytes]:
        """Starts a command in a session of its own, which has no terminal to ask on."""
        settings: dict[str, Any] = {
            "stdin": subprocess.DEVNULL,
            "stdout": subprocess.PIPE,
            "stderr": subprocess.PIPE,
            **self.user.popen,
            **options,
        }
        words = [os.fspath(argument) for argument in arguments]
        environment = {**self.environment, **(variables or {})}
        process: subprocess.Popen[bytes] = subprocess.Popen(
            words, env=environment, cwd=self.path, start_new_session=True, **settings
        )
        return process

    def end(self, process: subprocess.Popen[bytes], allowed: Sequence[str] = (), stdin: bytes | None = None) -> Ended:
        """Waits for a started command and looks for secrets in what it wrote."""
        try:
            out, err = process.communicate(stdin, timeout=DEADLINE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise
        command = " ".join(str(argument) for argument in list(process.args))  # type: ignore[arg-type]
        stdout, stderr = out.decode(errors="replace"), err.decode(errors="replace")
        OUTPUTS.check(command, stdout, allowed)
        # A sealed block is as good as chance, which now and then looks like the beginning of a token.
        OUTPUTS.check(command, _ARMOUR.sub("", stderr), [kind for kind in allowed if kind == "code"])
        return Ended(command, status_of(process.returncode), stdout, stderr)

    def run(
        self,
        *arguments: str | os.PathLike[str],
        allowed: Sequence[str] = (),
        status: int | None = 0,
        stdin: str | None = None,
        variables: Mapping[str, str] | None = None,
    ) -> Ended:
        """Runs ``vaultctl`` with these arguments.

        - ``allowed``: the kinds of secret that were asked for; see :func:`canaries.leaks`.
        - ``status``: what it must end with, or ``None`` for anything.
        """
        source = subprocess.DEVNULL if stdin is None else subprocess.PIPE
        process = self.start(self.programs / "vaultctl", *arguments, variables=variables, stdin=source)
        ended = self.end(process, allowed, None if stdin is None else stdin.encode())
        assert status is None or ended.status == status, ended.shown()
        if "code" not in allowed:
            strange = [line for line in _ARMOUR.sub("", ended.stderr).splitlines() if not line.startswith(_MARKS)]
            assert not strange, f"standard error has a line of another form\n{ended.shown()}"
        return ended

    def shell(self, command: str, allowed: Sequence[str] = ()) -> Ended:
        """Runs a line of `sh`, as a transcript has it."""
        return self.end(self.start("/bin/sh", "-c", command), allowed)
