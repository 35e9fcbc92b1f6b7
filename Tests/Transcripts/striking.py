"""Commands whose n-th system call on the vault's files goes wrong; Tests/Faults/fault_shim.c does the striking."""

from __future__ import annotations

import base64
import contextlib
import json
import random
import struct
import tempfile
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import canaries
import contoso
from conftest import Stage
from home import Ended, Home
from older import make_format_1

#: How many of a command's calls are struck in a run without ``--long``, besides the first and the last.
SAMPLE = 3
#: Runs at once; each has a home of its own.
WORKERS = 3
#: What the shim calls the calls on sockets of the Internet.
NETWORK = ("connect", "send", "recv")
#: The shim's letters for calls, in the record of their order.
LETTERS = dict(zip("orwftnlumcsvp", "open read write fsync ftruncate rename link unlink mkdir connect send recv mmap".split()))


@dataclass(frozen=True)
class Strike:
    """What goes wrong."""

    at: int
    #: An error number, or how the process dies: ``before`` the call or with ``half`` of a write done.
    how: int | str
    calls: tuple[str, ...] = ()
    is_lasting: bool = False

    def variables(self, home: Home, shim: Path, record: Path) -> dict[str, str]:
        dies = isinstance(self.how, str)
        return {
            "LD_PRELOAD": str(shim),
            "FAULT_UNDER": str(home.path / ".local"),
            "FAULT_RECORD": str(record),
            "FAULT_AT": str(self.at),
            "FAULT_CALLS": ",".join(self.calls),
            "FAULT_SOCKETS": "1" if set(self.calls) & set(NETWORK) else "",
            **({"FAULT_LASTING": "1"} if self.is_lasting else {}),
            **({"FAULT_KILL": str(self.how)} if dies else {"FAULT_ERRNO": str(self.how)}),
        }


@dataclass(frozen=True)
class Struck:
    """A command that was struck, or that ended before it could be."""

    strike: Strike
    ended: Ended
    home: Home
    calls: int
    was_struck: bool
    where: str
    #: The names of the calls that were counted, in their order.
    order: list[str]

    def shown(self) -> str:
        return f"{self.strike}, at {self.where}\n{self.ended.shown()}"


@dataclass(frozen=True)
class Verb:
    """A command that is struck, in a home that `prepare` has made ready, and what must hold whatever became of it."""

    name: str
    arguments: Callable[[Home], list[str]]
    #: Codes that a failure may end with.
    failures: frozenset[int] = frozenset({74})
    prepare: Callable[[Home], object] = lambda home: None
    starts_empty: bool = False
    extra: tuple[Callable[[Struck], None], ...] = ()
    #: Makes one copy of the home ready, just before the command.
    prepare_each: Callable[[Home], object] = lambda home: None


def destination(home: Home) -> list[str]:
    return ["--tenant", contoso.TENANT, *home.variables["CLOUD"].split(), "--resource", "arm"]


def _passphrases(struck: Struck) -> None:
    """After `passwd` the old passphrase opens the vault, or the new one; the new one where it said done."""
    opens = {}
    for name in ("passphrase", "new-passphrase"):
        ended = struck.home.run("list", "--passphrase-file", struck.home.path / name, status=None)
        opens[name] = ended.status == 0
    assert opens["passphrase"] != opens["new-passphrase"], struck.shown()
    if struck.ended.status == 0:
        assert opens["new-passphrase"], struck.shown()


def _slots(struck: Struck) -> None:
    """After `rekey` both slots open the vault, or the one alone that was kept: as it said, where it said done."""
    slots = [line.split("\t")[0] for line in struck.home.run("slot", "list").stdout.splitlines()]
    opens = struck.home.run("list", "--passphrase-file", struck.home.path / "passphrase", status=None).status == 0
    assert (slots, opens) in ((["1", "2"], True), (["2"], False)), struck.shown()
    if struck.ended.status == 0:
        assert not opens, struck.shown()
    shown = struck.home.run("show", "ci", "--reveal", allowed=["secret"]).stdout
    assert shown == contoso.SECRETS["secret"] + "\n", struck.shown()


