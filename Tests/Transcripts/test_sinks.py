"""Copies of entries: in a file and in the journal, each once and in order, and never in the way."""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path
from typing import Any

import pytest

import canaries
import recorded
from agent import Agent, running_agent, wait_until
from home import Home
from journal import journal
from recorded import NOVEMBER, RecordedVault, fmt, wire
from striking import entries


def config(home: Home, *arguments: str | os.PathLike[str], status: int = 0) -> str:
    return home.run("config", *arguments, status=status).stdout


def lines(file: Path) -> list[dict[str, Any]]:
    """The copies; a line that is none fails."""
    return [json.loads(line) for line in file.read_text().splitlines()]


def deliveries(agent: Agent) -> dict[str, dict[str, Any]]:
    told = json.loads(agent.run("status", "-o", "json").stdout)
    return {one["key"]: one for one in told["agent"]["deliveries"]}


@pytest.fixture
def sink(home: Home) -> Path:
    return home.path / "audit.jsonl"


def test_settings_are_kept_and_on_the_record(home: Home, sink: Path) -> None:
    assert config(home, "list") == ""
    config(home, "set", "sink.file", sink)
    config(home, "set", "anchor.command", "cat >/dev/null")
    config(home, "set", "sink.file", f"{sink}.2")
    config(home, "unset", "anchor.command")
    assert config(home, "list").split("\t")[:2] == ["sink.file", f"{sink}.2"]
    assert json.loads(config(home, "get", "sink.file"))["value"] == f"{sink}.2"
    config(home, "get", "anchor.command", status=66)
    config(home, "unset", "anchor.command", status=66)
    assert [entry["detail"] for entry in entries(home) if entry["action"] == "config"] == [
        f"sink.file = {sink}",
        "anchor.command = cat >/dev/null",
        f"sink.file = {sink}.2",
        "anchor.command unset",
    ]
    home.run("verify")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("sink.colour", "red"),
        ("sink.file", "audit.jsonl"),
        ("sink.file", "/nowhere/at/all/audit.jsonl"),
        ("sink.file", "/dev/full"),
        ("sink.journald", "yes"),
        ("anchor.journald", "journal"),
        ("anchor.command", ""),
        ("anchor.command", "x" * 2049),
    ],
)
def test_what_cannot_be_set_is_refused(home: Home, key: str, value: str) -> None:
    before = entries(home)
    ended = home.run("config", "set", key, value, status=64)
    assert len(ended.errors) == 1
    assert entries(home) == before


def test_an_agent_changes_no_setting(home: Home, sink: Path) -> None:
    config(home, "set", "sink.file", sink)
    with running_agent(home) as agent:
        assert agent.run("config", "list").stdout.startswith("sink.file\t")
        for words in (["set", "sink.file", sink], ["unset", "sink.file"]):
            ended = agent.run("config", *words, "--no-input", status=77)
            assert "the passphrase is missing" in ended.stderr
    assert str(sink) in config(home, "list")


def test_the_file_gets_what_the_list_shows(home: Home, sink: Path) -> None:
    config(home, "set", "sink.file", sink)
    home.run("issue", "ci", "--reason", "two\nlines", allowed=["token"])
    home.run("issue", "nobody", status=66)
    home.run("edit", "ci", "--tag", "nightly")
    config(home, "unset", "sink.file")
    home.run("edit", "ci", "--tag", "weekly")
    shown = home.run("audit", "list", "-o", "jsonl").stdout.splitlines()
    # From the entry that switched it on to the one that switched it off.
    assert sink.read_text().splitlines() == shown[5:-1]
    assert sink.stat().st_mode & 0o777 == 0o600


def test_no_copy_has_a_secret(home: Home, sink: Path) -> None:
    with journal(home) as arrived:
        config(home, "set", "sink.file", sink)
        config(home, "set", "sink.journald", arrived.path)
        token = home.run("issue", "ci", "--force-refresh", allowed=["token"]).stdout.strip()
        home.run("rotate", "ci", "--secret-stdin", stdin=(home.path / "new-secret").read_text())
        home.run("issue", "ci", allowed=["token"])
        home.run("slot", "add", "--new-key-file", home.path / "key2")
        text = sink.read_text() + json.dumps(arrived.waiting())
    assert "issue" in text and "rotate" in text and "slot-add" in text
    assert list(canaries.leaks(text)) == []
    for secret in [token, *(value for values in canaries.SECRETS.values() for value in values)]:
        assert not [one for one in canaries.encodings(secret) if one in text.encode()]


