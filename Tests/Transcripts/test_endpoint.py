"""`vaultctl serve`: each dialect by raw requests, and what is done to it that is not meant for it.

The facts are those of the wire reference, 4.4 and 7.6.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import socket
import stat
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import jwt
import pytest

import contoso
from agent import ASKING, running_agent, start_agent
from endpoint import Answer, Endpoint, ask_on, read_variables, running_endpoint, start_endpoint
from home import Home, User

ARM = "https://management.azure.com"
DATABRICKS = "2ff814a6-3304-4ab8-85cb-cd0e6f879c1d"
WORKSPACE = "https://adb-4444444444444444.4.azuredatabricks.net"


def audience(answer: Answer) -> str:
    """Whom the token in an answer is for."""
    assert answer.status == 200, answer.body
    token = answer.json["access_token"]
    found: str = jwt.decode(token, options={"verify_signature": False})["aud"]
    return found


def entries(home: Home) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(home.run("audit", "list", "-o", "json").stdout)
    return [entry for entry in found if entry["action"] == "issue"]


# Dialects


def test_app_service(home: Home) -> None:
    with running_endpoint(home) as endpoint:
        answer = endpoint.app_service(ARM)
        assert audience(answer) == ARM
        told = answer.json
        assert re.fullmatch(r"\d{10}", told.pop("expires_on"))
        assert told.pop("access_token").count(".") == 2
        assert told == {"token_type": "Bearer", "resource": ARM, "client_id": contoso.APPLICATION}
        assert answer.headers["Cache-Control"] == "no-store"

        # The slash makes another token.
        assert audience(endpoint.app_service(ARM + "/")) == ARM + "/"
        assert audience(endpoint.app_service("databricks")) == DATABRICKS
        # Terraform's name for the header.
        query = f"/msi/token?api-version=2019-08-01&resource={ARM}"
        assert audience(endpoint.ask(query, {"x-ms-identity": endpoint.header})) == ARM

        refused = endpoint.app_service(ARM, "wrong")
        assert refused.status == 401
        assert refused.json == {"statusCode": 401, "message": "the identity header is missing or wrong"}
        for wrong in (
            endpoint.app_service(""),
            endpoint.app_service(ARM, **{"api-version": "2030-01-01"}),
            endpoint.app_service("two words"),
            endpoint.ask(query + "&resource=x", {"X-IDENTITY-HEADER": endpoint.header}),
            endpoint.app_service(ARM, object_id="1"),
            endpoint.app_service(ARM, client_id=contoso.SECOND_APPLICATION),
        ):
            assert wrong.status == 400
            assert wrong.json["statusCode"] == 400 and wrong.json["message"]
        assert audience(endpoint.app_service(ARM, client_id=contoso.APPLICATION.upper())) == ARM


def test_machine_learning(home: Home) -> None:
    with running_endpoint(home) as endpoint:
        query = f"/msi/token?api-version=2017-09-01&resource={ARM}"
        answer = endpoint.ask(query + f"&clientid={contoso.APPLICATION}", {"secret": endpoint.header})
        assert audience(answer) == ARM
        assert int(answer.json["expires_on"]) > time.time()
        assert endpoint.ask(query, {"secret": "no"}).status == 401
        assert endpoint.ask(query + "&clientid=other", {"secret": endpoint.header}).status == 400


def test_imds(home: Home) -> None:
    with running_endpoint(home) as endpoint:
        answer = endpoint.imds(ARM)
        assert audience(answer) == ARM
        told = answer.json
        for name in ("expires_in", "ext_expires_in", "expires_on", "not_before"):
            assert re.fullmatch(r"\d+", told[name]), name
        assert 3000 < int(told["expires_in"]) < 3600
        assert told["resource"] == ARM and told["token_type"] == "Bearer"

        probe = endpoint.imds(ARM, {})
        assert probe.status == 400 and set(probe.json) == {"error", "error_description"}
        # Without the part that nobody can guess there is nothing.
        plain = f"/metadata/identity/oauth2/token?api-version=2018-02-01&resource={ARM}"
        assert endpoint.ask(plain, {"Metadata": "true"}).status == 404
        guess = "/" + "A" * (len(endpoint.secret_path) - 1)
        assert endpoint.ask(guess + plain, {"Metadata": "true"}).status == 404
        assert endpoint.ask(endpoint.secret_path, {"Metadata": "true"}).status == 404


def test_cloud_shell(home: Home) -> None:
    with running_endpoint(home) as endpoint:
        path = endpoint.secret_path + "/msi/token"
        form = f"resource={ARM}%2F"
        answer = endpoint.ask(path, {"Metadata": "true"}, "POST", form)
        assert audience(answer) == ARM + "/"
        assert endpoint.ask(path, {}, "POST", form).status == 400
        assert endpoint.ask(path, {"Metadata": "true"}, "GET").status == 405
        # Not under the path that everybody may know.
        assert endpoint.ask("/msi/token", {"Metadata": "true"}, "POST", form).status == 401


def test_databricks_metadata(home: Home) -> None:
    with running_endpoint(home) as endpoint:
        answer = endpoint.databricks(WORKSPACE)
        assert audience(answer) == DATABRICKS
        assert isinstance(answer.json["expires_on"], int)
        assert set(answer.json) == {"access_token", "token_type", "expires_on"}
        assert endpoint.databricks(WORKSPACE, **{"X-Databricks-Metadata-Version": "2"}).status == 400


def test_a_workspace_is_the_profile_s_own(home: Home) -> None:
    home.run(
        "add", "lake", "--client-id", contoso.APPLICATION, "--tenant", contoso.TENANT, *home.variables["CLOUD"].split(),
        "--secret-file", home.path / "secret", "--no-check", "--workspace", WORKSPACE,
    )  # fmt: skip
    with running_endpoint(home, "lake") as endpoint:
        assert endpoint.variables["DATABRICKS_HOST"] == WORKSPACE
        assert audience(endpoint.databricks(WORKSPACE.upper() + "/")) == DATABRICKS
        refused = endpoint.databricks("https://adb-1.1.azuredatabricks.net")
        assert refused.status == 400 and WORKSPACE in refused.json["message"]


# Who may ask


def test_health_tells_nothing(home: Home) -> None:
    with running_endpoint(home) as endpoint:
        answer = endpoint.ask("/health")
        assert (answer.status, answer.json) == (200, {"status": "ok"})
        assert endpoint.ask("/health", method="POST").status == 405


def test_pages_in_a_browser_get_nothing(home: Home) -> None:
    with running_endpoint(home) as endpoint:
        port = endpoint.port
        for host in ("evil.example", f"evil.example:{port}", f"localhost:{port + 1}", "127.0.0.1", "localhost", ""):
            assert endpoint.imds(ARM, {"Metadata": "true", "Host": host}).status == 403, host
        for host in (f"localhost:{port}", f"LOCALHOST:{port}"):
            assert endpoint.imds(ARM, {"Metadata": "true", "Host": host}).status == 200, host
        for name in ("Origin", "X-Forwarded-For"):
            assert endpoint.imds(ARM, {"Metadata": "true", name: f"http://localhost:{port}"}).status == 403, name
        assert endpoint.ask("/health", {"Host": "evil.example"}).status == 403
        two = f"GET /health HTTP/1.1\r\nHost: localhost:{port}\r\nHost: evil.example\r\n\r\n"
        assert raw(endpoint, two.encode()).startswith(b"HTTP/1.1 403 ")
        none = b"GET /health HTTP/1.0\r\n\r\n"
        assert raw(endpoint, none).startswith(b"HTTP/1.1 403 ")
        for method in ("POST", "PUT", "OPTIONS", "HEAD", "DELETE"):
            path = endpoint.secret_path + "/databricks/token"
            assert endpoint.ask(path, method=method).status == 405, method


def test_another_user_gets_nothing(home: Home) -> None:
    if os.geteuid() != 0:
        pytest.skip("takes a second user")
    with running_endpoint(home) as endpoint:
        strange = User("root", 0, 0)
        refused = endpoint.ask(
            f"/msi/token?api-version=2019-08-01&resource={ARM}", {"X-IDENTITY-HEADER": endpoint.header}, user=strange
        )
        assert refused.status == 403 and "user" in refused.json["message"]
        assert endpoint.ask("/health", user=strange).status == 200
        assert entries(home) == []


def test_audiences_that_are_not_allowed(home: Home) -> None:
    with running_endpoint(home, "ci", "--allow-audience", "arm", "--allow-audience", "storage") as endpoint:
        storage = "https://storage.azure.com"
        for resource in ("https://management.core.windows.net/", storage, storage + "/"):
            assert audience(endpoint.app_service(resource)) == resource
        before = len(entries(home))
        refused = endpoint.app_service("https://vault.azure.net")
        assert refused.status == 403
        assert refused.json["statusCode"] == 403 and "https://vault.azure.net" in refused.json["message"]
        assert endpoint.imds(DATABRICKS).json["error"] == "access_denied"
        refused = endpoint.databricks(WORKSPACE)
        assert refused.status == 403 and refused.json["error_code"] == "access_denied"
        # Nothing was tried.
        assert len(entries(home)) == before
    assert "refused: this endpoint gives no tokens for" in endpoint.stop().stderr


def test_guesses_do_not_help(home: Home) -> None:
    """Ten thousand wrong headers and as many wrong paths, on connections that stay, and the right ones among them."""
    with running_endpoint(home) as endpoint:
        query = f"/msi/token?api-version=2019-08-01&resource={ARM}"
        right = endpoint.header
        wrong = ["", right[:-1], right + "x", right.swapcase(), "x" * len(right), right[1:] + right[:1]]

        def guess(share: int) -> set[int]:
            with contextlib.closing(endpoint.connection()) as connection:
                seen = set()
                for number in range(1000):
                    header = wrong[(share + number) % len(wrong)]
                    headers = {"X-IDENTITY-HEADER": header} if header else {}
                    seen.add(ask_on(connection, query, headers).status)
                return seen

        with ThreadPoolExecutor(10) as pool:
            shares = [pool.submit(guess, share) for share in range(10)]
            assert audience(endpoint.app_service(ARM)) == ARM
            assert [share.result() for share in shares] == [{401}] * 10
        assert audience(endpoint.app_service(ARM)) == ARM

        plain = f"/metadata/identity/oauth2/token?api-version=2018-02-01&resource={ARM}"
        path = endpoint.secret_path
        strange = ["", path[:-1], path + "x", path.swapcase(), "/" + "x" * (len(path) - 1), "/" + path[2:] + path[1]]

        def wander(share: int) -> set[int]:
            with contextlib.closing(endpoint.connection()) as connection:
                wrong = [strange[(share + number) % len(strange)] for number in range(1000)]
                return {ask_on(connection, one + plain, {"Metadata": "true"}).status for one in wrong}

        with ThreadPoolExecutor(10) as pool:
            shares = [pool.submit(wander, share) for share in range(10)]
            assert audience(endpoint.imds(ARM)) == ARM
            assert [share.result() for share in shares] == [{404}] * 10
        assert len(entries(home)) == 3
    # A line now and then, and not one for each.
    assert len(endpoint.stop().stderr.splitlines()) < 500


# What is wrong with a request


def raw(endpoint: Endpoint, *parts: bytes) -> bytes:
    """Sends bytes and reads to the end."""
    with endpoint.connected() as end:
        for part in parts:
            end.sendall(part)
        end.shutdown(socket.SHUT_WR)
        found = b""
        with contextlib.suppress(ConnectionResetError):
            while more := end.recv(1 << 16):
                found += more
        return found


def test_requests_that_are_none(home: Home) -> None:
    with running_endpoint(home) as endpoint:
        host = f"Host: localhost:{endpoint.port}\r\n".encode()
        for wrong in (b"\x16\x03\x01\x02\x00\x01", b"GET\r\n\r\n", b"GET / HTTP/1.1\r\nno colon\r\n\r\n", b"\r\n" * 9):
            found = raw(endpoint, wrong)
            assert found == b"" or found.startswith(b"HTTP/1.1 400 "), wrong
        long = b"GET /health HTTP/1.1\r\n" + host + b"X: " + b"x" * 20_000 + b"\r\n\r\n"
        assert b" 200 " not in raw(endpoint, long)[:20]
        many = b"GET /health HTTP/1.1\r\n" + host + b"X: x\r\n" * 100 + b"\r\n"
        assert b" 200 " not in raw(endpoint, many)[:20]
        line = b"GET /health?" + b"x" * 20_000 + b" HTTP/1.1\r\n" + host + b"\r\n"
        assert b" 200 " not in raw(endpoint, line)[:20]

        path = endpoint.secret_path + "/msi/token"
        form = "resource=" + "x" * 5000
        assert endpoint.ask(path, {"Metadata": "true"}, "POST", form).status == 413
        query = f"/msi/token?api-version=2019-08-01&resource={ARM}"
        assert endpoint.ask(query, {"X-IDENTITY-HEADER": endpoint.header}, "GET", "x=y").status == 400
        assert audience(endpoint.app_service(ARM)) == ARM


def test_half_a_request_ends(home: Home) -> None:
    """Each is let go after some time, which is the endpoint's to choose, and others are answered meanwhile."""
    with running_endpoint(home) as endpoint:
        host = f"Host: localhost:{endpoint.port}\r\n".encode()
        post = f"POST {endpoint.secret_path}/msi/token HTTP/1.1\r\n".encode() + host + b"Metadata: true\r\n"
        halves = [b"", b"GET /hea", b"GET /health HTTP/1.1\r\n" + host, post + b"Content-Length: 20\r\n\r\nresource="]
        ends = [endpoint.connected() for _ in halves]
        for end, half in zip(ends, halves):
            end.sendall(half)
        assert audience(endpoint.app_service(ARM)) == ARM
        for end, half in zip(ends, halves):
            found = b""
            with contextlib.suppress(ConnectionResetError):
                while more := end.recv(1 << 16):
                    found += more
            assert b" 200 " not in found, half
            end.close()
        assert audience(endpoint.app_service(ARM)) == ARM


