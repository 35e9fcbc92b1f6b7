"""`expiring --live` and `edit --live` against providers where things happened behind our back."""

from __future__ import annotations

import json
import ssl
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from agent import running_agent
from conftest import Stage
from emulator import Emulator
from home import Home
from rotating import (
    ACCOUNT,
    BOUND_PRINCIPAL,
    CERTIFICATE,
    SECRET,
    WORKSPACE,
    Lab,
    first_key_id,
    foreign_key_id,
    laboratory,
    secret_of,
)
from test_expiring import parsed

Row = dict[str, Any]
SOON = datetime.now(UTC).replace(microsecond=0) + timedelta(days=9)
LATER = SOON + timedelta(days=200)


@pytest.fixture(scope="module")
def lab(stage: Stage) -> Iterator[Lab]:
    with laboratory(stage, 60) as found:
        yield found


@pytest.fixture
def vault(lab: Lab) -> Home:
    lab.emulator.clear()
    return lab.home()


def board(home: Home, *arguments: str, status: int) -> list[Row]:
    rows: list[Row] = json.loads(home.run("expiring", "--live", "-o", "json", *arguments, status=status).stdout)
    return rows


def own(rows: list[Row]) -> dict[str, Row]:
    return {row["profile"]: row for row in rows if "givenTo" in row}


def unknown(rows: list[Row]) -> list[tuple[str, str, str]]:
    return sorted((row["profile"], row["state"], row["keyId"]) for row in rows if "givenTo" not in row)


def stored(home: Home, name: str) -> dict[str, Any]:
    return dict(json.loads(home.run("show", name, "-o", "json").stdout)["credential"])


def rfc3339(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def remove_at_provider(home: Home, emulator: Emulator, client: str, key_id: str, name: str) -> None:
    """As somebody does in the portal."""
    token = home.run("issue", name, "--resource", "graph", "-o", "raw", allowed=["token"]).stdout.strip()
    ask(emulator, "POST", f"/v1.0/applications(appId='{client}')/removePassword", token, {"keyId": key_id})


def ask(emulator: Emulator, method: str, path: str, token: str, body: object = None) -> None:
    request = urllib.request.Request(
        emulator.url + path,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
        method=method,
    )
    opener = urllib.request.build_opener(
        urllib.request.ProxyHandler({}),
        urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=str(emulator.ca))),
    )
    with opener.open(request, timeout=30) as answer:
        assert answer.status in (200, 204)


def test_everything_that_can_have_happened(lab: Lab, vault: Home) -> None:
    """One board, seen with the token of an administrator."""
    admin = lab.add_administrator(vault, SECRET)
    whole, removed, gone, ended = (lab.add(vault, name, SECRET) for name in ("whole", "removed", "gone", "ended"))
    vault.run("edit", "whole", "removed", "gone", "--live", "--using", admin, "-q")
    # Another secret that is used under the same client id, by a profile that knows when it ends, wrongly.
    lab.emulator.add_secret(ended.client, "a0000000-0000-4000-8000-000000000001", "Ov51X~" + "x" * 30, SOON, "ours")
    secret = vault.write("other-secret", "Ov51X~" + "x" * 30)
    vault.run(
        "add", "dated", "--client-id", ended.client, *lab.destination(SECRET), "--secret-file", str(secret),
        "--secret-expires", rfc3339(LATER), "--no-check", "-q",
    )  # fmt: skip
    remove_at_provider(vault, lab.emulator, removed.client, first_key_id(removed.client), admin)
    lab.emulator.remove_application(gone.client)
    lab.emulator.add_secret(
        whole.client, "a0000000-0000-4000-8000-000000000002", "Zz51X~" + "y" * 30, SOON, "vaultctl:made by another"
    )
    before = vault.vault.read_bytes()
    rows = board(vault, "--using", admin, "--all", "--metrics", "m.prom", status=1)
    found = own(rows)
    assert {name: row["state"] for name, row in found.items()} == {
        admin: "ok", "whole": "ok", "removed": "missing", "gone": "gone", "ended": "ok", "dated": "due",
    }  # fmt: skip
    assert (found["dated"]["expiresAt"], found["dated"]["vaultExpiresAt"]) == (rfc3339(SOON), rfc3339(LATER))
    assert found["dated"]["detail"] == f"the vault has {rfc3339(LATER)}"
    assert found["dated"]["keyId"] == "a0000000-0000-4000-8000-000000000001"
    assert "no such application" in found["gone"]["detail"]
    assert unknown(rows) == sorted(
        [
            ("whole", "orphan", "a0000000-0000-4000-8000-000000000002"),
            *((one.name, "foreign", foreign_key_id(one.client)) for one in (removed, whole)),
            (admin, "foreign", foreign_key_id("44444444-0000-4000-8000-000000000001")),
            # Of an application of two profiles, with the first by name, and none that either uses.
            ("dated", "foreign", foreign_key_id(ended.client)),
        ]
    )
    # What is broken already stands first.
    assert [row["profile"] for row in rows[:3]] == ["gone", "removed", "dated"]
    metrics = parsed((vault.path / "m.prom").read_text())
    missing = {labels["profile"]: value for labels, value in metrics["vaultctl_credential_missing"]}
    assert missing == {admin: 0, "whole": 0, "removed": 1, "gone": 1, "ended": 0, "dated": 0}
    foreign = {labels["profile"]: value for labels, value in metrics["vaultctl_foreign_credentials"]}
    assert foreign == {admin: 1, "whole": 2, "removed": 1, "dated": 1}
    assert metrics["vaultctl_credentials_due"] == [({}, 3)]
    # What is missing needs no end.
    for name in ("unasked", "unknown"):
        assert metrics[f"vaultctl_credentials_{name}"] == [({}, 0)]
    # The vault knows what it knew: all that came is the record of the tokens that were taken.
    assert vault.vault.read_bytes() != before
    assert stored(vault, "dated")["expiresAt"] == rfc3339(LATER)
    assert stored(vault, "dated")["keyId"] is None


