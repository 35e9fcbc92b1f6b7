"""Selections: `@name` wherever several profiles can be meant."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from agent import ASKING, running_agent
from conftest import Stage
from home import Ended, Home

#: The three profiles of the template, and what is said of two of them.
ALL = ["ci", "payroll", "prod/etl"]
#: Nobody asks an agent; asks it.
WAYS: dict[str, Mapping[str, str]] = {"in-process": {}, "agent": ASKING}


@pytest.fixture(scope="module")
def home(stage: Stage) -> Iterator[Home]:
    home = stage.home()
    home.run("edit", "prod/etl", "--tag", "team=data", "--tag", "env=prod", "--description", "Nightly LOADS")
    home.run("selection", "save", "data", "--tag", "team=data")
    home.run("selection", "save", "@prod/data", "--tag", "team=data", "--tag", "env")
    home.run("selection", "save", "loads", "--search", "nightly loads")
    home.run("selection", "save", "named", "payroll", "ci")
    home.run("selection", "save", "mixed", "payroll", "--tag", "env=prod")
    home.run("selection", "save", "nobody", "--tag", "env=test")
    with running_agent(home):
        yield home
    home.remove()


def listed(home: Home, *words: str, variables: Mapping[str, str] = {}) -> list[str]:
    rows = home.run("list", *words, "-o", "json", variables=variables).stdout
    return [row["name"] for row in json.loads(rows)]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("words", "names"),
    [
        ([], ALL),
        (["@data"], ["ci", "prod/etl"]),
        (["@prod/data"], ["prod/etl"]),
        (["@loads"], ["prod/etl"]),
        (["@named"], ["ci", "payroll"]),
        (["@mixed"], ["payroll", "prod/etl"]),
        (["@nobody"], []),
        (["@named", "@loads"], ["ci", "payroll", "prod/etl"]),
        (["@data", "ci"], ["ci", "prod/etl"]),
        (["payroll", "@data"], ["payroll", "ci", "prod/etl"]),
        (["@data", "--tag", "env=prod"], ["prod/etl"]),
        (["@mixed", "--tag", "env=dev"], []),
        (["--search", "ETL"], ["prod/etl"]),
        (["@data", "--search", "loads"], ["prod/etl"]),
        (["--search", "no such text"], []),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_who_is_meant(home: Home, way: str, words: list[str], names: list[str]) -> None:
    assert listed(home, *words, variables=WAYS[way]) == names


@pytest.mark.parametrize("way", WAYS)
def test_the_verbs_that_take_several(home: Home, way: str) -> None:
    variables = WAYS[way]
    checked = home.run("check", "@prod/data", "payroll", "-o", "json", status=None, variables=variables)
    assert [row["profile"] for row in json.loads(checked.stdout)] == ["prod/etl", "payroll"]
    home.run("issue", "ci", "-q", variables=variables, allowed=["token"])
    home.run("issue", "payroll", "-q", variables=variables, allowed=["token"])
    entries = home.run("audit", "list", "--profile", "@named", "--action", "issue", "-o", "jsonl", variables=variables)
    assert {json.loads(line)["profile"] for line in entries.stdout.splitlines()} == {"ci", "payroll"}
    entries = home.run("audit", "list", "--tag", "team=data", "--action", "issue", "-o", "jsonl", variables=variables)
    assert {json.loads(line)["profile"] for line in entries.stdout.splitlines()} == {"ci"}


def test_a_profile_that_comes_later_belongs_to_it(stage: Stage) -> None:
    home = stage.home()
    home.run("selection", "save", "late", "--tag", "late")
    assert listed(home, "@late") == []
    home.run("edit", "payroll", "--tag", "late")
    assert listed(home, "@late") == ["payroll"]
    home.run("remove", "@late", "--yes")
    assert listed(home) == ["ci", "prod/etl"]


@pytest.mark.parametrize("way", WAYS)
def test_a_profile_that_is_renamed_stays_in_it(stage: Stage, way: str) -> None:
    home = stage.home()
    home.run("selection", "save", "fixed", "payroll", "ci", "--tag", "late")
    home.run("selection", "save", "other", "ci")
    # A name that a removed profile left behind.
    home.run("selection", "save", "both", "prod/etl", "payroll")
    home.run("remove", "prod/etl", "--yes")
    others = {row["name"]: row for row in shown(home)}["other"]
    with running_agent(home):
        home.run("rename", "payroll", "prod/etl", variables=WAYS[way])
    found = {row["name"]: row for row in shown(home)}
    assert (found["fixed"]["names"], found["fixed"]["tags"]) == (["prod/etl", "ci"], ["late"])
    assert found["both"]["names"] == ["prod/etl"]
    assert found["other"] == others
    assert listed(home, "@fixed") == ["ci", "prod/etl"]
    # The record tells what each means from then on, in the one transaction.
    entries = [json.loads(line) for line in home.run("audit", "list", "-o", "jsonl").stdout.splitlines()]
    [at] = [number for number, one in enumerate(entries) if one["action"] == "rename"]
    assert [one["detail"] for one in entries[at + 1 : at + 3]] == [
        "selection.both = name prod/etl",
        "selection.fixed = name prod/etl\nname ci\ntag late",
    ]
    home.run("verify")
    # A removed one stays in it, and is nobody.
    home.run("remove", "prod/etl", "--yes")
    assert {row["name"]: row["profiles"] for row in shown(home)} == {"both": 0, "fixed": 1, "other": 1}


def test_a_name_that_a_selection_has_no_room_for_is_refused(stage: Stage) -> None:
    home = stage.home()
    home.run("selection", "save", "full", "payroll", "--search", "x" * 2000)
    ended = refused(home, "rename", "payroll", "w" * 100, status=64)
    assert ended.errors[0].startswith("error: the value of selection.full is longer than 2048 bytes")
    assert listed(home) == ALL
    assert [row["names"] for row in shown(home)] == [["payroll"]]


def shown(home: Home) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(home.run("selection", "list", "-o", "json").stdout)
    return found


def test_saved_listed_replaced_and_removed(stage: Stage) -> None:
    home = stage.home()
    home.run("selection", "save", "b", "ci", "--search", 'a "text" of = signs')
    home.run("selection", "save", "a", "--tag", "team=data")
    assert shown(home) == [
        {"name": "a", "names": [], "profiles": 2, "search": None, "tags": ["team=data"]},
        {"name": "b", "names": ["ci"], "profiles": 1, "search": 'a "text" of = signs', "tags": []},
    ]
    home.run("selection", "save", "b", "--tag", "team")
    assert [row["tags"] for row in shown(home)] == [["team=data"], ["team"]]
    home.run("selection", "remove", "@a")
    assert [row["name"] for row in shown(home)] == ["b"]
    # They are no options, and a vault with them is whole.
    assert json.loads(home.run("config", "list", "-o", "json").stdout) == []
    home.run("verify")
    entries = home.run("audit", "list", "--action", "config", "-o", "jsonl").stdout.splitlines()
    assert json.loads(entries[-1])["detail"] == "selection.a unset"


def refused(home: Home, *words: str, status: int, variables: Mapping[str, str] = {}) -> Ended:
    return home.run(*words, status=status, variables=variables)


@pytest.mark.parametrize(
    ("words", "status", "error"),
    [
        (["list", "@none"], 66, "error: there is no selection @none"),
        (["check", "@none"], 66, "error: there is no selection @none"),
        (["rotate", "@none", "--dry-run"], 66, "error: there is no selection @none"),
        (["rotation", "orphans", "@none"], 66, "error: there is no selection @none"),
        (["audit", "list", "--profile", "@none"], 66, "error: there is no selection @none"),
        (["audit", "list", "--profile", "@nobody"], 66, "error: no profile is meant by @nobody"),
        (["remove", "@nobody", "--yes"], 66, "error: no profile is meant by @nobody"),
        (["export", "x", "--to", "csv", "@nobody"], 66, "error: no profile is meant by @nobody"),
        (["check", "@nobody"], 66, "error: no profile is meant by @nobody"),
        (["check", "--tag", "tema=data"], 66, "error: no profile is meant by --tag tema=data"),
        (["check", "@mixed", "--tag", "env=dev"], 66, "error: no profile is meant by @mixed --tag env=dev"),
        (["expiring", "@nobody"], 66, "error: no profile is meant by @nobody"),
        (["edit", "@nobody", "--live"], 66, "error: no profile is meant by @nobody"),
        (["rotate", "@nobody"], 66, "error: no profile is meant by @nobody"),
        (["rotate", "--tag", "tema", "--dry-run"], 66, "error: no profile is meant by --tag tema"),
        (["rotate", "--tag", "tema", "--due", "9d"], 66, "error: no profile is meant by --tag tema"),
        (["rotate", "--tag", "tema", "--due", "9d", "--dry-run"], 66, "error: no profile is meant by --tag tema"),
        (["rotate", "@nobody", "--due", "9d"], 66, "error: no profile is meant by @nobody"),
        (["rotation", "orphans", "@nobody"], 66, "error: no profile is meant by @nobody"),
        (["rotation", "orphans", "--tag", "tema", "--remove"], 66, "error: no profile is meant by --tag tema"),
        (["remove", "@named", "gone", "--yes"], 66, "error: there is no profile gone"),
        (["list", "ci", "--tag", "x"], 64, "error: give profile names or --tag; a label narrows selections alone"),
        (["selection", "save", "-x", "ci"], 64, None),
        (["selection", "save", "@a b", "ci"], 64, None),
        (["selection", "save", "x"], 64, "error: say what belongs to it: names, --tag or --search"),
        (["selection", "save", "x", "gone"], 66, "error: there is no profile gone"),
        (["selection", "remove", "none"], 66, "error: there is no selection @none"),
        (["config", "set", "selection.x", "tag y"], 64, None),
        (["issue", "@named"], 64, None),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_what_is_refused(home: Home, words: list[str], status: int, error: str | None) -> None:
    ended = refused(home, *words, status=status)
    if error is not None:
        assert ended.errors[0] == error
    assert listed(home) == ALL


@pytest.mark.parametrize("way", WAYS)
def test_that_nothing_is_due_of_whom_is_meant_is_no_mistake(home: Home, way: str) -> None:
    for words in (["--tag", "team=data"], ["@named"], []):
        for more in ([], ["--dry-run"]):
            assert home.run("rotate", *words, "--due", "0s", *more, variables=WAYS[way]).stdout == ""
    ended = refused(home, "rotate", "--tag", "tema", "--due", "9d", status=66, variables=WAYS[way])
    assert ended.errors == ["error: no profile is meant by --tag tema"]


def test_what_is_meant_is_not_for_whoever_may_ask_the_agent(home: Home) -> None:
    for words in (["save", "data", "--search", "x"], ["remove", "data"]):
        refused(home, "selection", *words, status=77, variables=ASKING)
    assert listed(home, "@data", variables=ASKING) == ["ci", "prod/etl"]


def test_a_selection_that_is_too_long_is_refused_whole(stage: Stage) -> None:
    home = stage.home()
    refused(home, "selection", "save", "long", "--search", "x" * 3000, status=64)
    assert shown(home) == []