def test_a_thousand_connections(home: Home) -> None:
    with running_endpoint(home) as endpoint:
        ends = [endpoint.connected() for _ in range(1000)]
        for end in ends[::3]:
            with contextlib.suppress(OSError):
                end.sendall(b"GET /hea")
        # Those that say nothing make room, and who asks is answered.
        for resource in (ARM, "https://storage.azure.com"):
            assert audience(endpoint.app_service(resource)) == resource
        open_files = len(list(Path(f"/proc/{endpoint.process.pid}/fd").iterdir()))
        assert open_files < 400
        with ThreadPoolExecutor(32) as pool:
            asked = [pool.submit(endpoint.app_service, ARM) for _ in range(200)]
            assert {audience(one.result()) for one in asked} == {ARM}
        for end in ends:
            end.close()


# The world around it


def test_who_asked_is_on_the_record(home: Home) -> None:
    python = home.programs / "python3"
    for options in ((), (f"--listen=unix:{home.path}/run/ci.sock",)):
        with running_endpoint(home, "ci", *options) as endpoint:
            at = home.path / "run/ci.sock"
            connect = f"socket.AF_UNIX); s.connect({str(at)!r})" if options else f"); s.connect(('127.0.0.1', {endpoint.port}))"
            host = "localhost" if options else f"localhost:{endpoint.port}"
            query = f"/msi/token?api-version=2019-08-01&resource={ARM}"
            program = (
                f"import os, socket; s = socket.socket({connect}; "
                f"s.sendall(b'GET {query} HTTP/1.1\\r\\nHost: {host}\\r\\nConnection: close\\r\\n"
                f"X-IDENTITY-HEADER: {endpoint.header}\\r\\n\\r\\n'); print(os.getpid(), s.recv(12).decode())"
            )
            client = home.end(home.start(python, "-c", program))
            pid, _, status = client.stdout.split()
            assert status == "200", client.shown()
            asked = entries(home)[-1]["caller"]["client"]
            assert asked == {"pid": int(pid), "executable": os.path.realpath(python)}


