"""What the record answers: entries by every filter, what to rotate, counts."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any

import pytest

from agent import running_agent
from home import Home
from recorded import DAY, HOUR, NOVEMBER, event, profile, record

Entry = dict[str, Any]

AUDIENCES = ["api://contoso-payroll", "https://graph.microsoft.com", "2ff814a6-3304-4ab8-85cb-cd0e6f879c1d"]


def _entries(home: Home, *arguments: str) -> list[Entry]:
    out = home.run("audit", "list", "-o", "jsonl", *arguments).stdout
    return [json.loads(line) for line in out.splitlines()]


def _random_record(home: Home, count: int) -> Home:
    source = random.Random(4711)
    names = ["ci", "prod/etl", "payroll"]
    events = [event(NOVEMBER, "init")]
    for number in range(count):
        action = source.choice(["issue", "issue", "issue", "check", "edit", "reveal", "rotate"])
        outcome = source.choice(["ok", "ok", "ok", "refused", "failed"])
        more: dict[str, Any] = {}
        if action == "issue":
            more = {"audience": source.choice(AUDIENCES), "source": source.choice(["cache", "provider"])}
        if outcome == "refused":
            more["refusal"] = {"error": "invalid_client", "aadsts": source.choice([7000215, 700016])}
        # Clocks go back now and then.
        time = NOVEMBER + number * HOUR - source.choice([0, 0, 0, 5 * HOUR])
        user, host = source.choice(["ada", "bob"]), source.choice(["desk", "laptop-7", "build"])
        events.append(event(time, action, source.choice(names), outcome, user=user, host=host, **more))
    return record(home, [profile(name) for name in names], events)


def _stamp(time: int) -> str:
    days, rest = divmod(time - NOVEMBER, DAY)
    return f"2026-11-{days + 1:02}T{rest // HOUR:02}:00:00Z"


def _second(entry: Entry) -> str:
    """All of them have whole seconds."""
    return str(entry["time"]).replace(".000Z", "Z")


#: Option → what it takes, and the naive rule.
FILTERS: dict[str, tuple[list[str], Callable[[Entry, str], bool]]] = {
    "--profile": (["ci", "prod/etl", "none"], lambda entry, value: entry["profile"] == value),
    "--action": (["issue", "check,reveal"], lambda entry, value: entry["action"] in value.split(",")),
    "--outcome": (["ok", "refused,failed"], lambda entry, value: entry["outcome"] in value.split(",")),
    "--audience": ([AUDIENCES[0], "databricks"], lambda entry, value: entry["audience"] in (value, AUDIENCES[2])
                   if value == "databricks" else entry["audience"] == value),
    "--actor": (["ada", "1002"], lambda entry, value: value in (entry["caller"]["user"], str(entry["caller"]["uid"]))),
    "--host": (["laptop-7", "desk", "lap"], lambda entry, value: entry["caller"]["host"] == value),
    "--since": ([_stamp(NOVEMBER + 3 * DAY), _stamp(NOVEMBER + 9 * DAY)], lambda entry, value: _second(entry) >= value),
    "--until": ([_stamp(NOVEMBER + 6 * DAY), _stamp(NOVEMBER + 11 * DAY)],
                lambda entry, value: _second(entry) < value),
}  # fmt: skip


def _combinations() -> list[dict[str, str]]:
    """Each filter alone with each value, and 24 times several at once."""
    source = random.Random(7)
    alone = [{option: value} for option, (values, _) in FILTERS.items() for value in values]
    several = [
        {option: source.choice(FILTERS[option][0]) for option in source.sample(sorted(FILTERS), source.randint(2, 4))}
        for _ in range(24)
    ]
    return alone + several


def test_filters_combine_as_a_naive_filter_does(home: Home) -> None:
    _random_record(home, 300)
    everything = _entries(home)
    assert [entry["sequence"] for entry in everything] == list(range(301))
    with running_agent(home) as agent:
        found = 0
        for wanted in _combinations():
            words = [word for pair in wanted.items() for word in pair]
            expected = [
                entry["sequence"]
                for entry in everything
                if all(FILTERS[option][1](entry, value) for option, value in wanted.items())
            ]
            out = agent.run("audit", "list", "-o", "jsonl", *words).stdout
            assert [json.loads(line)["sequence"] for line in out.splitlines()] == expected, wanted
            limited = agent.run("audit", "list", "-o", "tsv", "--limit", "3", *words).stdout
            assert [int(line.split("\t")[0]) for line in limited.splitlines()] == expected[-3:], wanted
            found += bool(expected)
        assert found > 25, "most of them find something"
    assert [e["sequence"] for e in _entries(home, "--host", "laptop-7")] == [
        e["sequence"] for e in everything if e["caller"]["host"] == "laptop-7"
    ]


# What to rotate

LOST = NOVEMBER + 10 * DAY
SINCE = "2026-11-05"


def _exposed(home: Home, *arguments: str) -> dict[str, Entry]:
    out = home.run("audit", "list", "--exposed-since", SINCE, "-o", "json", *arguments).stdout
    return {row["profile"]: row for row in json.loads(out)}


def _issue(time: int, name: str, **more: Any) -> Entry:
    return event(time, "issue", name, audience=AUDIENCES[0], source="provider", **more)


#: What is on the record of one profile → whether it must be rotated, when the laptop is lost. The credential is as old as
#: the vault unless a case says when it was stored.
CASES: dict[str, tuple[list[Entry], bool, int]] = {
    # First, because from that day on everything counts, whatever a clock says.
    "issued-before": ([_issue(NOVEMBER, "p", host="laptop-7")], False, 0),
    "issued": ([_issue(LOST, "p", host="laptop-7")], True, 0),
    "issued-by-a-clock-that-was-set-back": ([_issue(NOVEMBER, "p", host="laptop-7")], True, 0),
    "issued-elsewhere": ([_issue(LOST, "p", host="desk")], False, 0),
    "refused": ([_issue(LOST, "p", host="laptop-7", outcome="refused")], False, 0),
    "revealed": ([event(LOST, "reveal", "p", host="laptop-7")], True, 0),
    "checked": ([event(LOST, "check", "p", host="laptop-7")], False, 0),
    "rotated-since": (
        [
            _issue(LOST, "p", host="laptop-7"),
            event(LOST + HOUR, "rotate", "p", "started"),
            event(LOST + 2 * HOUR, "rotate", "p"),
        ],
        False,
        LOST + 2 * HOUR,
    ),
    "rotated-and-issued-again": (
        [
            event(LOST, "rotate", "p", "started"),
            event(LOST + HOUR, "rotate", "p"),
            _issue(LOST + 2 * HOUR, "p", host="laptop-7"),
        ],
        True,
        LOST + HOUR,
    ),
    # The end of the grace is an entry of its own, and replaces nothing.
    "grace-ended-since": (
        [
            event(LOST, "rotate", "p"),
            _issue(LOST + HOUR, "p", host="laptop-7"),
            event(LOST + DAY, "rotate", "p", detail="the grace is over; the old credential is forgotten"),
        ],
        True,
        LOST,
    ),
    "rotation-begun": ([_issue(LOST, "p", host="laptop-7"), event(LOST + HOUR, "rotate", "p", "started")], True, 0),
    "rotation-refused": ([_issue(LOST, "p", host="laptop-7"), event(LOST + HOUR, "rotate", "p", "refused")], True, 0),
    # An edit does not say whether it replaced the credential: rather one too many.
    "replaced-by-edit": (
        [_issue(LOST, "p", host="laptop-7"), event(LOST + 2 * HOUR, "edit", "p")],
        True,
        LOST + HOUR,
    ),
    "edited-with-the-same-credential": (
        [_issue(LOST, "p", host="laptop-7"), event(LOST + 2 * HOUR, "edit", "p")],
        True,
        0,
    ),
    # The clock was a year ahead when it was rotated: the order of the record says that it was issued afterwards.
    "rotated-by-a-wrong-clock": (
        [event(LOST + 365 * DAY, "rotate", "p"), _issue(LOST, "p", host="laptop-7")],
        True,
        LOST + 365 * DAY,
    ),
}


def _cases() -> tuple[list[Entry], list[Entry]]:
    profiles, events = [], [event(NOVEMBER - 90 * DAY, "init")]
    for name, (history, _, stored) in CASES.items():
        profiles.append(profile(name, stored=stored or NOVEMBER - 90 * DAY))
        events += [{**entry, "profile": name, "profile_id": profiles[-1]["id"]} for entry in history]
    return profiles, events


@pytest.mark.parametrize("by_agent", [False, True], ids=["alone", "agent"])
def test_what_to_rotate_by_cases(home: Home, by_agent: bool) -> None:
    record(home, *_cases())
    arguments = ("audit", "list", "--exposed-since", SINCE, "--host", "laptop-7")
    if by_agent:
        with running_agent(home) as agent:
            out = agent.run(*arguments).stdout
    else:
        out = home.run(*arguments).stdout
    assert [line.split("\t")[0] for line in out.splitlines()] == sorted(
        name for name, (_, must, _) in CASES.items() if must
    )


def test_an_exposure_tells_who_where_and_which_credential(home: Home) -> None:
    events = [
        _issue(LOST, "etl", user="ada", host="laptop-7", key_id="k1"),
        _issue(LOST + DAY, "etl", user="bob", host="desk", key_id="k1"),
        event(LOST + 2 * DAY, "reveal", "etl", user="ada", host="desk", key_id="k1"),
        _issue(LOST, "quiet", user="bob", host="build"),
    ]
    record(home, [profile("etl"), profile("quiet")], events)
    assert _exposed(home)["etl"] == {
        "exposures": 3,
        "firstAt": "2026-11-11T00:00:00Z",
        "hosts": ["desk", "laptop-7"],
        "keyIds": ["k1"],
        "lastAt": "2026-11-13T00:00:00Z",
        "profile": "etl",
        "profileId": b"etl.............".hex(),
        "revealed": True,
        "rotating": False,
        "users": ["ada", "bob"],
    }
    by_bob = _exposed(home, "--actor", "bob")
    assert sorted(by_bob) == ["etl", "quiet"] and by_bob["etl"]["exposures"] == 1
    assert not by_bob["etl"]["revealed"]
    assert sorted(_exposed(home, "--actor", "1001", "--host", "desk")) == ["etl"]
    assert _exposed(home, "--host", "nowhere") == {}


def test_what_to_rotate_has_the_names_of_today_and_tells_of_what_is_gone(home: Home) -> None:
    events = [
        _issue(LOST, "old-name", host="laptop-7"),
        event(LOST + HOUR, "rename", "new-name", of="old-name", detail="was old-name"),
        _issue(LOST + 2 * HOUR, "gone", host="laptop-7"),
        event(LOST + 3 * HOUR, "remove", "gone"),
        _issue(LOST + 4 * HOUR, "oidc", host="laptop-7"),
    ]
    federated = profile("oidc", credential_kind="federated", assertion_source={"kind": "file", "value": "/run/token"})
    record(home, [profile("new-name", first_name="old-name"), federated], events)
    ended = home.run("audit", "list", "--exposed-since", SINCE)
    assert [line.split("\t")[0] for line in ended.stdout.splitlines()] == ["new-name"]
    assert "removed since, so end their credentials at the provider: gone" in ended.stderr
    assert "federated, without a secret to rotate: oidc" in ended.stderr


def test_what_to_rotate_goes_into_rotate(home: Home) -> None:
    """With entries that the program itself wrote, end to end."""
    home.run("issue", "ci", allowed=["token"])
    home.run("rename", "ci", "renamed")
    home.run("show", "payroll", "--reveal", allowed=["secret"])
    pipe = "vaultctl audit list --exposed-since 1h | cut -f 1"
    assert home.shell(pipe).stdout == "payroll\nrenamed\n"
    rotated = home.shell(f"{pipe} | head -n 1 | xargs -I NAME vaultctl rotate NAME --secret-file new-secret")
    assert rotated.status == 0, rotated.shown()
    assert home.shell(pipe).stdout == "renamed\n"
    home.run("issue", "payroll", allowed=["token"])
    assert home.shell(pipe).stdout == "payroll\nrenamed\n"


@pytest.mark.parametrize("option", ["--since 1d", "--profile ci", "--action issue", "--outcome ok", "--limit 3"])
def test_nothing_narrows_what_to_rotate_but_host_and_actor(home: Home, option: str) -> None:
    ended = home.run("audit", "list", "--exposed-since", "7d", *option.split(), status=64)
    assert "--exposed-since takes --host and --actor alone" in ended.stderr


# Counts


def _naive_summary(entries: list[Entry], group: Callable[[Entry], str | None]) -> dict[str | None, Entry]:
    rows: dict[str | None, Entry] = {}
    for entry in entries:
        row = rows.setdefault(
            group(entry),
            {"entries": 0, "failed": 0, "fromCache": 0, "issued": 0, "other": 0, "refused": 0, "times": []},
        )
        row["entries"] += 1
        row["times"].append(_second(entry))
        if entry["outcome"] in ("refused", "failed"):
            row[entry["outcome"]] += 1
        elif (entry["outcome"], entry["action"]) == ("ok", "issue"):
            row["issued"] += 1
            row["fromCache"] += entry["source"] != "provider"
        else:
            row["other"] += 1
    for row in rows.values():
        times = row.pop("times")
        row["firstAt"], row["lastAt"] = min(times), max(times)
    return rows


GROUPS: dict[str, Callable[[Entry], str | None]] = {
    "profile": lambda entry: entry["profile"],
    "audience": lambda entry: entry["audience"],
    "actor": lambda entry: str(entry["caller"]["user"]),
    "day": lambda entry: str(entry["time"][:10]),
    "outcome": lambda entry: str(entry["outcome"]),
    "host": lambda entry: str(entry["caller"]["host"]),
    "action": lambda entry: str(entry["action"]),
}


def test_summaries_count_as_a_naive_count_does(home: Home) -> None:
    _random_record(home, 300)
    everything = _entries(home)
    for by, group in GROUPS.items():
        for words in ([], ["--host", "laptop-7", "--since", "2026-11-04"]):
            chosen = [e for e in everything if not words or (e["caller"]["host"] == words[1] and e["time"] >= words[3])]
            out = home.run("audit", "summary", "--by", by, "-o", "json", *words).stdout
            rows = json.loads(out)
            found = {row.pop("group"): row for row in rows}
            assert {row.pop("by") for row in rows} == {by}
            assert found == _naive_summary(chosen, group), by
            names = list(found)
            if by == "day":
                assert names == sorted(found, key=str)
            else:
                assert [found[name]["issued"] for name in names] == sorted(
                    (row["issued"] for row in found.values()), reverse=True
                )


def test_a_summary_is_by_profile_and_the_same_by_the_agent(home: Home) -> None:
    _random_record(home, 100)
    alone = home.run("audit", "summary").stdout
    with running_agent(home) as agent:
        assert agent.run("audit", "summary").stdout == alone
    assert {line.split("\t")[0] for line in alone.splitlines()} == {"", "ci", "prod/etl", "payroll"}
    assert home.run("audit", "summary", "--profile", "none").stdout == ""
    ended = home.run("audit", "summary", "--by", "weekday", status=64)
    assert "use one of profile, audience, actor, day, outcome, host, action" in ended.stderr


def test_pages_join_without_a_seam(home: Home) -> None:
    """More entries than one page has, and a last page of one."""
    count = 2 * 4096
    record(home, [profile("ci")], [_issue(NOVEMBER + number * 1000, "ci") for number in range(count + 1)])
    with running_agent(home) as agent:
        for run in (home.run, agent.run):
            rows = json.loads(run("audit", "summary", "-o", "json").stdout)
            assert [row["issued"] for row in rows] == [count + 1]
