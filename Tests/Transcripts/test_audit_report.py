"""`audit report`: one file that loads nothing and runs nothing, whatever the record says."""

from __future__ import annotations

import os
import re
import stat
from html.parser import HTMLParser
from pathlib import Path

import pytest

from agent import running_agent
from home import Home
from recorded import DAY, HOUR, NOVEMBER, event, profile, record

EVIL = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror='alert(1)'>",
    "</style><style>body{display:none}",
    "</title></svg><svg onload=alert(1)>",
    "&lt;b&gt;",
    "\u202egnp.exe\n\x1b[2J",
]
#: All that the page is made of.
TAGS = set(
    "html meta title style main header h1 h2 p code section dl div dt dd figure svg g text rect line ul li span table"
    " caption thead tbody tr th td".split()
)
ATTRIBUTES = set(
    "lang charset http-equiv content name class role aria-label aria-hidden tabindex scope width height x y x2 y1 y2 rx"
    " text-anchor".split()
)


class Page(HTMLParser):
    """What a browser makes of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.unlabelled: list[str] = []
        self.text: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag == "svg" and not ({"role", "aria-label"} <= {name for name, value in attrs if value}):
            self.unlabelled.append(str(attrs))
        if tag != "meta":
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if "style" not in self._open:
            self.text.append(data)


def _report(home: Home, *arguments: str, status: int = 0) -> str:
    home.run("audit", "report", "report.html", "--force", *arguments, status=status)
    return (home.path / "report.html").read_text()


def _evil_home(home: Home) -> Home:
    events = [event(NOVEMBER, "init")]
    for number, evil in enumerate(EVIL):
        at = NOVEMBER + number * DAY
        refusal = {"error": evil}
        events += [
            event(at, "issue", evil, audience=evil, source="provider", user=evil, host=evil),
            event(at + HOUR, "issue", evil, "refused", audience=evil, detail=evil, refusal=refusal),
        ]
    profiles = [profile("ci", key_id=EVIL[0], credential_expires=NOVEMBER, about=EVIL[0])]
    return record(home, profiles, events)


def test_nothing_on_the_record_becomes_markup(home: Home) -> None:
    text = _report(_evil_home(home))
    page = Page(text)
    assert page.tags <= TAGS
    assert page.attributes <= ATTRIBUTES
    assert page.unlabelled == []
    # Shown as it is, but for what would steer the reader.
    shown = "".join(page.text)
    for evil in EVIL[:-1]:
        assert evil in shown
    assert "\\u{202e}gnp.exe" in shown and "\u202e" not in text and "\x1b" not in text
    assert re.search(r"url\(|@import", text.partition("</style>")[0]) is None
    assert "default-src 'none'; style-src 'unsafe-inline'" in text.partition("<title>")[0]


def test_a_filter_is_named_and_escaped(home: Home) -> None:
    page = Page(_report(_evil_home(home), "--profile", EVIL[0], "--since", "2026-11-01"))
    shown = "".join(page.text)
    assert f"Only profile {EVIL[0]}, the time from 2026-11-01T00:00:00Z." in shown
    assert EVIL[1] not in shown
    assert page.tags <= TAGS


def test_its_figures_are_those_of_the_record(home: Home) -> None:
    refusal = {"error": "invalid_client", "aadsts": 7000215}
    events = [event(NOVEMBER + number * HOUR, "issue", "etl", audience="api://a", source="provider") for number in range(3)]
    events += [event(NOVEMBER + DAY, "issue", "etl", audience="api://a", source="cache")] * 2
    events += [event(NOVEMBER + 2 * DAY, "issue", "ci", "refused", audience="api://b", refusal=refusal)]
    events += [event(NOVEMBER + 3 * DAY, "issue", "ci", "failed", audience="api://b")]
    record(home, [profile("etl"), profile("ci")], events)
    page = Page(_report(home))
    shown = " ".join(page.text)
    for row in ("2026-11-01 3 0 0 0", "2026-11-02 0 2 0 0", "2026-11-03 0 0 1 0", "2026-11-04 0 0 0 1",
                "etl 5 2 0 0", "ci 0 0 1 1", "api://a 5 2 0 0", "AADSTS7000215 1 2026-11-03 00:00 ci",
                "Credentials of which nobody said when they expire: 2."):  # fmt: skip
        assert row in shown
    assert "2026-11-02: 2 from the cache" in shown, "a column tells what it is"


def test_it_says_what_verification_found(home: Home) -> None:
    assert "The record is whole" in _report(home)
    # Entries can still be read, and somebody has had a hand in them.
    home.shell('sql $VAULT "UPDATE audit SET seal = zeroblob(16) WHERE seq = 2"')
    text = _report(home, status=65)
    assert "The vault is not whole" in text and "is not to be relied upon" in text
    # One that cannot be read at all has no page.
    home.shell("sql $VAULT \"UPDATE audit SET meta = patch(meta, 60, x'00') WHERE seq = 2\"")
    home.run("audit", "report", "other.html", status=65)
    _only(home, "report.html")


def test_a_vault_without_entries_that_fit_has_a_page(home: Home) -> None:
    text = _report(home, "--until", "2020-01-01")
    assert text.count("No token was asked for.") == 3
    assert "Nothing was refused." in text
    assert "<svg" not in text


def test_the_file_is_the_users_own_and_never_replaced_unasked(home: Home) -> None:
    home.run("audit", "report", "page.html")
    path = home.path / "page.html"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    before = path.read_bytes()
    ended = home.run("audit", "report", "page.html", status=73)
    assert "already" in ended.stderr and "--force" in ended.stderr
    assert path.read_bytes() == before
    home.run("audit", "report", "page.html", "--force")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    _only(home, "page.html")


def _only(home: Home, *names: str) -> None:
    assert {path.name for path in home.path.iterdir() if ".html" in path.name} == set(names)


def test_a_link_is_replaced_and_not_followed(home: Home) -> None:
    target = home.write("target", "precious")
    os.symlink(target, home.path / "link.html")
    for arguments in ([], ["--force"]):
        home.run("audit", "report", "link.html", *arguments, status=73)
    assert target.read_text() == "precious"


@pytest.mark.parametrize("place", ["nowhere/page.html", "."])
def test_a_place_where_no_file_can_be_is_an_error(home: Home, place: str) -> None:
    ended = home.run("audit", "report", place, "--force", status=73)
    assert len(ended.errors) == 1


def test_a_full_disk_leaves_no_half_page(home: Home) -> None:
    ended = home.shell("ulimit -f 2; trap '' XFSZ; vaultctl audit report page.html")
    assert ended.status == 74, ended.shown()
    _only(home)


def test_the_agent_gives_the_same_page(home: Home) -> None:
    def body(text: str) -> str:
        return re.sub(r"made \S+ ", "", text)

    alone = body(_report(home))
    with running_agent(home) as agent:
        agent.run("audit", "report", "report.html", "--force")
    assert body(Path(home.path / "report.html").read_text()) == alone