def test_the_agent_s_record_names_the_client(home: Home) -> None:
    with running_agent(home) as agent, running_endpoint(home, variables=ASKING) as endpoint:
        assert audience(endpoint.app_service(ARM)) == ARM
        asked = json.loads(agent.run("audit", "list", "-o", "json").stdout)[-1]["caller"]
        assert asked["pid"] == endpoint.process.pid
        assert Path(asked["claimedExecutables"][0]).name == "vaultctl"


def test_the_agent_is_locked_and_unlocked(home: Home) -> None:
    with running_agent(home) as agent, running_endpoint(home, variables=ASKING) as endpoint:
        assert audience(endpoint.app_service(ARM)) == ARM
        agent.run("lock")
        for refused in (endpoint.app_service(ARM), endpoint.imds(ARM)):
            # SDKs try 5xx again and again before they show what was said.
            assert refused.status == 400
            assert b"locked" in refused.body and b"vaultctl unlock" in refused.body
        assert endpoint.ask("/health").status == 200
        agent.unlock()
        assert audience(endpoint.app_service(ARM)) == ARM
    gone = start_agent(home)
    with running_endpoint(home, variables=ASKING) as endpoint:
        gone.stop()
        refused = endpoint.app_service(ARM)
        assert refused.status == 400 and "locked" in refused.json["message"]