def _secrets(struck: Struck) -> None:
    """After `rotate` the stored secret is the old one or the new one, whole; the new one where it said done."""
    ended = struck.home.run("show", "ci", "--reveal", allowed=["secret"])
    known = [contoso.SECRETS["secret"] + "\n", contoso.SECRETS["new-secret"] + "\n"]
    assert ended.stdout in known, struck.shown()
    if struck.ended.status == 0:
        assert ended.stdout == known[1], struck.shown()


def _profile(struck: Struck) -> None:
    """After `add` the profile is there whole or not at all; there, where it said done."""
    names = struck.home.run("list").stdout
    if struck.ended.status == 0:
        assert "\nadded\t" in "\n" + names, struck.shown()
    if "added\t" in names:
        struck.home.run("show", "added", "--reveal", allowed=["secret"])


def _format(struck: Struck) -> None:
    """After a migration the vault is of today's format: if not by the command that was struck, by the one that looked."""
    told = struck.home.run("status", "-o", "json", status=None)
    assert json.loads(told.stdout)["format"] == 2, struck.shown()
    assert struck.home.vault.with_name("vault.db.format-1").exists(), struck.shown()


def _cache(home: Home) -> None:
    home.run("issue", "ci", allowed=["token"])


INIT = Verb(
    "init",
    lambda home: (
        ["init", "--passphrase-file", f"{home.path}/passphrase", "--no-recovery"]
        + ["--kdf-memory", "64MiB", "--kdf-passes", "2"]
    ),
    failures=frozenset({73, 74}),
    starts_empty=True,
)
VERBS = [
    INIT,
    Verb(
        "add",
        lambda home: (
            ["add", "added", "--client-id", contoso.APPLICATION, *destination(home)]
            + ["--secret-file", f"{home.path}/secret"]
        ),
        extra=(_profile,),
    ),
    Verb("issue-cached", lambda home: ["issue", "ci"], prepare=_cache),
    Verb("issue-uncached", lambda home: ["issue", "ci", "--force-refresh"]),
    Verb("rotate", lambda home: ["rotate", "ci", "--secret-file", f"{home.path}/new-secret"], extra=(_secrets,)),
    Verb(
        "passwd",
        lambda home: (
            ["passwd", "--passphrase-file", f"{home.path}/passphrase"]
            + ["--new-passphrase-file", f"{home.path}/new-passphrase", "--kdf-memory", "64MiB", "--kdf-passes", "2"]
        ),
        extra=(_passphrases,),
    ),
    Verb("rekey", lambda home: ["rekey", "--yes", "--no-recovery"], prepare=_cache, extra=(_slots,)),
    Verb("migrate", lambda home: ["list"], failures=frozenset({74, 75}), prepare=make_format_1, extra=(_format,)),
]


@contextlib.contextmanager
def prepared(stage: Stage, verb: Verb) -> Iterator[Home]:
    """The home that every strike of ``verb`` begins with."""
    home = stage.empty_home() if verb.starts_empty else stage.home()
    verb.prepare(home)
    yield home
    home.remove()


def strike(stage: Stage, verb: Verb, begin: Home, strike: Strike, judge: Callable[[Struck], None]) -> Struck:
    """Runs ``verb`` once in a copy of ``begin``, and lets ``judge`` look at what it left."""
    home = begin.copy(stage.homes)
    verb.prepare_each(home)
    with tempfile.NamedTemporaryFile(dir=stage.homes, suffix=".record") as record:
        record.truncate(4096)
        home.user.take(Path(record.name))
        variables = strike.variables(home, stage.shim, Path(record.name))
        ended = home.run(*verb.arguments(home), variables=variables, allowed=["token"], status=None)
        calls, count, call, path, order = struct.unpack("QQ32s1024s3000s", Path(record.name).read_bytes()[:4072])
    where = f"{call.rstrip(bytes(1)).decode()} of {path.rstrip(bytes(1)).decode(errors='replace')}"
    names = [LETTERS[letter] for letter in order.decode() if letter in LETTERS]
    struck = Struck(strike, ended, home, calls, count > 0, where, names)
    judge(struck)
    # Kept where the judge objected, for whoever looks into it.
    home.remove()
    return struck