def test_many_processes_and_an_agent_write_each_entry_once(home: Home, sink: Path) -> None:
    config(home, "set", "sink.file", sink)
    home.run("issue", "ci", allowed=["token"])
    with running_agent(home) as agent:
        processes = [home.start(home.programs / "vaultctl", "issue", "ci") for _ in range(8)]
        with agent.client() as client:
            mine = [client.issue("ci").details["audit_sequence"] for _ in range(50)]
        for process in processes:
            assert home.end(process, ["token"]).status == 0
    copied = [line["sequence"] for line in lines(sink)]
    assert sorted(copied) == list(range(5, 5 + 1 + 1 + 8 + 50 + 1)), "each once, none missing"
    assert [number for number in copied if number in mine] == mine, "those of one process are in order"


def test_an_agent_follows_what_another_process_sets(home: Home, sink: Path) -> None:
    with running_agent(home) as agent:
        agent.run("issue", "ci", allowed=["token"])
        assert deliveries(agent) == {}
        config(home, "set", "sink.file", sink)
        agent.run("issue", "ci", allowed=["token"])
        wait_until(lambda: deliveries(agent).get("sink.file", {}).get("sent") == 1, "the agent copies")
        config(home, "unset", "sink.file")
        agent.run("issue", "ci", allowed=["token"])
        wait_until(lambda: len(entries(home)) == 10, "all is on the record")
    assert [line["action"] for line in lines(sink)] == ["config", "issue", "config"]


def test_a_file_that_was_renamed_is_made_anew(home: Home, sink: Path) -> None:
    config(home, "set", "sink.file", sink)
    with running_agent(home) as agent:
        agent.run("issue", "ci", allowed=["token"])
        wait_until(lambda: len(lines(sink)) == 2, "the first is copied")
        os.rename(sink, f"{sink}.1")
        agent.run("issue", "ci", allowed=["token"])
        wait_until(lambda: sink.exists() and len(lines(sink)) == 1, "the second is copied")
    assert len(lines(Path(f"{sink}.1"))) == 2


def test_a_line_after_half_a_line_stands_alone(home: Home, sink: Path) -> None:
    home.write("audit.jsonl", '{"torn":')
    config(home, "set", "sink.file", sink)
    assert json.loads(sink.read_text().splitlines()[1])["action"] == "config"


def test_a_line_after_half_a_line_of_another_process_stands_alone(home: Home, sink: Path) -> None:
    config(home, "set", "sink.file", sink)
    with running_agent(home) as agent:
        agent.run("issue", "ci", allowed=["token"])
        wait_until(lambda: len(lines(sink)) == 2, "the first is copied")
        with sink.open("a") as file:
            file.write('{"torn":')
        agent.run("issue", "ci", allowed=["token"])
        wait_until(lambda: sink.read_text().endswith("}\n"), "the second is copied")
    whole = [json.loads(line) for line in sink.read_text().splitlines() if line != '{"torn":']
    assert [line["action"] for line in whole][:3] == ["config", "issue", "issue"]


@pytest.mark.parametrize("name", ["vault.db", "vault.db.lock", "vault.db-journal", "hard link", "state"])
def test_no_copies_go_into_the_vault_itself(home: Home, name: str) -> None:
    before = entries(home)
    path = home.vault.with_name(name)
    if name == "hard link":
        os.link(home.vault, path)
    elif name == "state":
        path = next(home.state.glob("*.anchor"))
    ended = home.run("config", "set", "sink.file", path, status=64)
    assert "belongs to the vault itself" in ended.stderr, ended.shown()
    path.unlink() if name == "hard link" else None
    assert entries(home) == before


@pytest.mark.parametrize("whose", ["others may write", "another user's"])
def test_no_copies_go_where_others_write(home: Home, sink: Path, whose: str) -> None:
    config(home, "set", "sink.file", sink)
    length = sink.stat().st_size
    if whose == "others may write":
        sink.chmod(0o620)
    else:
        sink.chmod(0o666)
        os.chown(sink, 12345, 12345)
    ended = home.run("issue", "ci", allowed=["token"])
    assert "vaultctl: warning: 1 copies for sink.file did not get there" in ended.stderr, ended.shown()
    assert sink.stat().st_size == length
    config(home, "set", "sink.file", sink, status=64)


