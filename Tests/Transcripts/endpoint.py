"""`vaultctl serve` in the background, and raw requests to it."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest

from agent import STOP_DEADLINE, acting_as, wait_until
from home import DEADLINE, Ended, Home, User


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)

    @property
    def json(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)
        return found


@dataclass
class Endpoint:
    """`vaultctl serve` that answers."""

    home: Home
    process: subprocess.Popen[bytes]
    variables: Mapping[str, str]
    socket: Path | None = None
    ended: Ended | None = None

    @property
    def port(self) -> int:
        port = urlsplit(self.variables["IDENTITY_ENDPOINT"]).port
        assert port is not None
        return port

    @property
    def secret_path(self) -> str:
        """The unguessable part, with its slash."""
        if self.socket:
            return "/" + self.variables["VAULTCTL_ENDPOINT_PATH"]
        return urlsplit(self.variables["AZURE_POD_IDENTITY_AUTHORITY_HOST"]).path

    @property
    def header(self) -> str:
        return self.variables["IDENTITY_HEADER"]

    def connected(self, user: User | None = None) -> socket.socket:
        """A connection of the user's, as the kernel sees it."""
        with acting_as(user or self.home.user):
            end = socket.socket(socket.AF_UNIX if self.socket else socket.AF_INET)
            end.settimeout(DEADLINE)
            end.connect(str(self.socket) if self.socket else ("127.0.0.1", self.port))
        return end

    def connection(self, user: User | None = None) -> http.client.HTTPConnection:
        """One that stays, for many requests."""
        host = "localhost" if self.socket else f"127.0.0.1:{self.port}"
        found = http.client.HTTPConnection(host)
        found.auto_open = 0
        found.sock = self.connected(user)
        return found

    def ask(
        self,
        path: str,
        headers: Mapping[str, str] | None = None,
        method: str = "GET",
        body: str | None = None,
        user: User | None = None,
        **query: str,
    ) -> Answer:
        connection = self.connection(user)
        try:
            return ask_on(connection, path + ("?" + urlencode(query) if query else ""), headers, method, body)
        finally:
            connection.close()

    # Dialects

    def app_service(self, resource: str, header: str | None = None, **more: Any) -> Answer:
        headers = {"X-IDENTITY-HEADER": self.header if header is None else header, **more.pop("headers", {})}
        query = {"api-version": "2019-08-01", "resource": resource}
        return self.ask("/msi/token", headers, **{**query, **more})

    def imds(self, resource: str, headers: Mapping[str, str] | None = None, **more: Any) -> Answer:
        query = {"api-version": "2018-02-01", "resource": resource}
        headers = {"Metadata": "true"} if headers is None else headers
        return self.ask(self.secret_path + "/metadata/identity/oauth2/token", headers, **{**query, **more})

    def databricks(self, host: str, **headers: str) -> Answer:
        sent = {"X-Databricks-Metadata-Version": "1", "X-Databricks-Host": host, **headers}
        return self.ask(self.secret_path + "/databricks/token", sent)

    def stop(self, how: int = signal.SIGTERM) -> Ended:
        if self.ended is None:
            self.process.send_signal(how)
            wait_until(lambda: self.process.poll() is not None, "the endpoint ends when it is asked to", STOP_DEADLINE)
            self.ended = self.home.end(self.process)
        return self.ended


def ask_on(
    connection: http.client.HTTPConnection,
    target: str,
    headers: Mapping[str, str] | None = None,
    method: str = "GET",
    body: str | None = None,
) -> Answer:
    """Asks on a connection that is there already. A `Host` among the headers replaces the right one."""
    headers = dict(headers or {})
    connection.putrequest(method, target, skip_host="Host" in headers, skip_accept_encoding=True)
    data = None if body is None else body.encode()
    if data is not None:
        headers.setdefault("Content-Type", "application/x-www-form-urlencoded")
        headers.setdefault("Content-Length", str(len(data)))
    for name, value in headers.items():
        connection.putheader(name, value)
    connection.endheaders(data)
    answer = connection.getresponse()
    return Answer(answer.status, dict(answer.getheaders()), answer.read())


def read_variables(file: Path) -> dict[str, str]:
    return dict(line.split("=", 1) for line in file.read_text().splitlines())


def start_endpoint(home: Home, name: str = "ci", *options: str, **settings: Any) -> Endpoint:
    """An endpoint that answers. :func:`running_endpoint` also ends it."""
    file = home.path / "identity.env"
    # One that was killed has left it.
    old = file.stat().st_mtime_ns if file.exists() else None
    words = ["serve", name, "--env-file", str(file), *options]
    process = home.start(home.programs / "vaultctl", *words, **settings)
    prefix = "--listen=unix:"
    at_socket = next((Path(word.removeprefix(prefix)) for word in options if word.startswith(prefix)), None)

    def answers() -> bool:
        if process.poll() is not None:
            pytest.fail(f"the endpoint ended: {home.end(process).shown()}")
        return file.exists() and file.stat().st_mtime_ns != old

    try:
        wait_until(answers, "the endpoint listens", pause=0.005)
        found = Endpoint(home, process, read_variables(file), at_socket)
        assert found.ask("/health").status == 200
        return found
    except BaseException:
        process.kill()
        process.communicate()
        raise


@contextmanager
def running_endpoint(home: Home, name: str = "ci", *options: str, **settings: Any) -> Iterator[Endpoint]:
    """The same until the end of the block, where it must end well and leave nothing."""
    endpoint = start_endpoint(home, name, *options, **settings)
    try:
        yield endpoint
    except BaseException:
        endpoint.process.kill()
        endpoint.process.communicate()
        raise
    try:
        ended = endpoint.stop()
    finally:
        endpoint.process.kill()
        endpoint.process.wait()
    assert ended.status == 0, ended.shown()
    assert not os.path.lexists(home.path / "identity.env")
    assert endpoint.socket is None or not os.path.lexists(endpoint.socket)
