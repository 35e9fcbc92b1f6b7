"""A Debian system in a folder, and commands that run in it."""

from __future__ import annotations

import hashlib
import os
import stat
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

#: A command that has not ended by then hangs.
DEADLINE = 600.0
USER = "ada"
#: What dpkg, man-db, systemd and the kernel write for themselves, the latter two in memory on a real machine. What dpkg knows of
#: a package is asked of dpkg.
_BOOKKEEPING = ("/dev", "/proc", "/run", "/sys", "/var/cache/man", "/var/lib/dpkg", "/var/log")


@dataclass(frozen=True)
class Ended:
    status: int
    stdout: str
    stderr: str


@dataclass(frozen=True)
class Debian:
    root: Path

    @staticmethod
    def make(root: Path, packages: Sequence[str]) -> Debian:
        """Debian 12 with these packages and a user."""
        subprocess.run(
            ["debootstrap", "--variant=minbase", f"--include={','.join(packages)}", "bookworm", root],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        debian = Debian(root)
        debian.run("useradd", "--create-home", "--shell", "/bin/bash", USER)
        return debian

    @property
    def home(self) -> Path:
        return self.root / "home" / USER

    def run(self, *words: str, stdin: str = "") -> Ended:
        """Runs a command as root. What it started ends with it: it has processes of its own alone."""
        inside = ["unshare", "--mount", "--pid", "--fork", "--kill-child", f"--mount-proc={self.root}/proc"]
        ended = subprocess.run(
            [*inside, "chroot", self.root, *words],
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8", "HOME": "/root"},
            input=stdin,
            capture_output=True,
            text=True,
            timeout=DEADLINE,
        )
        return Ended(ended.returncode, ended.stdout, ended.stderr)

    def script(self, text: str) -> str:
        """What a script of bash prints that the user runs. Each of its commands must succeed."""
        ended = self.run("runuser", "--login", USER, "-c", f"set -euo pipefail\n{text}")
        assert ended.status == 0, f"{text}\n{ended}"
        return ended.stdout

    def files(self) -> dict[str, str]:
        """What there is, by its path: kind, mode and owner, and of files and links the content."""
        found = {}
        for folder, folders, names in os.walk(self.root):
            here = "/" + os.path.relpath(folder, self.root)
            folders[:] = [one for one in folders if os.path.normpath(f"{here}/{one}") not in _BOOKKEEPING]
            for name in [*folders, *names]:
                path = Path(folder, name)
                found[os.path.normpath(f"{here}/{name}").replace("//", "/")] = _described(path)
        return found


def _described(path: Path) -> str:
    status = path.lstat()
    text = f"{stat.filemode(status.st_mode)} {status.st_uid}:{status.st_gid}"
    if stat.S_ISLNK(status.st_mode):
        return f"{text} {path.readlink()}"
    if stat.S_ISREG(status.st_mode):
        return f"{text} {hashlib.sha256(path.read_bytes()).hexdigest()}"
    return text
