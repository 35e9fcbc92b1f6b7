"""What a caller says changes neither where an agent sends a secret nor whom it trusts on the way."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

import contoso
from agent import ADD, ASK, ASKING, EDIT, REQUEST, SECRET, Agent, Refused, frame, running_agent, wire
from conftest import Stage
from home import Home
from proto_wire import Field, Kind
from striking import entries

LOCKED, EXISTS, USAGE = 77, 73, 64
EVIL = "https://evil.example"


@dataclass
class Proxy:
    """Counts who comes."""

    url: str
    connections: int = 0


@contextmanager
def _proxy() -> Iterator[Proxy]:
    end = socket.create_server(("127.0.0.1", 0))
    proxy = Proxy(f"http://127.0.0.1:{end.getsockname()[1]}")

    def take() -> None:
        while True:
            try:
                one, _ = end.accept()
            except OSError:
                return
            proxy.connections += 1
            one.close()

    thread = threading.Thread(target=take)
    thread.start()
    try:
        yield proxy
    finally:
        end.shutdown(socket.SHUT_RDWR)
        thread.join()
        end.close()


def _profile(agent: Agent, name: str = "ci") -> dict[str, Any]:
    found: dict[str, Any] = json.loads(agent.run("show", name, "-o", "json").stdout)
    return found


@pytest.mark.parametrize(
    "change",
    [
        ["--authority", EVIL],
        ["--graph", EVIL],
        ["--arm", EVIL],
        ["--cloud", "china"],
        ["--workspace", "adb-7.1.azuredatabricks.net"],
        ["--authority", EVIL, "--tag", "harmless"],
        ["--authority", EVIL, "--secret-file", "secret"],
        ["--authority", EVIL, "--secret-file", "secret", "--no-check"],
    ],
    ids=" ".join,
)
def test_a_destination_is_not_changed_without_the_passphrase(home: Home, change: list[str]) -> None:
    with running_agent(home) as agent:
        before, record = _profile(agent), entries(home)
        ended = agent.run("edit", "ci", *change, "--no-input", status=LOCKED)
        assert "the passphrase is missing" in ended.stderr
        # Nor where nobody can be asked.
        assert agent.run("edit", "ci", *change, status=LOCKED).stdout == ""
        assert _profile(agent) == before
        assert entries(home) == record
        # What is no destination is changed.
        agent.run("edit", "ci", "--tag", "changed")
        assert "changed" in _profile(agent)["tags"]


def test_with_the_passphrase_it_takes_the_secret_again(home: Home) -> None:
    with running_agent(home) as agent:
        before = _profile(agent)
        unlocked = ["--passphrase-file", str(home.path / "passphrase")]
        ended = agent.run("edit", "ci", "--authority", EVIL, *unlocked, "--no-input", status=None)
        assert ended.status not in (0, 70), ended.shown()
        assert "secret" in ended.stderr
        assert _profile(agent) == before


#: A request to edit that says where the secret is to go, in every field number that is free, as an attacker or a later
#: version may send it.
FREE = [number for number in range(11, 32)]
EVIL_EDIT = {**EDIT, **{number: Field(f"evil{number}", Kind.STRING) for number in FREE}}


def test_no_frame_changes_a_destination(stage: Stage, home: Home) -> None:
    with running_agent(home) as agent, agent.client() as client:
        before = _profile(agent)
        schema = {**ASK, 17: Field("edit", Kind.MESSAGE, message=EVIL_EDIT)}
        evil = {f"evil{number}": EVIL for number in FREE}
        # The profile of an `add`, whole, in the place of the parts that may be edited.
        sealed = {"name": "ci", "authority": EVIL, "graph": EVIL, "arm": EVIL, "workspace": "evil.example"}
        edits: list[tuple[wire.Schema, wire.Message]] = [
            (schema, {"edit": {"name": "ci", "about": "edited", **evil}}),
            (
                {**ASK, 17: Field("edit", Kind.MESSAGE, message={**EDIT, 30: ADD[1]})},
                {"edit": {"name": "ci", "added_tags": ["x"], "profile": sealed}},
            ),
            ({**ASK, 17: Field("edit", Kind.MESSAGE, message=wire.PROFILE)}, {"edit": sealed}),
        ]
        done = 0
        for with_more, message in edits:
            client.send(frame(REQUEST, wire.encode(with_more, {"vault": str(home.vault), **message})))
            try:
                client.answer()
                done += 1
            except Refused as refused:
                assert refused.code == USAGE
        assert done >= 2, "fields that are not known are no reason to refuse"
        after = _profile(agent)
        destination = ("arm", "authority", "cloud", "graph", "provider", "workspace", "id", "credential")
        assert {key: after[key] for key in destination} == {key: before[key] for key in destination}
        assert after["description"] == "edited", "nothing was edited, so that nothing was shown"
        assert "evil" not in json.dumps(after)
        # The secret still goes where it went.
        stage.emulator.clear()
        agent.run("issue", "ci", "--force-refresh", allowed=["token"])
        assert len(stage.emulator.token_requests()) == 1


AZURE = {
    "cloud": "AzureCloud",
    "authority": "https://login.microsoftonline.com",
    "graph": "https://graph.microsoft.com",
    "arm": "https://management.azure.com",
}


@pytest.mark.parametrize(
    "cloud, code",
    [
        ({"cloud": "lab", "authority": EVIL, "graph": EVIL, "arm": EVIL}, LOCKED),
        ({"cloud": "", "authority": EVIL, "graph": EVIL, "arm": EVIL}, LOCKED),
        ({"cloud": "AzureCloud", "authority": EVIL, "graph": EVIL, "arm": EVIL}, USAGE),
        ({**AZURE, "arm": EVIL}, USAGE),
        ({**AZURE, "workspace": EVIL}, LOCKED),
        ({**AZURE, "provider": "databricks", "account": {"id": "a", "host": EVIL}}, LOCKED),
        # This would be a profile, but for its name.
        (AZURE, EXISTS),
    ],
    ids=["a cloud of one's own", "no cloud", "a known one elsewhere", "a part elsewhere", "a workspace", "an account", "a known one"],
)
def test_no_frame_makes_a_profile_that_leads_elsewhere(home: Home, cloud: dict[str, object], code: int) -> None:
    """Under another's name, or under a new one that somebody may trust."""
    secret = contoso.SECRETS["second-secret"].encode()
    with running_agent(home) as agent, agent.client() as client:
        before, names = _profile(agent), agent.run("list").stdout
        profile = {"provider": "entra", "credential_kind": "client-secret", **cloud, "client_id": contoso.APPLICATION, "tenant": contoso.TENANT}
        for name in ("ci", "new") if code != EXISTS else ("ci",):
            with pytest.raises(Refused) as refused:
                client.ask("add", {"profile": {"name": name, **profile, "scope": "api://x/.default"}}, secret)
            assert refused.value.code == code, name
        with pytest.raises(Refused):
            client.ask("rename", {"name": "payroll", "new_name": "ci"})
        assert _profile(agent) == before
        assert agent.run("list").stdout == names


