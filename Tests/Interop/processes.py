"""Runs the two programs under test: ``vaultctl`` for one command at a time, ``entra-emulator`` in the background."""

from __future__ import annotations

import json
import os
import ssl
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import entra_directory

#: How long the emulator may take to accept connections, and a command to end.
READY_DEADLINE = 30.0
COMMAND_DEADLINE = 60.0


@dataclass(frozen=True)
class Emulator:
    """A running emulator."""

    base: str
    authority_certificate: Path

    def external_token(self, subject: str, audience: str, *, issuer: str, **times: int) -> str:
        """A token of the issuer under ``/external``; ``notBefore`` and ``lifetime`` in seconds from now."""
        asked = {"subject": subject, "audience": audience, **times}
        return str(self._post(f"external/{issuer}/tokens", asked)["token"])

    def set_token_lifetime(self, seconds: int) -> None:
        self._post("settings", {"tokenLifetime": seconds})

    def set_fault(self, name: str, **settings: object) -> None:
        self._post("faults", {"name": name, **settings})

    def clear_faults(self) -> None:
        self._ask("DELETE", "faults")

    def forget_requests(self) -> None:
        self._ask("DELETE", "requests")

    def statuses(self, route: str) -> list[int]:
        """What was answered to every request of ``route``, oldest first."""
        requests = self._ask("GET", "requests")["requests"]
        return [request["status"] for request in requests if request["route"] == route]

    def _post(self, what: str, body: object) -> Any:
        return self._ask("POST", what, json.dumps(body).encode())

    def _ask(self, method: str, what: str, body: bytes | None = None) -> Any:
        request = urllib.request.Request(f"{self.base}/emulator/{what}", data=body, method=method)
        context = ssl.create_default_context(cafile=str(self.authority_certificate))
        opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context)
        )
        with opener.open(request, timeout=30) as answer:
            return json.load(answer)


@contextmanager
def running_emulator(
    binary: Path, directory: Path, content: dict[str, Any] | None = None
) -> Iterator[Emulator]:
    """An emulator on a free port, serving ``content`` or else :mod:`entra_directory`, until the end of the block."""
    certificate, ready, served = directory / "ca.pem", directory / "ready", directory / "directory.json"
    served.write_text(json.dumps(content or entra_directory.directory()), encoding="utf-8")
    command: list[str | Path] = [
        binary,
        "--port",
        "0",
        "--ca-out",
        certificate,
        "--ready-file",
        ready,
        "--directory",
        served,
    ]
    with open(directory / "emulator.log", "wb") as log:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=log, start_new_session=True
        )
        try:
            yield Emulator(_wait_until_ready(process, ready, directory / "emulator.log"), certificate)
        finally:
            _stop(process)


def _wait_until_ready(process: subprocess.Popen[bytes], ready: Path, log: Path) -> str:
    """The base URL from the ready file, which is written whole once connections are accepted."""
    deadline = time.monotonic() + READY_DEADLINE
    while not ready.exists():
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"the emulator did not get ready: {log.read_text(errors='replace')}")
        time.sleep(0.01)
    return ready.read_text(encoding="utf-8").strip()


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        raise


@dataclass(frozen=True)
class Finished:
    """A command that has ended."""

    arguments: tuple[str, ...]
    status: int
    stdout: bytes
    stderr: str

    def json(self) -> Any:
        return json.loads(self.stdout)


class CommandFailed(AssertionError):
    """A command ended with another status than expected."""


@dataclass
class Vaultctl:
    """``vaultctl`` with directories of its own and nothing of the caller's environment."""

    binary: Path
    home: Path
    options: tuple[str, ...] = ()
    variables: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("data", "state", "cache", "config", "runtime"):
            (self.home / name).mkdir(mode=0o700, parents=True, exist_ok=True)

    @property
    def environment(self) -> dict[str, str]:
        """All that the process sees of an environment."""
        return {
            "PATH": "/usr/bin:/bin",
            "LANG": "C.UTF-8",
            "HOME": str(self.home),
            "XDG_DATA_HOME": str(self.home / "data"),
            "XDG_STATE_HOME": str(self.home / "state"),
            "XDG_CACHE_HOME": str(self.home / "cache"),
            "XDG_CONFIG_HOME": str(self.home / "config"),
            "XDG_RUNTIME_DIR": str(self.home / "runtime"),
            "VAULTCTL_NO_AGENT": "1",
            **self.variables,
        }

    @property
    def vault(self) -> Path:
        """The vault file: the default place, so that its directory and mode are the program's own."""
        return self.home / "data" / "vaultctl" / "vault.db"

    def run(self, *arguments: str | os.PathLike[str], stdin: bytes = b"", status: int | None = 0) -> Finished:
        """Runs one command in a session of its own, which has no terminal to prompt on."""
        words = tuple(os.fspath(argument) for argument in arguments)
        process = subprocess.run(
            [self.binary, *words, *self.options],
            input=stdin,
            capture_output=True,
            env=self.environment,
            cwd=self.home,
            timeout=COMMAND_DEADLINE,
            start_new_session=True,
        )
        finished = Finished(words, process.returncode, process.stdout, process.stderr.decode(errors="replace"))
        if status is not None and finished.status != status:
            raise CommandFailed(f"{words} ended with {finished.status}, not {status}\n{finished.stderr}")
        return finished
