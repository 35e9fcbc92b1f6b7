"""Providers where credentials can be made and removed, a vault that uses them, and what must hold whatever happened.

Every profile has an application or service principal of its own, which nobody used before, so that what the emulator
tells of it is what was done in one test.
"""

from __future__ import annotations

import itertools
import json
import os
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import contoso
from conftest import REPOSITORY, Stage
from emulator import Emulator, running
from home import Ended, Home

# At the end, because both folders have a conftest.
sys.path.append(str(Path(__file__).resolve().parents[1] / "Interop"))

import certificates  # noqa: E402
from certificates import Certificate  # noqa: E402

#: How long until all of a provider knows a change, and over how long successes are spread; the shortest there are.
WINDOW, SPREAD = "5s", "1s"
SECRET, CERTIFICATE, WORKSPACE, ACCOUNT = "secret", "certificate", "workspace", "account"
KINDS = (SECRET, CERTIFICATE, WORKSPACE, ACCOUNT)
DATABRICKS = (WORKSPACE, ACCOUNT)
#: What begins the names of what vaults had made.
MARKER = "vaultctl:"

#: Applications that are not as they should be: name → what is different from the usual one.
ODD: dict[str, dict[str, Any]] = {
    "no-permission": {"roles": []},
    "not-owner": {"owners": []},
    "lifetime": {"passwordPolicy": {"maxLifetime": "P90D"}},
    "forbidden": {"passwordPolicy": {"forbidden": True}},
    "personal": {"signInAudience": "AzureADandPersonalMicrosoftAccount"},
}
ODD_NAMES = list(ODD)
#: An application that may write all others and read policies; service principals that manage all others of their place.
ADMINISTRATOR = "44444444-0000-4000-8000-000000000001"
WORKSPACE_ADMINISTRATOR = "44444444-0000-4000-8000-000000000002"
ACCOUNT_ADMINISTRATOR = "44444444-0000-4000-8000-000000000003"
#: A service principal that may not manage itself.
BOUND_PRINCIPAL = "44444444-0000-4000-8000-000000000004"


def client_id(kind: str, number: int) -> str:
    return f"4444444{KINDS.index(kind)}-1111-4111-8111-{number:012}"


def odd_client(name: str, number: int = 0) -> str:
    return f"4444444{ODD_NAMES.index(name)}-2222-4222-8222-{number:012}"


def secret_of(client: str) -> str:
    """What a profile is added with: known here, and to be seen nowhere."""
    return f"In72R~transcript.{client[7:8]}{client[9:10]}.{client[-12:]}.first"


def databricks_secret_of(client: str) -> str:
    return f"dose{client[7:8]}{client[-27:].replace('-', '')}"


def foreign_key_id(client: str) -> str:
    """Of the credential that somebody else uses."""
    return client[:-12] + "f" + client[-11:]


def first_key_id(client: str) -> str:
    return client[:-12] + "e" + client[-11:]