def test_only_what_matters_is_shown(lab: Lab, vault: Home) -> None:
    lab.add(vault, "fine", SECRET)
    vault.run("edit", "fine", "--live", "-q")
    rows = board(vault, status=0)
    assert own(rows) == {}
    assert [row["state"] for row in rows] == ["foreign"]


def test_one_list_for_all_profiles_of_an_application(lab: Lab, vault: Home) -> None:
    admin = lab.add_administrator(vault, SECRET)
    client = lab.fresh(SECRET)
    for number in range(4):
        lab.add(vault, f"same/{number}", SECRET, client)
    lab.emulator.clear()
    board(vault, *(f"same/{number}" for number in range(4)), "--using", admin, "--all", status=0)
    routes = lab.emulator.routes()
    assert routes.count("token") == 1, routes
    assert len(routes) == 2, routes


def test_every_kind(lab: Lab, vault: Home) -> None:
    for kind in (SECRET, CERTIFICATE, WORKSPACE, ACCOUNT):
        lab.add(vault, kind, kind)
    rows = own(board(vault, "--all", status=0))
    assert rows[SECRET]["state"] == "ok"
    assert rows[CERTIFICATE]["state"] == "ok"
    # Of two without names and dates nobody can say which it is.
    for kind in (WORKSPACE, ACCOUNT):
        assert rows[kind]["state"] == "unknown"
        assert rows[kind]["detail"] == "one of 2 at the provider, which cannot be told apart"
        assert rows[kind]["exitCode"] == 0


def test_who_may_not_ask_is_unknown(lab: Lab, vault: Home) -> None:
    lab.add(vault, "may", SECRET)
    lab.add(vault, "may-not", SECRET, lab.odd("no-permission"))
    lab.add(vault, "may-not-and-due", SECRET, lab.odd("no-permission"), "--secret-expires", rfc3339(SOON))
    ended = vault.run("expiring", "--live", "-o", "json", "--all", "--metrics", "m.prom", status=1)
    rows = own(json.loads(ended.stdout))
    assert {name: (row["state"], row["exitCode"]) for name, row in rows.items()} == {
        "may": ("ok", 0), "may-not": ("unknown", 76), "may-not-and-due": ("due", 76),
    }  # fmt: skip
    assert "no permission" in rows["may-not"]["detail"]
    assert "vaultctl: 2 could not be asked; their detail says why" in ended.stderr.splitlines()
    assert "vaultctl: 1 profile has no known end" in ended.stderr.splitlines()
    metrics = parsed((vault.path / "m.prom").read_text())
    assert {labels["profile"] for labels, _ in metrics["vaultctl_credential_missing"]} == {"may"}
    assert metrics["vaultctl_credentials_unasked"] == [({}, 2)]
    assert metrics["vaultctl_credentials_unknown"] == [({}, 1)]
    # No error of the board, unless it is all that there is to tell.
    assert own(board(vault, "may", "may-not", status=0))["may-not"]["state"] == "unknown"
    alone = vault.run("expiring", "may-not", "--live", status=76)
    assert alone.stdout.startswith("may-not\tunknown\t")
    assert alone.errors == [
        "error: Microsoft Graph refused: the service principal whose token was used has no permission to manage the"
        " application"
    ]