def test_the_profile_goes_while_it_serves(home: Home) -> None:
    with running_endpoint(home) as endpoint:
        assert audience(endpoint.app_service(ARM)) == ARM
        home.run("remove", "ci", "--yes")
        refused = endpoint.app_service(ARM)
        assert refused.status == 400 and "ci" in refused.json["message"]
        assert endpoint.imds(ARM).json["error"] == "identity_not_found"


def test_the_provider_s_words_are_passed_on(home: Home, stage: Any) -> None:
    with running_endpoint(home) as endpoint:
        stage.emulator.set_fault("throttled", path="token", seconds=1)
        busy = endpoint.imds("https://storage.azure.com")
        assert busy.status == 429 and int(busy.headers["Retry-After"]) > 0
        stage.emulator.clear()
        refused = endpoint.imds("https://no-such.example")
        assert refused.status == 400 and "AADSTS500011" in refused.json["error_description"]


def test_tokens_have_a_life_before_them(home: Home, stage: Any) -> None:
    """A client that lives past two lifetimes never gets one with less than half of its life."""
    lifetime = 6
    with running_endpoint(home) as endpoint:
        stage.emulator.set_token_lifetime(lifetime)
        seen: dict[str, int] = {}
        while not seen or time.time() < min(seen.values()) + lifetime + 1:
            asked = time.time()
            told = endpoint.databricks(WORKSPACE).json
            claims = jwt.decode(told["access_token"], options={"verify_signature": False})
            # The end of a token is told in whole seconds, never later than it is. The claims are rounded the other
            # way at both ends, so their difference can be a second more than the token lives.
            assert asked + lifetime / 2 - 1 < told["expires_on"] <= claims["exp"], seen
            seen[told["access_token"]] = told["expires_on"]
            time.sleep(0.1)
        # Each was given again as long as it had enough.
        assert 3 <= len(seen) <= 7


