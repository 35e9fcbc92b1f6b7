"""What the timer of `systemd/system` runs, as systemd runs it: with the passphrase as a credential, twice at once, killed."""

from __future__ import annotations

import configparser
import json
import shutil
import signal
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import contoso
from agent import wait_until
from conftest import REPOSITORY, Stage, _program
from emulator import Emulator, running
from home import Ended, Home, status_of

UNITS = REPOSITORY / "systemd" / "system"
SERVICE = UNITS / "vaultctl-rotate.service"
INSTALLED = "/usr/bin/vaultctl"
NAMES = ("a", "b", "c")
BUSY, KILLED = 75, 128 + signal.SIGKILL


def service() -> configparser.SectionProxy:
    unit = configparser.ConfigParser(strict=False, interpolation=None, comment_prefixes="#")
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read(SERVICE)
    return unit["Service"]


def client(name: str) -> str:
    return f"77777777-0000-4000-8000-00000000000{name}"


def first_secret(name: str) -> str:
    return f"Tm73R~transcript.that-is-due.of-{name}.0000"


@pytest.fixture(scope="module")
def provider(stage: Stage) -> Iterator[Emulator]:
    """Applications that own themselves, one for each profile."""
    applications = [
        {
            "clientId": client(name),
            "owners": [client(name)],
            "roles": ["Application.ReadWrite.OwnedBy"],
            "secrets": [{"value": first_secret(name)}],
        }
        for name in NAMES
    ]
    content = {"tenants": [{"id": contoso.TENANT, "applications": applications}]}
    program = _program("ENTRA_EMULATOR", "entra-emulator")
    with running(program, stage.homes.parent / "emulator-of-the-timer", content=content) as emulator:
        yield emulator


@pytest.fixture
def due(stage: Stage, provider: Emulator) -> Home:
    """A vault whose profiles are all due, and the credential that systemd hands over."""
    provider.clear()
    home = stage.home()
    home.run("remove", "ci", "payroll", "prod/etl", "--yes")
    for key, value in (("rotation.window", "5s"), ("rotation.spread", "1s")):
        home.run("config", "set", key, value)
    places = [part for option in ("--authority", "--graph", "--arm") for part in (option, provider.url)]
    expires = (datetime.now(UTC) + timedelta(days=20)).date().isoformat()
    for name in NAMES:
        file = home.write(f"secret-of-{name}", first_secret(name) + "\n")
        where = ["--client-id", client(name), "--tenant", contoso.TENANT, "--resource", "arm", "--cloud", "lab", *places]
        home.run(
            "add", name, *where, "--secret-file", file, "--secret-expires", expires, "--no-check",
            variables=trusting(provider),
        )  # fmt: skip
    (home.path / "credentials").mkdir(mode=0o700)
    passphrase = (home.path / "passphrase").read_text()
    home.write(f"credentials/{credential_name()}", passphrase, mode=0o400)
    home.user.take(home.path / "credentials")
    return home


def trusting(provider: Emulator) -> dict[str, str]:
    return {"VAULTCTL_CA_FILE": str(provider.ca)}


def credential_name() -> str:
    return service()["LoadCredentialEncrypted"].split(":")[0]


def start(home: Home, provider: Emulator) -> subprocess.Popen[bytes]:
    """Starts what the unit says; nothing but systemd's credential unlocks."""
    command = service()["ExecStart"].split()
    assert command.pop(0) == INSTALLED
    variables = {
        **trusting(provider), "CREDENTIALS_DIRECTORY": str(home.path / "credentials"), "VAULTCTL_KEY_FILE": "",
        "VAULTCTL_NO_AGENT": "",
    }  # fmt: skip
    return home.start(home.programs / "vaultctl", *command, "-o", "jsonl", variables=variables)


def made(provider: Emulator, name: str) -> list[str]:
    """The credentials that came about since ``due`` began, and that were not removed."""
    secrets = provider.credentials(client(name))["secrets"]
    return [secret["keyId"] for secret in secrets if secret.get("added") and not secret.get("removed")]


def additions(provider: Emulator) -> int:
    return sum(len(made(provider, name)) for name in NAMES)