def every(
    stage: Stage,
    verb: Verb,
    how: int | str,
    judge: Callable[[Struck], None],
    *,
    calls: tuple[str, ...],
    lasting: bool,
    is_long: bool,
) -> list[Struck]:
    """Strikes the calls of ``verb`` one run each: all of them with ``is_long``, otherwise a sample, the same each time.

    The last run is the one that ended before it could be struck, so that there was no call left to strike.
    """
    with prepared(stage, verb) as begin:
        count = strike(stage, verb, begin, Strike(0, how, calls), lambda struck: None).calls
        chosen = range(1, count + 1)
        if not is_long and count > SAMPLE + 2:
            middle = random.Random(f"{verb.name} {how} {calls}").sample(range(2, count), SAMPLE)
            chosen = sorted({1, count, *middle})  # type: ignore[assignment]
        results = list(_at_once(lambda at: strike(stage, verb, begin, Strike(at, how, calls, lasting), judge), chosen))
        # A failure may be followed by calls that a good run does not make: go on until nothing is left.
        at = count + 1
        while is_long and results and results[-1].was_struck:
            results.append(strike(stage, verb, begin, Strike(at, how, calls, lasting), judge))
            at += 1
        return results


def _at_once(work: Callable[[int], Struck], numbers: Iterable[int]) -> Iterator[Struck]:
    with ThreadPoolExecutor(WORKERS) as pool:
        yield from pool.map(work, numbers)


def check_vault(struck: Struck) -> None:
    """The vault opens, every row of it is right, and a token that was printed has its entry."""
    home = struck.home
    verified = home.run("verify", status=None)
    assert verified.status == 0, f"{struck.shown()}\nverify afterwards: {verified.shown()}"
    assert json.loads(verified.stdout)["profiles"] >= 3, struck.shown()
    token = struck.ended.stdout.strip()
    if token.startswith("eyJ"):
        identifiers = {entry["tokenId"] for entry in entries(home)}
        assert token_id(token) in identifiers, f"a token without an entry: {struck.shown()}"


def entries(home: Home) -> list[dict[str, Any]]:
    """The record, oldest first."""
    found: list[dict[str, Any]] = json.loads(home.run("audit", "list", "-o", "json").stdout)
    return found


def token_id(token: str) -> str:
    """The token's own id, by which the record knows it."""
    payload = token.split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return str(claims["uti"])


def check_new_vault(struck: Struck) -> None:
    """After `init` there is a whole vault or none, and a second `init` makes one where there is none."""
    home = struck.home
    unlock = {"VAULTCTL_KEY_FILE": "", "VAULTCTL_PASSPHRASE_FILE": str(home.path / "passphrase")}
    if struck.ended.status == 0:
        assert home.vault.exists(), struck.shown()
    if not home.vault.exists():
        home.run(*INIT.arguments(home), variables={"VAULTCTL_KEY_FILE": ""})
    verified = home.run("verify", variables=unlock, status=None)
    # 1: the anchor could not be written, which is a notice.
    assert verified.status in (0, 1), f"{struck.shown()}\nverify afterwards: {verified.shown()}"
    assert [path.name for path in home.vault.parent.iterdir() if path.suffix == ".db"] == ["vault.db"]


def canary_free(struck: Struck) -> None:
    """Nothing on standard output where the command failed: no token, no half of a result."""
    assert not struck.ended.stdout, f"a failure wrote a result: {struck.shown()}"
    assert not set(canaries.leaks(struck.ended.stderr)), struck.shown()