def test_a_cloud_of_ones_own_takes_the_passphrase(home: Home) -> None:
    where = home.variables["CLOUD"].split()
    whose = ["--client-id", contoso.APPLICATION, "--tenant", contoso.TENANT, "--resource", "arm"]
    with running_agent(home) as agent:
        command = ["add", "new", *where, *whose, "--secret-file", home.path / "secret"]
        assert agent.run(*command, "--no-input", status=LOCKED).stdout == ""
        agent.run(*command, "--passphrase-file", home.path / "passphrase")
        assert _profile(agent, "new")["authority"] == home.variables["AUTHORITY"]


def test_no_frame_gives_a_secret(home: Home) -> None:
    """Of all verbs that an agent knows, and of all numbers that it does not."""
    secrets = [secret.encode() for secret in contoso.SECRETS.values()]
    with running_agent(home) as agent:
        with agent.client() as client:
            for number in [*range(10, 40), 100, 1000]:
                if ASK.get(number, Field("", Kind.STRING)).name in ("lock", "unlock", "add", "replace_secret"):
                    continue
                named = wire.encode({1: Field("name", Kind.STRING)}, {"name": "ci"})
                schema = {1: ASK[1], number: Field("verb", Kind.BYTES)}
                client.send(frame(REQUEST, wire.encode(schema, {"vault": str(home.vault), "verb": named})))
                while True:
                    one = client.receive()
                    assert one is not None
                    assert not any(secret in one.payload for secret in secrets), f"verb {number}"
                    if one.kind == 4:
                        break
                if number == 20 and one.answer["failure"] is None:
                    token = client.receive()
                    assert token is not None and token.kind == SECRET and token.payload.startswith(b"eyJ")


# Whom it trusts


