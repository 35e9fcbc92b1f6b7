"""Emulators in the background, and the controls of one: faults, counted requests."""

from __future__ import annotations

import json
import ssl
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import contoso

READY_DEADLINE = 30.0
#: A time in UTC as Graph writes it.
GRAPH_TIME = "{:%Y-%m-%dT%H:%M:%SZ}"


@dataclass(frozen=True)
class Emulator:
    """A running emulator: where it listens and which authority vouches for it."""

    url: str
    ca: Path

    def set_fault(self, name: str, **settings: object) -> None:
        self._ask("POST", "faults", {"name": name, **settings})

    def clear(self) -> None:
        """No faults, no requests counted, tokens as long-lived as usual, replication at once."""
        self._ask("DELETE", "faults")
        self._ask("DELETE", "requests")
        self.set_token_lifetime(3599)
        self.set_replication()

    def set_token_lifetime(self, seconds: int) -> None:
        self._ask("POST", "settings", {"tokenLifetime": seconds})

    def set_replication(self, token_delay: float = 0, read_delay: float = 0, *, alternating: bool = False) -> None:
        """How many seconds changes of credentials take, in every tenant; nothing is waited for here."""
        replication = {"tokenDelay": token_delay, "readDelay": read_delay, "alternating": alternating}
        self._ask("POST", "settings", {"replication": replication})

    def set_seed(self, seed: int) -> None:
        """Begins the chance of faults with a ``probability`` anew."""
        self._ask("POST", "settings", {"seed": seed})

    def credentials(self, application: str) -> dict[str, list[dict[str, Any]]]:
        """Every secret and certificate that the application ever had, without values; removed ones have ``removed``."""
        return dict(self._ask("GET", f"applications/{application}"))

    def databricks_secrets(self, principal: str) -> list[dict[str, Any]]:
        """Every secret that Databricks' service principal ever had, without values."""
        return list(self._ask("GET", f"databricks/{principal}")["secrets"])

    def revoke(self, application: str, key_id: str) -> None:
        """Makes a secret of the application stop working, as if somebody had removed it."""
        self._ask("DELETE", f"applications/{application}/secrets/{key_id}")

    def add_secret(self, application: str, key_id: str, value: str, expires: datetime, name: str = "") -> None:
        asked = {"keyId": key_id, "value": value, "expires": GRAPH_TIME.format(expires), "displayName": name}
        self._ask("POST", f"applications/{application}/secrets", asked)

    def remove_application(self, application: str) -> None:
        self._ask("DELETE", f"applications/{application}")

    def add_certificate(self, application: str, pem: str) -> None:
        """Lets ``application`` sign its assertions with the certificate."""
        self._ask("POST", f"applications/{application}/certificates", {"pem": pem})

    def remove_certificates(self, application: str) -> None:
        self._ask("DELETE", f"applications/{application}/certificates")

    def external_token(self, subject: str, audience: str, *, issuer: str, **times: int) -> str:
        """A token of the issuer under ``/external``; ``notBefore`` and ``lifetime`` in seconds from now."""
        asked = {"subject": subject, "audience": audience, **times}
        return str(self._ask("POST", f"external/{issuer}/tokens", asked)["token"])

    def routes(self) -> list[str]:
        """The routes of the requests that arrived, also of those that are not answered yet."""
        return [str(request["route"]) for request in self._ask("GET", "requests")["requests"]]

    def token_requests(self) -> list[dict[str, Any]]:
        """The requests for a token that arrived, also those that are not answered yet."""
        return [request for request in self._ask("GET", "requests")["requests"] if request["route"] == "token"]

    def _ask(self, method: str, what: str, body: object = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}/emulator/{what}", data=data, method=method)
        opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}),
            urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=str(self.ca))),
        )
        with opener.open(request, timeout=30) as answer:
            return json.loads(answer.read() or b"null")


@contextmanager
def running(
    binary: Path, directory: Path, *options: str, content: dict[str, Any] | None = None
) -> Iterator[Emulator]:
    """An emulator on a free port, serving ``content`` or else :mod:`contoso`, until the end of the block."""
    directory.mkdir(mode=0o755)
    ca, ready, served, log = (directory / name for name in ("ca.pem", "ready", "directory.json", "log"))
    served.write_text(json.dumps(content or contoso.directory()))
    files = ["--ca-out", str(ca), "--ready-file", str(ready), "--directory", str(served)]
    command = [str(binary), "--port", "0", *files, *options]
    with log.open("wb") as stream:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=stream, stderr=stream)
    try:
        deadline = time.monotonic() + READY_DEADLINE
        while not ready.exists():
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the emulator did not get ready: {log.read_text(errors='replace')}")
            time.sleep(0.01)
        for file in (ca, ready):
            file.chmod(0o644)
        yield Emulator(ready.read_text().strip(), ca)
    finally:
        process.terminate()
        process.wait(30)
