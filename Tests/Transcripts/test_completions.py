"""What bash, zsh and fish complete: commands, options and files by themselves, names by asking the agent and nobody else."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from agent import ASKING, running_agent, socket_path
from conftest import Stage
from home import Home
from shells import Shell

SHELLS = ["bash", "zsh", "fish"]
#: Lines, and what their last words become while the agent has the vault unlocked.
LINES = {
    "vaultctl st": ["status"],
    "vaultctl -q audit anchor ": ["accept"],
    "vaultctl issue --re": ["--reason", "--resource"],
    "vaultctl token p": ["payroll", "prod/etl"],
    "vaultctl issue --reason 'two words' prod": ["prod/etl"],
    "vaultctl audit list --profile c": ["ci"],
    "vaultctl check ci p": ["payroll", "prod/etl"],
    "vaultctl check @": ["@data", "@prod-eu"],
    "vaultctl rotate --using=prod": ["--using=prod/etl"],
    "vaultctl issue ci -o e": ["env", "exec-credential"],
    "vaultctl issue ci --ca-file ../k": ["../key"],
    "vaultctl exec ci -- whoam": ["whoami"],
}
#: Nothing is known of these, whatever the agent knows.
SILENT = ["vaultctl add p", "vaultctl rename ci p", "vaultctl show ci p", "vaultctl --vault /other issue p"]


@pytest.fixture
def selected(home: Home) -> Home:
    """A home whose vault has selections, too."""
    home.run("selection", "save", "prod-eu", "--tag", "prod")
    home.run("selection", "save", "data", "--tag", "team=data")
    return home


def unchanged(shell: Shell, line: str) -> list[str]:
    """What a shell says where there is nothing: fish no candidates, the others the word as it was typed."""
    return [] if shell.name == "fish" or line.endswith(" ") else [line.split()[-1]]


@pytest.mark.parametrize("name", SHELLS)
def test_completions(selected: Home, name: str) -> None:
    shell = Shell(name, selected)
    with running_agent(selected):
        entries = selected.run("audit", "list", "-o", "jsonl").stdout
        assert {line: shell.completions(line) for line in LINES} == LINES
        for line in SILENT:
            assert shell.completions(line) == unchanged(shell, line), line
        verbs = shell.completions("vaultctl ")
        assert {"init", "issue", "agent"} < set(verbs) and not {"known-names", "exec-keeper"} & set(verbs)
        assert selected.run("audit", "list", "-o", "jsonl").stdout == entries


@pytest.mark.parametrize("name", SHELLS)
def test_without_an_open_vault_there_are_no_names(selected: Home, name: str) -> None:
    """And nobody is asked for anything, and no agent is started."""
    shell, line = Shell(name, selected), "vaultctl issue p"
    assert shell.completions(line) == unchanged(shell, line)
    assert not socket_path(selected).exists()
    with running_agent(selected, unlocked=False):
        assert shell.completions(line) == unchanged(shell, line)


KINDS = {"profiles": ["ci", "payroll", "prod/etl"], "selections": ["data", "prod-eu"]}
KINDS["choices"] = ["@data", "@prod-eu", *KINDS["profiles"]]


@pytest.mark.parametrize("kind", KINDS)
def test_names_come_from_the_agent_alone(selected: Home, kind: str) -> None:
    with running_agent(selected) as agent:
        assert agent.run("known-names", kind).stdout.splitlines() == KINDS[kind]
        # The key file opens the vault without an agent, too; here it must not.
        for variables, options in (({"VAULTCTL_NO_AGENT": "1"}, []), ({**ASKING}, ["--no-agent"])):
            ended = selected.run("known-names", kind, *options, variables=variables)
            assert (ended.stdout, ended.stderr) == ("", "")
    ended = selected.run("known-names", kind, variables={**ASKING, "VAULTCTL_KEY_FILE": str(selected.path / "key")})
    assert (ended.stdout, ended.stderr) == ("", "")


def test_an_agent_that_never_answers_is_given_up(home: Home, stage: Stage) -> None:
    path = socket_path(home)
    path.parent.mkdir(mode=0o700)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        path.chmod(0o600)
        home.user.take(path.parent)
        listener.listen()
        ended = home.run("known-names", "profiles", variables=ASKING)
        assert (ended.stdout, ended.stderr) == ("", "")


def test_what_cannot_be_asked_is_silent(home: Home) -> None:
    path = Path(home.path / "elsewhere")
    for variables in ({"VAULTCTL_AGENT_SOCKET": "relative"}, {"VAULTCTL_VAULT": os.devnull}):
        ended = home.run("known-names", "profiles", variables={**ASKING, **variables})
        assert (ended.stdout, ended.stderr) == ("", "")
    ended = home.run("known-names", "profiles", "--vault", path, variables=ASKING)
    assert (ended.stdout, ended.stderr) == ("", "")
