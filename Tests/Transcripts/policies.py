"""Ways to a token, and vaults that say of themselves what takes time or a newer program to come about."""

from __future__ import annotations

import json
import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from agent import running_agent, wire
from az import Az
from endpoint import running_endpoint
from forgery import Forgery, Row, fmt
from home import Home, User

POLICY, LOCKED, EXISTS, USAGE, NOT_FOUND = 79, 77, 73, 64, 66
DATABRICKS = "2ff814a6-3304-4ab8-85cb-cd0e6f879c1d"
#: Nobody's.
STRANGER = str(2**32 - 2)
DAY = 86_400

#: Asks the endpoint that `exec` has put up, and prints its status and what it said.
PROBE = """
import json, os, sys, urllib.error, urllib.parse, urllib.request
query = urllib.parse.urlencode({"api-version": "2019-08-01", "resource": sys.argv[1]})
request = urllib.request.Request(os.environ["IDENTITY_ENDPOINT"] + "?" + query)
request.add_header("X-IDENTITY-HEADER", os.environ["IDENTITY_HEADER"])
try:
    answer = urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request)
except urllib.error.HTTPError as error:
    answer = error
print(json.dumps([answer.status, "" if answer.status == 200 else json.loads(answer.read())["message"]]))
"""


@dataclass(frozen=True)
class Answer:
    """What a way came to: whether there was a token, and otherwise what was said."""

    given: bool
    text: str = ""


#: Asks for a token of `ci`.
Ask = Callable[[str], Answer]


@contextmanager
def _in_process(home: Home) -> Iterator[Ask]:
    yield lambda resource: _issued(home, resource)


@contextmanager
def _by_agent(home: Home) -> Iterator[Ask]:
    with running_agent(home) as agent:
        yield lambda resource: _issued(agent, resource)


def _issued(asked: Any, resource: str) -> Answer:
    ended = asked.run("issue", "ci", "--resource", resource, allowed=["token"], status=None)
    assert ended.status in (0, POLICY), ended.shown()
    assert (ended.stdout == "") == (ended.status == POLICY), ended.shown()
    return Answer(ended.status == 0, ended.stderr)


def _by_serve(through_agent: bool) -> Callable[[Home], Any]:
    @contextmanager
    def way(home: Home) -> Iterator[Ask]:
        with ExitStack() as stack:
            if through_agent:
                stack.enter_context(running_agent(home))
            variables = {"VAULTCTL_NO_AGENT": "", "VAULTCTL_KEY_FILE": ""} if through_agent else {}
            endpoint = stack.enter_context(running_endpoint(home, "ci", variables=variables))

            def ask(resource: str) -> Answer:
                answer = endpoint.app_service(resource)
                assert answer.status in (200, 403), answer.body
                return Answer(answer.status == 200, "" if answer.status == 200 else answer.json["message"])

            yield ask

    return way


@contextmanager
def _by_exec(home: Home) -> Iterator[Ask]:
    python = str(home.programs / "python3")

    def ask(resource: str) -> Answer:
        words = ["exec", "ci", "--env", "azure", "--", python, "-c", PROBE, resource]
        ended = home.end(home.start(home.programs / "vaultctl", *words), ["token"])
        assert ended.status == 0, ended.shown()
        status, text = json.loads(ended.stdout)
        assert status in (200, 403), ended.shown()
        return Answer(status == 200, text)

    yield ask


@contextmanager
def _by_az(home: Home) -> Iterator[Ask]:
    az = Az.make(home, VAULTCTL_PROFILE="ci", VAULTCTL_KEY_FILE=str(home.path / "key"), VAULTCTL_NO_AGENT="1")

    def ask(resource: str) -> Answer:
        ended = az.run("account", "get-access-token", "--resource", resource)
        # Words that would make a chain of credentials go on to another identity.
        assert "az login" not in ended.stderr and "setup account" not in ended.stderr, ended.shown()
        assert ended.status in (0, 1), ended.shown()
        return Answer(ended.status == 0, ended.stderr)

    yield ask


#: Every way on which a token of a profile reaches somebody.
WAYS: dict[str, Callable[[Home], Any]] = {
    "issue": _in_process,
    "agent": _by_agent,
    "serve": _by_serve(through_agent=False),
    "serve by the agent": _by_serve(through_agent=True),
    "exec": _by_exec,
    "az": _by_az,
}


def own_uid() -> str:
    return str(User.chosen().uid)


def entries(home: Home, *options: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(home.run("audit", "list", *options, "-o", "json").stdout)
    return found


def refusals(home: Home) -> list[dict[str, Any]]:
    return entries(home, "--action", "issue", "--outcome", "refused")


def profile_id(home: Home, name: str) -> str:
    [found] = [one for one in Forgery(home.vault, home.path / "key").vault.profiles() if one.meta["name"] == name]
    return found.row_id.hex()


def age_secret(home: Home, name: str, days: float) -> None:
    """Makes the secret of a profile one that was stored some days ago."""
    forgery = Forgery(home.vault, home.path / "key")
    [entry] = [one for one in forgery.vault.profiles() if one.meta["name"] == name]
    stored = int((time.time() - days * DAY) * 1000)
    content = wire.encode(wire.PROFILE, {**entry.meta, "credential_stored": stored})
    meta = _sealed(forgery, fmt.PROFILE, entry.row_id, entry.version, content)

    def change(row: Row) -> Row:
        return row if row.row_id != entry.row_id else Row(row.table, row.row_id, row.tag, meta, row.secret)

    forgery.change_live(fmt.PROFILE, change)
    forgery.write()
    with sqlite3.connect(home.vault) as database:
        database.execute("UPDATE profile SET meta = ? WHERE id = ?", (meta, entry.row_id))
    home.user.take(home.vault.parent)


def put_setting(home: Home, key: str, value: str, changed: int = 1_700_000_000_000) -> None:
    """Stores a setting as a program does that knows more than this one."""
    forgery = Forgery(home.vault, home.path / "key")
    row_id = os.urandom(16)
    content = wire.encode(wire.SETTING, {"key": key, "value": value, "changed": changed})
    meta = _sealed(forgery, fmt.SETTING, row_id, 1, content)
    row = Row(fmt.SETTING, row_id, fmt.setting_tag(forgery.key(fmt.NAME_KEY), key), meta)
    forgery.live.append(row)
    forgery.write()
    with sqlite3.connect(home.vault) as database:
        database.execute("INSERT INTO setting (id, tag, meta) VALUES (?, ?, ?)", (row.row_id, row.tag, row.meta))
    home.user.take(home.vault.parent)


def _sealed(forgery: Forgery, table: fmt.Table, row_id: bytes, version: int, content: bytes) -> bytes:
    header = fmt.Header(table.number, False, forgery.epoch, version)
    return fmt.seal_column(
        forgery.key(table.number), forgery.id, header, row_id, os.urandom(24), content, table.block
    )


