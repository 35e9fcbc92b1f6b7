"""Rules that hold for every command: help with an example, one JSON document, results alone on standard output."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from conftest import Stage
from home import Home

COMMANDS = [
    "init", "status", "passwd", "slot", "slot list", "slot add", "slot remove", "rekey", "verify", "exit-codes",
    "doctor", "backup", "restore", "merge", "policy", "policy add", "policy list", "policy remove",
    "config", "config list", "config get", "config set", "config unset",
    "add", "list", "show", "edit", "rename", "remove", "import", "export", "scan", "expiring",
    "issue", "tokens", "tokens list", "tokens forget", "check",
    "rotate", "rotation", "rotation list", "rotation show", "rotation resume", "rotation finish", "rotation rollback",
    "rotation orphans", "rotation recover",
    "audit", "audit list", "audit tail", "audit summary", "audit report", "audit anchor", "audit anchor accept",
    "audit checkpoint", "audit prove", "audit disclose", "audit export", "audit reindex", "audit verify",
    "unlock", "lock", "agent",
    "exec", "serve", "az",
    "selection", "selection save", "selection list", "selection remove",
]  # fmt: skip
PROFILE = (
    "account accountsHost arm audience authority clientId cloud createdAt credential description graph id name provider scope subscription"
    " tags tenant updatedAt workspace"
)
#: One profile tells of its rotations, too.
SHOWN = PROFILE.replace("name provider", "name previousSecretUntil provider").replace(
    "tenant", "tenant unfinishedRotation"
)
CODES = [0, 1, 64, 65, 66, 69, 70, 73, 74, 75, 76, 77, 78, 79]


@pytest.mark.parametrize("command", COMMANDS)
def test_help_has_an_example(stage: Stage, command: str) -> None:
    ended = stage.template.run(*command.split(), "--help")
    assert ended.stderr == ""
    example = ended.stdout.partition("EXAMPLE")[2]
    assert f"vaultctl {command.removesuffix(' list') if command == 'tokens list' else command}" in example
    assert all(len(line) <= 80 for line in ended.stdout.splitlines() if not line.startswith("USAGE: "))


def test_these_are_all_the_commands(stage: Stage) -> None:
    assert sorted(_commands(stage.template)) == sorted(COMMANDS)


def _commands(home: Home, *parents: str) -> Iterator[str]:
    """Every command that the help names, with those below it."""
    text = home.run(*parents, "--help").stdout
    for section in re.findall(r"SUBCOMMANDS:\n((?:  .*\n)+)", text):
        for name in re.findall(r"^  ([a-z][a-z-]*)", section, re.MULTILINE):
            yield " ".join([*parents, name])
            yield from _commands(home, *parents, name)


def test_exit_codes_are_the_contract(stage: Stage) -> None:
    ended = stage.template.run("exit-codes", "-o", "json")
    assert [row["code"] for row in json.loads(ended.stdout)] == CODES


def test_version(stage: Stage) -> None:
    assert re.fullmatch(r"vaultctl \d+\.\d+\.\d+\n", stage.template.run("--version").stdout)


@pytest.mark.parametrize(
    "command, keys",
    [
        ("list", PROFILE),
        ("show ci", SHOWN),
        ("tokens", "audience expiresAt issuedAt profile scope tenant"),
        ("issue ci", ("accessToken audience auditSequence clientId expiresAt issuedAt profile scope source subscription"
         " tenant tokenType workspace")),
        ("check ci", "aadsts audience detail exitCode profile result"),
        ("audit summary", "by entries failed firstAt fromCache group issued lastAt other refused"),
        ("audit list --exposed-since 1d", "exposures firstAt hosts keyIds lastAt profile profileId revealed rotating users"),
        ("audit report page.html", "written"),
        ("verify", "anchorAgrees auditEntries auditRoot profiles rotations settings tokens"),
        ("doctor --no-network", "check found remedy result"),
        ("status", "agent auditEntries fileSize format id path profiles slots state tokens"),
        ("slot list", "createdAt kind memoryBytes passes slot"),
        ("slot add --recovery-code", "createdAt kind memoryBytes passes slot"),
        ("slot remove 1 --yes", "removed"),
        ("rotate ci --secret-file new-secret", "changedAt graceUntil id madeHere newKeyId next oldKeyId profile removing startedAt state"),
        ("rename ci other", "renamed"),
        ("remove ci --yes", "removed"),
        ("tokens forget ci", "forgotten"),
        ("lock", "locked"),
        ("audit anchor accept --yes", "accepted"),
        ("audit checkpoint", "entries note root"),
        ("audit checkpoint --key", "checkpointKey"),
        ("audit prove 0", "checkpoint hash path sequence"),
        ("audit prove --from 1", "checkpoint from path"),
        ("audit disclose 0", "checkpointKey event format key meta proof seal sequence version"),
        ("audit export export.jsonl", "entries file root"),
        ("exit-codes", "code meaning"),
        ("audit list", ("action audience caller clientId code detail keyId outcome profile profileId reason refusal sequence"
         " source tenant time tokenExpiresAt tokenHash tokenId")),
    ],
    ids=lambda value: value if len(value) < 40 else "",
)  # fmt: skip
def test_json_is_one_document_with_stable_keys(home: Home, command: str, keys: str) -> None:
    home.run("issue", "ci", allowed=["token"])
    ended = home.run(*command.split(), "-o", "json", status=None, allowed=["token", "code"])
    document = json.loads(ended.stdout)
    first = document[0] if isinstance(document, list) else document
    assert list(first) == keys.split()
    for key, value in _leaves(document):
        assert re.fullmatch("[a-z][a-zA-Z]*", key), key
        if isinstance(value, str) and (key.endswith("At") or key in ("time", "graceUntil")):
            assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z", value), (key, value)


def _leaves(value: Any, key: str = "document") -> Iterator[tuple[str, Any]]:
    match value:
        case dict():
            for name, inner in value.items():
                yield from _leaves(inner, name)
        case list():
            for inner in value:
                yield from _leaves(inner, key)
        case _:
            yield key, value


@pytest.mark.parametrize(
    "command",
    ["list", "tokens", "audit list", "audit list --exposed-since 1d", "audit summary", "check ci", "slot list",
     "exit-codes"],
)  # fmt: skip
def test_lists_come_line_by_line_too(home: Home, command: str) -> None:
    home.run("issue", "ci", allowed=["token"])
    document = json.loads(home.run(*command.split(), "-o", "json").stdout)
    lines = home.run(*command.split(), "-o", "jsonl").stdout.splitlines()
    assert len(lines) == len(document) > 0
    assert [list(json.loads(line)) for line in lines] == [list(row) for row in document]
    rows = home.run(*command.split(), "-o", "tsv").stdout.splitlines()
    assert len(rows) == len(document)
    assert len({row.count("\t") for row in rows}) == 1