# Its beginning and its end


def test_it_cannot_begin(home: Home) -> None:
    file = ("--env-file", home.path / "identity.env")
    assert "none" not in home.run("serve", "none", *file, status=66).stderr.splitlines()[-1]
    assert "--env-file" in home.run("serve", "ci", status=64).stderr
    for address in ("0.0.0.0:0", "[::]:0", "192.0.2.1:80", "example.com:80", "127.0.0.1", "unix:", ":80", "127.0.0.1:x"):
        ended = home.run("serve", "ci", *file, "--listen", address, status=64)
        assert len(ended.errors) == 1, ended.shown()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ended = home.run("serve", "ci", *file, "--listen", f"127.0.0.1:{port}", status=73)
        assert len(ended.errors) == 1 and str(port) in ended.errors[0]
    (home.path / "folder").mkdir()
    home.user.take(home.path / "folder")
    home.run("serve", "ci", "--env-file", home.path / "folder", status=73)
    home.run("serve", "ci", "--env-file", home.path / "none/identity.env", status=74)
    home.write("short", "too-short\n")
    home.run("serve", "ci", *file, "--header-file", home.path / "short", status=64)
    assert not (home.path / "identity.env").exists()


def test_a_socket_of_its_own(home: Home) -> None:
    path = home.path / "run/ci.sock"
    listen = f"--listen=unix:{path}"
    with running_endpoint(home, "ci", listen) as endpoint:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert "IDENTITY_ENDPOINT" not in endpoint.variables
        assert audience(endpoint.app_service(ARM)) == ARM
        assert audience(endpoint.imds(ARM)) == ARM
        # A live one is never taken.
        ended = home.run("serve", "ci", listen, "-o", "env", status=73)
        assert len(ended.errors) == 1
        assert audience(endpoint.app_service(ARM)) == ARM
    # One that was killed leaves its files, which the next takes over.
    killed = start_endpoint(home, "ci", listen)
    killed.process.kill()
    killed.process.communicate()
    assert path.exists()
    with running_endpoint(home, "ci", listen) as endpoint:
        assert audience(endpoint.app_service(ARM)) == ARM
    home.write("run/plain.sock", "not a socket")
    home.run("serve", "ci", "-o", "env", f"--listen=unix:{home.path}/run/plain.sock", status=73)
    assert (home.path / "run/plain.sock").read_text() == "not a socket"
    shared = home.path / "shared"
    shared.mkdir()
    shared.chmod(0o755)
    home.user.take(shared)
    home.run("serve", "ci", "-o", "env", f"--listen=unix:{shared}/ci.sock", status=77)
    home.run("serve", "ci", "-o", "env", f"--listen=unix:{home.path}/{'x' * 120}", status=64)