@dataclass
class Lab:
    """An emulator with ``count`` principals of each kind, and homes whose vault has profiles for them."""

    stage: Stage
    emulator: Emulator
    certificate: Certificate
    count: int
    _next: dict[str, Iterator[int]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def home(self) -> Home:
        home = self.stage.home()
        home = Home(home.path, home.programs, {**home.variables, **self._variables()})
        # Those of the template are at another provider.
        home.run("remove", "ci", "payroll", "prod/etl", "--yes")
        home.run("config", "set", "rotation.window", WINDOW)
        home.run("config", "set", "rotation.spread", SPREAD)
        return home

    def _variables(self) -> dict[str, str]:
        return {
            "AUTHORITY": self.emulator.url,
            "CA": str(self.emulator.ca),
            "VAULTCTL_CA_FILE": str(self.emulator.ca),
            "CLOUD": " ".join(self._cloud),
        }

    @property
    def _cloud(self) -> list[str]:
        url = self.emulator.url
        return ["--cloud", "lab", "--authority", url, "--graph", url, "--arm", url]

    def fresh(self, kind: str) -> str:
        """The client id of a principal that nobody used."""
        with self._lock:
            number = next(self._next.setdefault(kind, itertools.count()))
        assert number < self.count, f"the emulator has no more principals: {kind}"
        return client_id(kind, number)

    def odd(self, name: str) -> str:
        with self._lock:
            number = next(self._next.setdefault(name, itertools.count()))
        assert number < ODD_COUNT
        return odd_client(name, number)

    # Profiles

    def destination(self, kind: str) -> list[str]:
        match kind:
            case "workspace":
                return ["--provider", "databricks", "--workspace", self.emulator.url, *self._cloud]
            case "account":
                place = ["--account", contoso.DATABRICKS_ACCOUNT, "--accounts-host", self.emulator.url]
                return ["--provider", "databricks", *place, *self._cloud]
        return ["--tenant", contoso.TENANT, "--resource", "arm", *self._cloud]

    def add(self, home: Home, name: str, kind: str, client: str | None = None, *options: str) -> Profile:
        """Adds a profile that proves itself in that way."""
        client = client or self.fresh(kind)
        if kind == CERTIFICATE:
            content, option = self.certificate.key + self.certificate.pem, "--certificate"
        else:
            content = (databricks_secret_of(client) if kind in DATABRICKS else secret_of(client)) + "\n"
            option = "--secret-file"
        file = home.write(f"credential-of-{client}", content)
        home.run(
            "add", name, "--client-id", client, *self.destination(kind), option, str(file), "--no-check", "-q", *options
        )
        file.unlink()
        return Profile(self, home, name, kind, client)

    def add_administrator(self, home: Home, kind: str) -> str:
        client = {WORKSPACE: WORKSPACE_ADMINISTRATOR, ACCOUNT: ACCOUNT_ADMINISTRATOR}.get(kind, ADMINISTRATOR)
        return self.add(home, f"admin/{kind}", SECRET if kind == CERTIFICATE else kind, client).name


@dataclass(frozen=True)
class Profile:
    """A profile, and what its provider has for it."""

    lab: Lab
    home: Home
    name: str
    kind: str
    client: str
    #: What was there before and is to be removed, as was asked for.
    retired: str | None = None

    def of(self, home: Home) -> Profile:
        """The same in another home."""
        return replace(self, home=home)

    # The provider

    @property
    def records(self) -> list[dict[str, Any]]:
        """All that there ever was."""
        if self.kind in DATABRICKS:
            return self.lab.emulator.databricks_secrets(self.client)
        found = self.lab.emulator.credentials(self.client)
        return found["certificates"] if self.kind == CERTIFICATE else found["secrets"]

    @property
    def live(self) -> list[dict[str, Any]]:
        return [one for one in self.records if not one.get("removed") and not one.get("revoked")]

    @property
    def made(self) -> list[dict[str, Any]]:
        """What came about since the emulator began."""
        return [one for one in self.records if one.get("added")]

    @property
    def ours(self) -> list[dict[str, Any]]:
        return [one for one in self.made if not one.get("removed")]

    def known_as(self, record: dict[str, Any]) -> str:
        """The id by which the vault knows a credential."""
        return str(record["customKeyIdentifier"] if self.kind == CERTIFICATE else record["keyId"])

    @property
    def our_ids(self) -> set[str]:
        return {self.known_as(one).lower() for one in self.ours}

    # The vault

    def run(self, *arguments: str, **options: Any) -> Ended:
        return self.home.run(*arguments, **options)

    def rotate(self, *options: str, **more: Any) -> Ended:
        return self.home.run("rotate", self.name, *options, **more)

    def issue(self) -> str:
        return self.home.run("issue", self.name, "--force-refresh", allowed=["token"]).stdout.strip()

    @property
    def key_id(self) -> str | None:
        shown = json.loads(self.home.run("show", self.name, "-o", "json").stdout)
        found = shown["credential"].get("keyId")
        return None if found is None else str(found)

    @property
    def rotations(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(self.home.run("rotation", "list", "-o", "json").stdout)
        return [one for one in found if one["profile"] == self.name]

    @property
    def orphans(self) -> list[str]:
        ended = self.home.run("rotation", "orphans", self.name, "-o", "json")
        return [one["keyId"] for one in json.loads(ended.stdout)]

    @property
    def entries(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(
            self.home.run("audit", "list", "--profile", self.name, "-o", "json").stdout
        )
        return found

    @property
    def steps(self) -> list[tuple[str, str]]:
        return [
            (one["action"], one["outcome"])
            for one in self.entries
            if one["action"] in ("rotate", "credential-add", "credential-remove", "check")
        ]

    # What must hold

    def check(self, twins: int = 0) -> None:
        """Whatever happened: it issues tokens, what is not ours is untouched, and the record tells all that was done.

        - ``twins``: how many came about because something between us and the provider sent a request again.
        """
        self.issue()
        self.check_foreign()
        self.check_record(twins)
        self.home.run("audit", "verify")

    def check_foreign(self) -> None:
        foreign = [one for one in self.records if not one.get("added") and one["keyId"] != self.retired]
        touched = [one for one in foreign if one.get("removed")]
        assert not touched, f"what was not ours was removed: {touched}"

    def check_record(self, twins: int = 0) -> None:
        """Before and after each change outside there is an entry."""
        entries = self.entries
        for record in self.made:
            ids = {self.known_as(record).lower(), str(record["keyId"]).lower()}
            about = [one for one in entries if (one.get("keyId") or "").lower() in ids]
            actions = {(one["action"], one["outcome"]) for one in about}
            added = {("credential-add", "ok"), ("credential-add", "failed"), ("credential-remove", "ok")}
            assert actions & added, f"no entry tells of {ids}: {about}"
            if record.get("removed"):
                outcomes = [one["outcome"] for one in about if one["action"] == "credential-remove"]
                assert "started" in outcomes, f"no entry said that {ids} was to be removed: {about}"
                assert outcomes[-1] == "ok", f"no entry says that {ids} is gone: {about}"
        announced = [one for one in entries if (one["action"], one["outcome"]) == ("credential-add", "started")]
        assert len(self.made) <= len(announced) + twins, f"more came about than were announced: {entries}"

    def check_settled(self, twins: int = 0) -> None:
        """After all is over: nothing is live of ours but what is used and what is kept for the grace; no orphan."""
        self.check(twins)
        kept = [self.key_id, *(one[key] for one in self.rotations for key in ("oldKeyId", "newKeyId"))]
        kept_ids = {one.lower() for one in kept if one}
        reported = {one.lower() for one in self.orphans}
        unexplained = self.our_ids - kept_ids
        if self.kind in DATABRICKS:
            # They have no names, so that one whose value was lost is told of, and removed when somebody says so.
            assert unexplained <= reported, f"unreported: {unexplained - reported}"
        else:
            assert not unexplained, f"left behind: {unexplained}"
        assert not kept_ids & reported, f"what is in use was said to be an orphan: {kept_ids & reported}"
        unfinished = [one for one in self.rotations if one["state"] != "promoted"]
        assert not unfinished, f"unfinished: {unfinished}"


ODD_COUNT = 10


def directory(certificate: Certificate, count: int) -> dict[str, Any]:
    """The content of the ``--directory`` file."""
    numbers = range(count)

    def application(client: str, **more: Any) -> dict[str, Any]:
        secrets = [
            {"value": secret_of(client), "keyId": first_key_id(client), "displayName": "by hand"},
            {"value": "Fo81S~transcript." + client, "keyId": foreign_key_id(client), "displayName": "of others"},
        ]
        usual = {"clientId": client, "roles": ["Application.ReadWrite.OwnedBy"], "owners": [client], "secrets": secrets}
        return {**usual, **more}

    def keyed(client: str) -> dict[str, Any]:
        held = [{"pem": certificate.pem, "keyId": first_key_id(client), "displayName": "by hand"}]
        # It rolls its own keys without a permission to write, and must be able to read which they are.
        return {"clientId": client, "roles": ["Application.Read.All"], "certificates": held}

    def principal(client: str, number: int, **more: Any) -> dict[str, Any]:
        secrets = [
            {"value": databricks_secret_of(client), "keyId": first_key_id(client)},
            {"value": "doseff" + databricks_secret_of(client)[4:], "keyId": foreign_key_id(client)},
        ]
        return {"clientId": client, "id": str(number), "secrets": secrets, **more}

    workspace = [principal(client_id(WORKSPACE, number), 100_000 + number) for number in numbers]
    workspace.append(principal(WORKSPACE_ADMINISTRATOR, 1, admin=True))
    workspace.append(principal(BOUND_PRINCIPAL, 2, managesItself=False))
    account = [principal(client_id(ACCOUNT, number), 200_000 + number) for number in numbers]
    account.append(principal(ACCOUNT_ADMINISTRATOR, 3, admin=True))
    applications = [application(client_id(SECRET, number)) for number in numbers]
    applications += [keyed(client_id(CERTIFICATE, number)) for number in numbers]
    for name, more in ODD.items():
        applications += [application(odd_client(name, number), **more) for number in range(ODD_COUNT)]
    everything = ["Application.ReadWrite.All", "Policy.Read.All"]
    applications.append(application(ADMINISTRATOR, roles=everything, owners=[]))
    place = {
        "name": "analytics",
        "host": "adb-4444444444444444.4.azuredatabricks.net",
        "accountId": contoso.DATABRICKS_ACCOUNT,
        "servicePrincipals": workspace,
    }
    subscription = {"id": contoso.SUBSCRIPTION, "name": "Analytics", "workspaces": [place]}
    return {
        "tenants": [{"id": contoso.TENANT, "applications": applications, "subscriptions": [subscription]}],
        "databricksAccounts": [{"id": contoso.DATABRICKS_ACCOUNT, "servicePrincipals": account}],
    }


@contextmanager
def laboratory(stage: Stage, count: int = 120) -> Iterator[Lab]:
    certificate = certificates.make("transcripts")
    content = directory(certificate, count)
    # Below what other users may pass through: commands read the certificate of its authority.
    place = Path(tempfile.mkdtemp(dir=stage.homes.parent))
    place.chmod(0o755)
    program = Path(os.environ.get("ENTRA_EMULATOR", REPOSITORY / ".build/debug/entra-emulator"))
    with running(program, place / "emulator", content=content) as emulator:
        yield Lab(stage, emulator, certificate, count)