def test_the_callers_proxy_and_authorities_are_not_the_agents(stage: Stage, home: Home) -> None:
    # Whoever asks another machine than this one would be led through the proxy.
    far = ["--cloud", "lab", "--authority", "https://far.invalid", "--graph", EVIL, "--arm", EVIL, "--resource", "arm"]
    whose = ["--client-id", contoso.APPLICATION, "--tenant", contoso.TENANT]
    home.run("add", "far", *far, *whose, "--secret-file", home.path / "secret", "--no-check")
    with _proxy() as proxy, running_agent(home) as agent:
        theirs = {name: proxy.url for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy")}
        authorities = home.write("other-ca.pem", stage.emulator.ca.read_bytes())
        nowhere = {"VAULTCTL_CA_FILE": str(home.path / "nowhere.pem")}
        requests = len(stage.emulator.token_requests())
        callers: list[tuple[dict[str, str], list[str]]] = [
            (theirs, []),
            (nowhere, []),
            ({}, ["--ca-file", str(home.path / "nowhere.pem")]),
            ({**theirs, **nowhere}, ["--ca-file", str(authorities)]),
        ]
        for variables, options in callers:
            ended = agent.run(
                "issue", "ci", "--force-refresh", *options, variables={**ASKING, **variables}, allowed=["token"]
            )
            assert ended.stdout.startswith("eyJ")
            requests += 1
            assert len(stage.emulator.token_requests()) == requests
        agent.run("check", "ci", variables={**ASKING, **theirs, **nowhere})
        agent.run("issue", "far", variables={**ASKING, **theirs}, status=69)
        with agent.client() as client:
            # A request has no field for either; what is not known is skipped.
            more = {**ASK, 5: Field("ca_file", Kind.STRING), 6: Field("proxy", Kind.STRING)}
            issue = {"issue": {"name": "ci", "force_refresh": 1}, "ca_file": "/nowhere", "proxy": proxy.url}
            client.send(frame(REQUEST, wire.encode(more, {"vault": str(home.vault), **issue})))
            assert client.token().value
        assert proxy.connections == 0
        # Without the agent the caller's own count: the proxy is one that would have been seen.
        alone = {"VAULTCTL_KEY_FILE": str(home.path / "key"), "VAULTCTL_NO_AGENT": "1", **theirs}
        home.run("issue", "far", variables=alone, status=69)
        assert proxy.connections > 0


def test_an_agent_keeps_the_authorities_that_it_began_with(stage: Stage, home: Home) -> None:
    """Begun with others, it trusts the emulator for nobody, whatever authorities a caller names."""
    with running_agent(home, variables={"VAULTCTL_CA_FILE": home.variables["EXPIRED_CA"]}) as agent:
        stage.emulator.clear()
        options = ["--ca-file", str(stage.emulator.ca)]
        ended = agent.run("issue", "ci", "--force-refresh", *options, status=None)
        assert ended.status == 69, ended.shown()
        assert stage.emulator.token_requests() == []


# What it keeps to itself


@pytest.mark.parametrize(
    "command",
    [
        "show ci --reveal",
        "passwd --new-passphrase-file new-passphrase",
        "slot add --recovery-code",
        "slot add --new-key-file new-key",
        "slot add --new-passphrase-file new-passphrase",
        "slot remove 1 --yes",
        "rekey --yes",
        "audit anchor accept --yes",
    ],
)
def test_what_reveals_a_secret_or_guards_one_takes_the_passphrase(home: Home, command: str) -> None:
    home.write("new-key", "another key file, of more than twenty bytes\n")
    with running_agent(home) as agent:
        slots, record = json.loads(agent.run("status").stdout)["slots"], entries(home)
        for more in (["--no-input"], []):
            ended = agent.run(*command.split(), *more, status=LOCKED)
            assert ended.stdout == ""
            assert len(ended.errors) == 1
        assert json.loads(agent.run("status").stdout)["slots"] == slots
        assert entries(home) == record


def test_nor_does_unlocking_again_reveal_one(home: Home) -> None:
    """The wrong passphrase for the agent is the wrong one for what is asked next, too."""
    with running_agent(home) as agent:
        agent.run("unlock", "--passphrase-file", home.path / "wrong-secret", status=LOCKED)
        agent.run("show", "ci", "--reveal", "--passphrase-file", home.path / "wrong-secret", status=LOCKED)
        agent.run("unlock", "-q", "--passphrase-file", home.path / "passphrase")
        agent.run("show", "ci", "--reveal", "--no-input", status=LOCKED)
        revealed = agent.run(
            "show", "ci", "--reveal", "--passphrase-file", home.path / "passphrase", allowed=["secret"]
        )
        assert revealed.stdout.strip() == contoso.SECRETS["secret"]