def test_nobody_answers(lab: Lab, vault: Home) -> None:
    lab.add(vault, "a", SECRET, None, "--secret-expires", rfc3339(SOON))
    lab.emulator.set_fault("html", path="any")
    ended = vault.run("expiring", "--live", "--hook", "cat >told", "-o", "tsv", status=69)
    assert ended.stdout.startswith("a\tdue\t")
    assert json.loads((vault.path / "told").read_text())[0]["profile"] == "a"


def test_throttled_for_a_moment(lab: Lab, vault: Home) -> None:
    for number in range(3):
        lab.add(vault, f"t{number}", SECRET)
    vault.run("edit", "--all", "--live", "-q")
    lab.emulator.set_fault("throttled", path="/v1.0", seconds=1, count=2)
    assert {row["state"] for row in own(board(vault, "--all", status=0)).values()} == {"ok"}


def test_throttled_for_long(lab: Lab, vault: Home) -> None:
    lab.add(vault, "t", SECRET)
    lab.emulator.set_fault("throttled", path="/v1.0", seconds=3600)
    ended = vault.run("expiring", "--live", status=75)
    assert ended.errors == ["error: Microsoft Graph is throttling"]


def test_its_own_secret_was_removed(lab: Lab, vault: Home) -> None:
    """Without anybody else's token it is the token endpoint that tells."""
    admin = lab.add_administrator(vault, SECRET)
    victim = lab.add(vault, "victim", SECRET)
    remove_at_provider(vault, lab.emulator, victim.client, first_key_id(victim.client), admin)
    row = own(board(vault, "victim", status=1))["victim"]
    assert (row["state"], row["exitCode"]) == ("missing", 76)
    # That the manager's token is refused tells nothing of others.
    other = lab.add(vault, "other", SECRET)
    row = own(board(vault, "other", "--using", "victim", status=76))["other"]
    assert row["state"] == "unknown", other
    vault.run("expiring", "--live", "--using", "nobody", status=66)


@pytest.mark.parametrize("by_agent", [False, True])
def test_an_agent_tells_the_same(lab: Lab, vault: Home, by_agent: bool) -> None:
    lab.add(vault, "known", SECRET)
    lab.add(vault, "bound", WORKSPACE)
    if not by_agent:
        vault.run("edit", "known", "--live", "-q")
        rows = board(vault, "--all", status=0)
    else:
        with running_agent(vault) as agent:
            agent.run("edit", "known", "--live", "-q")
            rows = json.loads(agent.run("expiring", "--live", "--all", "-o", "json").stdout)
    assert {name: row["state"] for name, row in own(rows).items()} == {"known": "ok", "bound": "unknown"}
    assert own(rows)["known"]["keyId"] == first_key_id(lab_client(vault, "known"))
    assert stored(vault, "known")["keyId"] == own(rows)["known"]["keyId"]


def lab_client(home: Home, name: str) -> str:
    return str(json.loads(home.run("show", name, "-o", "json").stdout)["clientId"])


# edit --live


def learned(home: Home, *arguments: str, status: int = 0) -> dict[str, Row]:
    rows = json.loads(home.run("edit", *arguments, "--live", "-o", "json", status=status).stdout)
    return {row["profile"]: row for row in rows}