def test_a_process_tells_of_copies_that_did_not_get_there(home: Home, sink: Path) -> None:
    config(home, "set", "sink.file", sink)
    sink.unlink()
    sink.mkdir()
    told = home.run("issue", "ci", allowed=["token"]).stderr.splitlines()
    assert [line for line in told if line.startswith("vaultctl: warning: ")] == told[-1:]
    assert str(sink) in told[-1]
    assert home.run("-q", "issue", "ci", allowed=["token"]).stderr == ""


class Newer(RecordedVault):
    """A vault of a newer program, which knows one more value."""

    def _live_rows(self, about: Any) -> Any:
        names = fmt.table_key(self.keys.data, fmt.NAME_KEY)
        row_id = os.urandom(16)
        setting = {"key": "sink.journald", "value": "only-errors", "changed": NOVEMBER}
        meta = self._column(fmt.SETTING, row_id, wire.encode(wire.SETTING, setting), False)
        return [
            *super()._live_rows(about),
            fmt.LiveRow(fmt.SETTING, row_id, fmt.setting_tag(names, "sink.journald"), meta),
        ]


def test_a_value_of_a_newer_program_switches_off_its_own_setting_alone(
    home: Home, sink: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorded, "RecordedVault", Newer)
    recorded.record(home, [recorded.profile("ci")], [recorded.event(NOVEMBER, "issue", "ci")])
    assert "only-errors" in config(home, "list")
    config(home, "get", "sink.journald", status=78)
    config(home, "set", "sink.file", sink)
    assert [line["action"] for line in lines(sink)] == ["config"]
    config(home, "set", "sink.journald", "off")
    config(home, "unset", "sink.journald")
    home.run("verify")


@pytest.mark.parametrize("what", ["pipe", "link", "directory", "unwritable"])
def test_a_place_that_takes_nothing_holds_up_nobody(home: Home, sink: Path, what: str) -> None:
    config(home, "set", "sink.file", sink)
    sink.unlink()
    match what:
        case "pipe":
            os.mkfifo(sink, 0o666)
        case "link":
            sink.symlink_to(home.path / "elsewhere")
        case "directory":
            sink.mkdir()
        case "unwritable":
            sink.touch(mode=0o400)
            sink.chmod(0o400)
    home.user.take(home.path)
    home.run("issue", "ci", allowed=["token"])
    with running_agent(home) as agent:
        agent.run("issue", "ci", allowed=["token"])
        wait_until(lambda: deliveries(agent)["sink.file"]["failed"] == 1, "the failure is counted")
        assert str(sink) in deliveries(agent)["sink.file"]["lastError"]
        assert f"sink.file" in agent.run("status", "-o", "table").stdout
    assert not (home.path / "elsewhere").exists()


def test_the_journal_gets_fields_that_cannot_be_forged(home: Home) -> None:
    with journal(home) as arrived:
        config(home, "set", "sink.journald", arrived.path)
        home.run("issue", "ci", "--reason", "a\nVAULTCTL_OUTCOME=refused", allowed=["token"])
        switched, issued = arrived.next(), arrived.next()
    entry = entries(home)[-1]
    assert switched["VAULTCTL_ACTION"] == "config"
    assert issued["MESSAGE"].startswith("issue ci: ok, by ")
    assert issued["SYSLOG_IDENTIFIER"] == "vaultctl"
    assert issued["VAULTCTL_OUTCOME"] == "ok"
    assert issued["VAULTCTL_REASON"] == "a\nVAULTCTL_OUTCOME=refused"
    assert issued["VAULTCTL_ENTRY"] == str(entry["sequence"])
    assert issued["VAULTCTL_TOKEN_ID"] == entry["tokenId"]
    assert len(issued["VAULTCTL_VAULT"]) == 32


def test_a_journal_that_takes_no_more_loses_copies_and_nothing_else(home: Home) -> None:
    with journal(home) as arrived:
        arrived.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
        config(home, "set", "sink.journald", arrived.path)
        with running_agent(home) as agent, agent.client() as client:
            # Nobody reads: the queue of the socket, which the kernel limits to few datagrams, is full before long.
            for _ in range(600):
                client.issue("ci")
            wait_until(lambda: sum_of(agent) == 600, "all are sent or dropped")
            assert deliveries(agent)["sink.journald"]["dropped"] > 0
    with running_agent(home) as agent:
        agent.run("issue", "ci", allowed=["token"])
        wait_until(lambda: deliveries(agent)["sink.journald"]["failed"] == 1, "nobody is there")


def sum_of(agent: Agent) -> int:
    told = deliveries(agent)["sink.journald"]
    return int(told["sent"] + told["failed"] + told["dropped"])
