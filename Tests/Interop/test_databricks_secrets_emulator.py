"""The emulator's secrets of Databricks' service principals: who may manage whose, how many, and for how long."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from databricks.sdk import WorkspaceClient

import certificates
from processes import running_emulator
from rotation_directory import (
    ACCOUNT,
    ADMIN_PRINCIPAL,
    ADMINISTRATOR,
    BOUND_PRINCIPAL,
    DATABRICKS,
    GRAPH,
    OWNER,
    PRINCIPAL,
    Caller,
    directory,
)

pytestmark = pytest.mark.usefixtures("nothing_of_the_caller")

#: Both ways to the secrets: through the workspace, and through the account.
WAYS = {"workspace": None, "account": ACCOUNT}


@pytest.fixture
def anyone(emulator_path: Path, tmp_path: Path) -> Iterator[Caller]:
    with running_emulator(emulator_path, tmp_path, directory(certificates.make("first"))) as emulator:
        yield Caller(emulator)


@pytest.fixture(params=WAYS.values(), ids=WAYS.keys())
def account(request: pytest.FixtureRequest) -> str | None:
    return request.param  # type: ignore[no-any-return]


def secrets(account: str | None, number: str = "7001") -> str:
    below = f"{account}/" if account else ""
    return f"/api/2.0/accounts/{below}servicePrincipals/{number}/credentials/secrets"


def records(caller: Caller, client: str = PRINCIPAL) -> list[dict[str, Any]]:
    return list(caller.ask("GET", f"/emulator/databricks/{client}").json()["secrets"])


def test_a_secret_comes_and_goes(anyone: Caller, account: str | None) -> None:
    principal = anyone.databricks("7001", PRINCIPAL, account=account)
    made = principal.ask("POST", secrets(account), {"lifetime": "86400s"}).json()
    assert made["secret"].startswith("dose")
    assert made["status"] == "ACTIVE"
    times = [datetime.datetime.fromisoformat(made[name]) for name in ("create_time", "expire_time")]
    assert times[1] - times[0] == datetime.timedelta(days=1)

    listed = principal.ask("GET", secrets(account)).json()["secrets"]
    assert [secret["id"] for secret in listed][1:] == [made["id"]]
    assert "secret" not in listed[1]
    # The secret is the service principal's, wherever it was made.
    for way in WAYS.values():
        assert anyone.databricks_token(PRINCIPAL, made["secret"], way).status_code == 200

    assert principal.ask("DELETE", f"{secrets(account)}/{made['id']}").status_code == 200
    for way in WAYS.values():
        assert anyone.databricks_token(PRINCIPAL, made["secret"], way).status_code == 401
    gone = principal.ask("DELETE", f"{secrets(account)}/{made['id']}")
    assert (gone.status_code, gone.json()["error_code"]) == (404, "RESOURCE_DOES_NOT_EXIST")
    assert [bool(secret.get("removed")) for secret in records(anyone)] == [False, True]


def test_the_first_secret_is_removed_everywhere(anyone: Caller, account: str | None) -> None:
    principal = anyone.databricks("7001", PRINCIPAL, account=account)
    [first] = principal.ask("GET", secrets(account)).json()["secrets"]
    assert principal.ask("DELETE", f"{secrets(account)}/{first['id']}").status_code == 200
    for way in WAYS.values():
        assert anyone.databricks_token(PRINCIPAL, "dose7001", way).status_code == 401


def test_there_are_at_most_five(anyone: Caller, account: str | None) -> None:
    principal = anyone.databricks("7001", PRINCIPAL, account=account)
    for _ in range(4):
        assert principal.ask("POST", secrets(account)).status_code == 200
    refused = principal.ask("POST", secrets(account))
    assert refused.status_code == 400
    assert set(refused.json()) == {"error_code", "message"}
    last = principal.ask("GET", secrets(account)).json()["secrets"][-1]
    principal.ask("DELETE", f"{secrets(account)}/{last['id']}")
    assert principal.ask("POST", secrets(account)).status_code == 200


@pytest.mark.parametrize("lifetime", ["63072000s", "60"])
def test_a_lifetime_is_seconds(anyone: Caller, lifetime: str) -> None:
    principal = anyone.databricks("7001", PRINCIPAL)
    made = principal.ask("POST", secrets(None), {"lifetime": lifetime}).json()
    times = [datetime.datetime.fromisoformat(made[name]) for name in ("create_time", "expire_time")]
    assert (times[1] - times[0]).total_seconds() == int(lifetime.rstrip("s"))


@pytest.mark.parametrize("lifetime", ["63072001s", "0s", "-1", "soon", "nan"])
def test_a_lifetime_has_its_limits(anyone: Caller, lifetime: str) -> None:
    refused = anyone.databricks("7001", PRINCIPAL).ask("POST", secrets(None), {"lifetime": lifetime})
    assert (refused.status_code, refused.json()["error_code"]) == (400, "INVALID_PARAMETER_VALUE")
    assert len(records(anyone)) == 1


# Permissions


def test_who_may_manage_whom(anyone: Caller, account: str | None) -> None:
    def statuses(caller: Caller) -> list[int]:
        return [caller.ask("GET", secrets(account, number)).status_code for number in ("7001", "7002", "9999")]

    assert statuses(anyone.databricks("7001", PRINCIPAL, account=account)) == [200, 403, 404]
    assert statuses(anyone.databricks("7002", BOUND_PRINCIPAL, account=account)) == [403, 403, 404]
    assert statuses(anyone.databricks("7003", ADMIN_PRINCIPAL, account=account)) == [200, 200, 404]
    assert statuses(anyone.sign_in(ADMINISTRATOR, resource=DATABRICKS)) == [200, 200, 404]
    assert statuses(anyone.sign_in(OWNER, resource=DATABRICKS)) == [403, 403, 404]
    assert statuses(anyone.sign_in(ADMINISTRATOR, resource=GRAPH)) == [401, 401, 401]
    assert statuses(anyone) == [401, 401, 401]


def test_a_token_of_the_workspace_is_none_of_the_account(anyone: Caller) -> None:
    workspace = anyone.databricks("7001", PRINCIPAL)
    refused = workspace.ask("GET", secrets(ACCOUNT))
    assert (refused.status_code, refused.json()["error_code"]) == (401, "UNAUTHENTICATED")


# SCIM


def test_scim_gives_the_number(anyone: Caller, account: str | None) -> None:
    scim = f"/api/2.0/accounts/{account}/scim/v2" if account else "/api/2.0/preview/scim/v2"
    principal = anyone.databricks("7001", PRINCIPAL, account=account)
    found = principal.ask("GET", f'{scim}/ServicePrincipals?filter=applicationId eq "{BOUND_PRINCIPAL}"').json()
    assert found["totalResults"] == 1
    [resource] = found["Resources"]
    assert (resource["id"], resource["applicationId"]) == ("7002", BOUND_PRINCIPAL)
    assert principal.ask("GET", f"{scim}/Me").json()["id"] == "7001"
    assert len(principal.ask("GET", f"{scim}/ServicePrincipals").json()["Resources"]) == 3
    page = principal.ask("GET", f"{scim}/ServicePrincipals?startIndex=2&count=1").json()
    assert ([resource["id"] for resource in page["Resources"]], page["totalResults"]) == (["7002"], 3)
    assert principal.ask("GET", f"{scim}/ServicePrincipals?startIndex=4").json()["Resources"] == []
    none = principal.ask("GET", f'{scim}/ServicePrincipals?filter=applicationId eq "{OWNER}"').json()
    assert (none["totalResults"], none["Resources"]) == (0, [])
    assert principal.ask("GET", f"{scim}/ServicePrincipals?filter=displayName co x").status_code == 400


def test_the_sdk_makes_and_removes_a_secret(anyone: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(anyone.emulator.authority_certificate))
    workspace = WorkspaceClient(
        host=anyone.emulator.base, client_id=PRINCIPAL, client_secret="dose7001", auth_type="oauth-m2m"
    )
    [found] = workspace.service_principals.list(filter=f'applicationId eq "{PRINCIPAL}"')
    assert found.id == "7001"
    proxy = workspace.service_principal_secrets_proxy
    made = proxy.create(service_principal_id=found.id, lifetime="3600s")
    assert made.secret and made.secret.startswith("dose")
    assert [secret.id for secret in proxy.list(service_principal_id=found.id)][1:] == [made.id]
    proxy.delete(service_principal_id=found.id, secret_id=made.id)
    assert len(list(proxy.list(service_principal_id=found.id))) == 1


# Faults


def test_an_answer_is_lost_and_a_secret_is_there(anyone: Caller) -> None:
    principal = anyone.databricks("7001", PRINCIPAL)
    anyone.emulator.set_fault("reply-lost", path="databricks-add-secret", count=1)
    with pytest.raises(requests.ConnectionError):
        principal.ask("POST", secrets(None))
    assert len(principal.ask("GET", secrets(None)).json()["secrets"]) == 2


def test_a_duplicated_removal_is_one_removal(anyone: Caller) -> None:
    principal = anyone.databricks("7001", PRINCIPAL)
    made = principal.ask("POST", secrets(None)).json()
    anyone.emulator.set_fault("duplicated", path="databricks-remove-secret", count=1)
    assert principal.ask("DELETE", f"{secrets(None)}/{made['id']}").status_code == 200
    assert len(principal.ask("GET", secrets(None)).json()["secrets"]) == 1


@pytest.mark.parametrize("route", ["databricks-list-secrets", "databricks-service-principals"])
def test_throttling_strikes_reads(anyone: Caller, route: str) -> None:
    principal = anyone.databricks("7001", PRINCIPAL)
    anyone.emulator.set_fault("throttled", path=route, seconds=3)
    path = secrets(None) if route == "databricks-list-secrets" else "/api/2.0/preview/scim/v2/ServicePrincipals"
    refused = principal.ask("GET", path)
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "3")