def test_two_begin_at_the_same_socket(home: Home) -> None:
    path = home.path / "run/ci.sock"
    for _ in range(5):
        killed = start_endpoint(home, "ci", f"--listen=unix:{path}")
        killed.process.kill()
        killed.process.communicate()
        files = [home.path / f"{name}.env" for name in "ab"]
        program = home.programs / "vaultctl"
        both = [home.start(program, "serve", "ci", f"--listen=unix:{path}", "--env-file", file) for file in files]
        while all(process.poll() is None for process in both):
            time.sleep(0.01)
        loser = next(index for index, process in enumerate(both) if process.poll() is not None)
        winner = 1 - loser
        assert home.end(both[loser]).status == 73
        while not files[winner].exists():
            time.sleep(0.01)
        endpoint = Endpoint(home, both[winner], read_variables(files[winner]), path)
        assert audience(endpoint.app_service(ARM)) == ARM
        assert endpoint.stop().status == 0
        assert not path.exists() and not any(file.exists() for file in files)


def test_variables_on_standard_output(home: Home) -> None:
    program = home.programs / "vaultctl"
    process = home.start(program, "serve", "ci", "-o", "env")
    assert process.stdout is not None
    lines = [process.stdout.readline().decode() for _ in range(6)]
    shown = dict(line.removeprefix("export ").strip().split("=", 1) for line in lines)
    variables = {name: value.strip("'") for name, value in shown.items()}
    endpoint = Endpoint(home, process, variables)
    assert audience(endpoint.app_service(ARM)) == ARM
    assert endpoint.stop().status == 0


def test_a_header_that_was_agreed_on(home: Home) -> None:
    header = "0123456789abcdef" * 4
    home.write("header", header + "\n")
    with running_endpoint(home, "ci", "--header-file", str(home.path / "header")) as endpoint:
        assert endpoint.header == header
        assert stat.S_IMODE((home.path / "identity.env").stat().st_mode) == 0o600
        assert audience(endpoint.app_service(ARM)) == ARM


def test_it_ends_with_requests_under_way(home: Home, stage: Any) -> None:
    """One that is answered soon gets its answer; one that is not does not hold the end."""
    with running_endpoint(home) as endpoint, ThreadPoolExecutor(2) as pool:
        stage.emulator.set_fault("slow", path="token", seconds=1, count=1)
        soon = pool.submit(endpoint.app_service, ARM)
        while not stage.emulator.token_requests():
            time.sleep(0.01)
        assert endpoint.stop().status == 0
        assert audience(soon.result()) == ARM
    stage.emulator.clear()
    with running_endpoint(home) as endpoint, ThreadPoolExecutor(2) as pool:
        stage.emulator.set_fault("slow", path="token", seconds=25, count=1)
        late = pool.submit(lambda: raw_status(endpoint))
        while not stage.emulator.token_requests():
            time.sleep(0.01)
        assert endpoint.stop().status == 0
        assert late.result() != 200
    stage.emulator.clear()


def raw_status(endpoint: Endpoint) -> int | None:
    """Nil for a connection that was closed instead of an answer."""
    try:
        return endpoint.app_service("https://storage.azure.com").status
    except (http.client.HTTPException, OSError):
        return None


def test_many_wait_for_the_provider_and_others_do_not(home: Home, stage: Any) -> None:
    """As many as may ask at once wait for a slow provider; a page without a token is there at once, and all are answered."""
    with running_endpoint(home) as endpoint, ThreadPoolExecutor(80) as pool:
        stage.emulator.set_fault("slow", path="token", seconds=2, count=100)
        resources = [ARM, ARM + "/", "https://storage.azure.com", "https://storage.azure.com/"]
        asked = [pool.submit(endpoint.app_service, resources[number % 4]) for number in range(80)]
        while not stage.emulator.token_requests():
            time.sleep(0.01)
        assert endpoint.ask("/health").status == 200
        assert not any(one.done() for one in asked)
        assert {audience(one.result()) for one in asked} == set(resources)
    stage.emulator.clear()
