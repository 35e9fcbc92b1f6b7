"""No entry, no token: an issuance whose entry cannot be committed is refused and prints nothing.

What a full or failing disk does to any single call is in test_faults.py; here the vault as a whole cannot be written.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager

import pytest

from conftest import Stage
from home import Ended, Home

IN_OUT, TRY_AGAIN, LOCKED = 74, 75, 77
#: With the first the token is in the cache, with the second the provider is asked.
ISSUANCES = (["issue", "ci"], ["issue", "ci", "--force-refresh"])


@pytest.fixture
def home(stage: Stage) -> Home:
    stage.emulator.clear()
    home = stage.home()
    home.run("issue", "ci", allowed=["token"])
    return home


@contextmanager
def held(home: Home, statements: tuple[str, ...]) -> Iterator[None]:
    """Somebody has a transaction open and does not end it."""
    database = sqlite3.connect(home.vault, isolation_level=None)
    try:
        for statement in statements:
            database.execute(statement).fetchall()
        yield
        database.execute("ROLLBACK")
    finally:
        database.close()


def entries(home: Home) -> int:
    return len(home.run("audit", "list", "-o", "jsonl").stdout.splitlines())


def check_refused(ended: Ended, status: int) -> None:
    assert ended.status == status, ended.shown()
    assert ended.stdout == "", ended.shown()
    assert len(ended.errors) == 1, ended.shown()


#: A reader keeps a commit from ending, a writer keeps a transaction from beginning, and the last keeps both away.
TRANSACTIONS = (("BEGIN", "SELECT count(*) FROM audit"), ("BEGIN IMMEDIATE",), ("BEGIN EXCLUSIVE",))


def test_locked_past_the_deadline(home: Home, stage: Stage) -> None:
    before = entries(home)
    # All at once, because each waits for as long as the vault does.
    with ThreadPoolExecutor() as pool, ExitStack() as transactions:
        waiting = []
        for statements in TRANSACTIONS:
            for arguments in ISSUANCES:
                copy = home.copy(stage.homes)
                transactions.enter_context(held(copy, statements))
                waiting.append((copy, pool.submit(copy.run, *arguments, status=None)))
        for _, issuance in waiting:
            check_refused(issuance.result(), TRY_AGAIN)
            assert "busy" in issuance.result().stderr, issuance.result().shown()
    for copy, _ in waiting:
        assert entries(copy) == before
        copy.run("issue", "ci", allowed=["token"])
        copy.remove()


def test_a_file_that_may_only_be_read(home: Home) -> None:
    before = entries(home)
    home.vault.chmod(0o400)
    for arguments in ISSUANCES:
        ended = home.run(*arguments, status=None)
        check_refused(ended, ended.status)
        assert ended.status in (IN_OUT, LOCKED), ended.shown()
    home.vault.chmod(0o600)
    assert entries(home) == before