def test_what_can_be_learned(lab: Lab, vault: Home) -> None:
    by_hint, certificate = lab.add(vault, "by-hint", SECRET), lab.add(vault, "certificate", CERTIFICATE)
    found = learned(vault, "--all")
    assert found["by-hint"]["result"] == "changed"
    assert found["by-hint"]["keyId"] == stored(vault, "by-hint")["keyId"] == first_key_id(by_hint.client)
    assert found["by-hint"]["expiresAt"] == stored(vault, "by-hint")["expiresAt"]
    # A certificate tells all of that itself.
    assert found["certificate"]["result"] == "unchanged", certificate
    assert {row["result"] for row in learned(vault, "--all").values()} == {"unchanged"}
    entries = json.loads(vault.run("audit", "list", "--action", "edit", "-o", "json").stdout)
    assert [(entry["profile"], entry["detail"]) for entry in entries] == [("by-hint", "key id, secret expiry")]


def test_a_date_that_was_wrong_is_learned_by_the_id(lab: Lab, vault: Home) -> None:
    lab.add(vault, "wrong", SECRET)
    right = learned(vault, "wrong")["wrong"]["expiresAt"]
    vault.run("edit", "wrong", "--secret-expires", "2020-01-01", "-q")
    # A second one that begins alike is no matter once the id is known.
    lab.emulator.add_secret(lab_client(vault, "wrong"), "a0000000-0000-4000-8000-00000000000a", "In7" + "x" * 30, SOON)
    assert learned(vault, "wrong")["wrong"]["result"] == "changed"
    assert stored(vault, "wrong")["expiresAt"] == right


def test_of_two_without_names_none_is_learned(lab: Lab, vault: Home) -> None:
    client = lab.fresh(WORKSPACE)
    lab.add(vault, "dbx", WORKSPACE, client)
    found = learned(vault, "dbx", status=1)["dbx"]
    assert found["result"] == "ambiguous"
    assert set(found["detail"].removeprefix("may be any of ").split(", ")) == {
        first_key_id(client),
        foreign_key_id(client),
    }
    assert stored(vault, "dbx")["keyId"] is None


def test_the_only_one_is_learned_without_a_name(lab: Lab, vault: Home) -> None:
    lab.add(vault, "bound", WORKSPACE, BOUND_PRINCIPAL)
    admin = lab.add_administrator(vault, WORKSPACE)
    # The administrator removes the other one, as somebody does in the account's console.
    token = vault.run("issue", admin, "-o", "raw", allowed=["token"]).stdout.strip()
    path = f"/api/2.0/accounts/servicePrincipals/2/credentials/secrets/{foreign_key_id(BOUND_PRINCIPAL)}"
    ask(lab.emulator, "DELETE", path, token)
    found = learned(vault, "bound", "--using", admin)["bound"]
    assert (found["result"], found["keyId"]) == ("changed", first_key_id(BOUND_PRINCIPAL))


def test_two_that_begin_alike(lab: Lab, vault: Home) -> None:
    profile = lab.add(vault, "alike", SECRET)
    twin = secret_of(profile.client)[:3] + "x" * 30
    lab.emulator.add_secret(profile.client, "a0000000-0000-4000-8000-00000000000b", twin, SOON)
    assert learned(vault, "alike", status=1)["alike"]["result"] == "ambiguous"
    assert stored(vault, "alike")["keyId"] is None
    assert own(board(vault, "alike", "--all", status=0))["alike"]["state"] == "unknown"


def test_partial_failure(lab: Lab, vault: Home) -> None:
    lab.add(vault, "may", SECRET)
    lab.add(vault, "may-not", SECRET, lab.odd("no-permission"))
    vault.run("selection", "save", "both", "may", "may-not", "-q")
    found = learned(vault, "@both", status=76)
    assert {name: row["result"] for name, row in found.items()} == {"may": "changed", "may-not": "failed"}
    assert "no permission" in found["may-not"]["detail"]


def test_usage(vault: Home, lab: Lab) -> None:
    lab.add(vault, "a", SECRET)
    for arguments, message in [
        (["--live"], "give profile names, @selections or --all"),
        (["a", "--all", "--live"], "give profile names, @selections or --all"),
        (["a", "--live", "--tag", "x"], "--live learns from the provider, and changes nothing else"),
        (["a", "b", "--tag", "x"], "give the name of one profile"),
        (["@a", "--tag", "x"], "give the name of one profile"),
        (["a", "--tag", "x", "--using", "a"], "--using goes with --live"),
        ([], "give the name of one profile"),
    ]:
        assert vault.run("edit", *arguments, status=64).errors == [f"error: {message}"]
    vault.run("edit", "nobody", "--live", status=66)