def check(home: Home, provider: Emulator, before: dict[str, list[str]]) -> None:
    """Every profile uses the one new credential that its application has, and nobody has to see to anything."""
    profiles = [json.loads(line) for line in home.run("list", "-o", "jsonl").stdout.splitlines()]
    uses = {profile["name"]: profile["credential"]["keyId"] for profile in profiles}
    new = {name: [key_id for key_id in made(provider, name) if key_id not in before[name]] for name in NAMES}
    assert new == {name: [uses[name]] for name in NAMES}
    states = [json.loads(line)["state"] for line in home.run("rotation", "list", "-o", "jsonl").stdout.splitlines()]
    assert states == ["promoted"] * len(NAMES)
    for name in NAMES:
        home.run("issue", name, "--force-refresh", allowed=["token"], variables=trusting(provider))
    home.run("audit", "verify")


def found(provider: Emulator) -> dict[str, list[str]]:
    return {name: made(provider, name) for name in NAMES}


def results(ended: Ended) -> dict[str, str]:
    lines = map(json.loads, ended.stdout.splitlines())
    return {line["profile"]: line["result"] for line in lines}


def test_systemd_understands_the_units(tmp_path: Path) -> None:
    if not (systemd := shutil.which("systemd-analyze")):
        pytest.skip("there is no systemd-analyze")
    for unit in UNITS.iterdir():
        # The program need not be installed where the tests run.
        (tmp_path / unit.name).write_text(unit.read_text().replace(INSTALLED, "/bin/true"))
    files = sorted(str(path) for path in tmp_path.iterdir())
    done = subprocess.run([systemd, "verify", "--man=no", *files], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_rotates_what_is_due_and_then_finds_nothing_to_do(due: Home, provider: Emulator) -> None:
    before = found(provider)
    ended = due.end(start(due, provider))
    assert (ended.status, results(ended)) == (0, dict.fromkeys(NAMES, "done")), ended.shown()
    check(due, provider, before)
    again = due.end(start(due, provider))
    assert (again.status, again.stdout, again.stderr) == (0, "", ""), again.shown()
    check(due, provider, before)


def test_ends_a_grace_that_is_over(due: Home, provider: Emulator) -> None:
    told = due.run("rotate", "a", "--grace", "1s", "-o", "json", variables=trusting(provider)).stdout
    ends = datetime.fromisoformat(json.loads(told)["graceUntil"])
    wait_until(lambda: datetime.now(UTC) > ends + timedelta(seconds=1), "the grace is over")
    # With it the vault forgets the old credential.
    ended = due.end(start(due, provider))
    assert (ended.status, results(ended)) == (0, dict.fromkeys(NAMES, "done")), ended.shown()
    open_ones = [json.loads(line)["profile"] for line in due.run("rotation", "list", "-o", "jsonl").stdout.splitlines()]
    assert sorted(open_ones) == ["b", "c"]


def test_two_at_once_replace_each_credential_once(due: Home, provider: Emulator) -> None:
    before = found(provider)
    # Long enough for both to be at work on the same profiles.
    provider.set_fault("latency", milliseconds=500)
    both = [due.end(process) for process in [start(due, provider), start(due, provider)]]
    provider.clear()
    for ended in both:
        words = set(results(ended).values())
        assert words <= {"done", "busy"}, ended.shown()
        assert ended.status == (BUSY if "busy" in words else 0), ended.shown()
    check(due, provider, before)


def test_killed_it_is_made_up_for_by_the_next_run(due: Home, provider: Emulator) -> None:
    before = found(provider)
    count = additions(provider)
    # The answer is on its way while it is killed: the provider has a credential whose secret nobody has.
    provider.set_fault("slow", seconds=60, path="graph-add-password")
    process = start(due, provider)
    wait_until(lambda: additions(provider) > count, "a credential is made")
    process.kill()
    assert status_of(process.wait()) == KILLED
    process.communicate()
    provider.clear()
    ended = due.end(start(due, provider))
    assert (ended.status, results(ended)) == (0, dict.fromkeys(NAMES, "done")), ended.shown()
    check(due, provider, before)
