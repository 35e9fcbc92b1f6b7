"""vaultctl under the name az, as client libraries run it: from `/bin`, with nothing to read and no terminal."""

from __future__ import annotations

import json
import re
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import contoso
from agent import Agent, running_agent
from conftest import Stage
from home import Ended, Home

RECORDING = Path(__file__).resolve().parents[1] / "Vectors" / "az-recorded.jsonl"
DATABRICKS = "2ff814a6-3304-4ab8-85cb-cd0e6f879c1d"
ARM = "https://management.core.windows.net/"
PROFILE = "fake"
#: What the recording has a name for and the emulator's directory another one.
SUBSCRIPTION_NAME = "Fake Sub"
NOT_LOGGED_IN = "ERROR: Please run 'az login' to setup account."

#: What varies in an answer of az: placeholder → what may stand there.
PLACEHOLDERS = {
    "TOKEN": r"eyJ[\w-]+\.[\w-]+\.[\w-]+",
    "LOCAL-TIME": r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.000000",
    "EPOCH": r"\d{10}",
    "GUID": r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}",
    "TIME": r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ",
}


def pattern(text: str) -> re.Pattern[str]:
    """What a text of the recording stands for."""
    expression = re.escape(text)
    for name, varying in PLACEHOLDERS.items():
        expression = expression.replace(re.escape(f"<{name}>"), varying)
    return re.compile(expression)


@dataclass(frozen=True)
class Row:
    """What real az 2.91 said to one command line."""

    state: str
    argv: tuple[str, ...]
    env: Mapping[str, str] = field(hash=False)
    stdout: str
    stderr: str
    status: int
    stderr_is_prefix: bool = False

    def __str__(self) -> str:
        words = " ".join([f"{name}={value}" for name, value in self.env.items()] + [*self.argv])
        return f"{self.state}: {words}".replace(DATABRICKS, "DBX")


def recorded() -> list[Row]:
    with RECORDING.open() as lines:
        rows = [json.loads(line) for line in lines]
    return [Row(**{**row, "argv": tuple(row["argv"])}) for row in rows]


@dataclass(frozen=True)
class Az:
    """A home in which there is an az, first on the `PATH` and alone on it."""

    home: Home
    folder: Path
    variables: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def make(cls, home: Home, **variables: str) -> Az:
        folder = home.path / "az-bin"
        folder.mkdir(mode=0o755, exist_ok=True)
        (folder / "az").symlink_to(home.programs / "vaultctl")
        return cls(home, folder, {"VAULTCTL_PROFILE": PROFILE, **variables})

    @property
    def program(self) -> Path:
        return self.folder / "az"

    def start(
        self, *command: str | Path, variables: Mapping[str, str] | None = None, **options: Any
    ) -> subprocess.Popen[bytes]:
        """Starts a command in this home as the libraries do."""
        environment = {
            **self.home.environment,
            "PATH": f"{self.folder}:{self.home.environment['PATH']}",
            "VAULTCTL_NO_AGENT": "",
            "VAULTCTL_KEY_FILE": "",
            **self.variables,
            **(variables or {}),
        }
        settings: dict[str, Any] = {
            "stdin": subprocess.DEVNULL,
            "stdout": subprocess.PIPE,
            "stderr": subprocess.PIPE,
            "cwd": "/bin",
            "env": environment,
            "start_new_session": True,
            **self.home.user.popen,
            **options,
        }
        return subprocess.Popen([str(word) for word in command], **settings)

    def run(self, *words: str, variables: Mapping[str, str] | None = None, allowed: Sequence[str] = ("token",)) -> Ended:
        """Runs az. A token may be in what it prints, and in nothing that it says beside."""
        return self.home.end(self.start(self.program, *words, variables=variables), allowed)

    def shell(self, line: str, variables: Mapping[str, str] | None = None) -> Ended:
        """The same as some libraries do it, through a shell."""
        return self.home.end(self.start("/bin/sh", "-c", line, variables=variables), ["token"])

    def json(self, *words: str) -> Any:
        ended = self.run(*words)
        assert (ended.status, ended.stderr) == (0, ""), ended.shown()
        return json.loads(ended.stdout)


def add_profile(home: Home, name: str = PROFILE, *options: str) -> None:
    """The profile that the recording was made with: the emulator is a cloud named `fake`."""
    authority = home.variables["AUTHORITY"]
    home.run(
        "add", name, "--client-id", contoso.APPLICATION, "--tenant", contoso.TENANT, "--cloud", "fake",
        "--authority", authority, "--arm", authority, "--graph", "https://graph.microsoft.com",
        "--secret-file", home.path / "secret", "--no-check", *options,
    )  # fmt: skip


def subscribed() -> list[str]:
    return ["--subscription", contoso.SUBSCRIPTION, "--tag", f"subscription-name={SUBSCRIPTION_NAME}"]


@contextmanager
def logged_in(stage: Stage) -> Iterator[tuple[Az, Agent]]:
    """An az whose vault an agent has unlocked."""
    stage.emulator.clear()
    home = stage.home()
    add_profile(home, PROFILE, *subscribed())
    with running_agent(home) as agent:
        yield Az.make(home), agent


def local_time(epoch: int, zone: str = "UTC") -> str:
    return datetime.fromtimestamp(epoch, ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M:%S.000000")


def now() -> int:
    return int(time.time())
