"""The emulator's Microsoft Graph: who may change an application's credentials, what is refused, and how it lags."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import requests

import certificates
from certificates import Certificate
from processes import running_emulator
from rotation_directory import (
    ADMINISTRATOR,
    DATABRICKS,
    GRAPH,
    KEYED,
    OWNED,
    OWNER,
    SECRET,
    TENANT,
    Caller,
    by_client,
    by_object,
    directory,
    error_of,
    iso,
    key_id,
    new_key,
    object_id,
    proof,
)

DENIED = (403, "Authorization_RequestDenied")


@cache
def certificate(name: str = "first") -> Certificate:
    return certificates.make(name, ends=-1 if name == "expired" else 80)


@contextmanager
def served(binary: Path, place: Path, **tenant: object) -> Iterator[Caller]:
    with running_emulator(binary, place, directory(certificate(), **tenant)) as emulator:
        yield Caller(emulator)


@pytest.fixture
def graph(emulator_path: Path, tmp_path: Path) -> Iterator[Caller]:
    with served(emulator_path, tmp_path) as caller:
        yield caller


def records(caller: Caller, client: str, kind: str = "secrets") -> list[dict[str, Any]]:
    answer = caller.ask("GET", f"/emulator/applications/{client}")
    assert answer.status_code == 200
    return list(answer.json()[kind])


def settings(caller: Caller, **replication: object) -> None:
    assert caller.ask("POST", "/emulator/settings", {"replication": replication}).status_code == 200


def fault(caller: Caller, name: str, route: str, **more: object) -> None:
    assert caller.ask("POST", "/emulator/faults", {"name": name, "path": route, **more}).status_code == 201


# Reading


def test_an_application_has_three_addresses(graph: Caller) -> None:
    owner = graph.sign_in(OWNER)
    found = owner.ask("GET", f"/v1.0/applications?$filter=appId eq '{OWNER}'&$select=id,appId").json()["value"]
    assert found == [owner.ask("GET", by_client(OWNER)).json()]
    assert found == [owner.ask("GET", by_object(OWNER)).json()]
    assert found[0]["id"] == object_id(OWNER)
    [password] = found[0]["passwordCredentials"]
    assert password["hint"] == SECRET[:3]
    assert password["secretText"] is None
    assert password["customKeyIdentifier"] is None


def test_the_audience_may_be_spelt_in_several_ways(graph: Caller) -> None:
    for resource in (GRAPH, f"{GRAPH}/", "00000003-0000-0000-c000-000000000000"):
        assert graph.sign_in(OWNER, resource=resource).application(OWNER)["appId"] == OWNER


def test_a_certificate_is_shown_without_its_bytes(graph: Caller) -> None:
    [key] = graph.sign_in(ADMINISTRATOR).application(KEYED)["keyCredentials"]
    assert key["customKeyIdentifier"] == certificate().sha1.upper()
    assert (key["type"], key["usage"], key["key"]) == ("AsymmetricX509Cert", "Verify", None)


def test_tokens_that_are_not_for_graph_are_refused(graph: Caller) -> None:
    good = graph.sign_in(OWNER)
    other = graph.sign_in(OWNER, resource=DATABRICKS)
    forged = Caller(graph.emulator, good.token[:-6] + "AAAAAA")
    graph.emulator.set_token_lifetime(-1)
    expired = graph.sign_in(OWNER)
    for caller in (graph, other, forged, expired):
        assert error_of(caller.ask("GET", by_client(OWNER))) == (401, "InvalidAuthenticationToken")
    assert good.ask("GET", by_client(OWNER)).status_code == 200


# Permissions


def test_an_owner_writes_what_it_owns(graph: Caller) -> None:
    owner = graph.sign_in(OWNER)
    assert owner.add_password(OWNER).status_code == 200
    assert owner.add_password(OWNED).status_code == 200
    assert error_of(owner.add_password(KEYED)) == DENIED
    assert error_of(owner.ask("GET", by_client(KEYED))) == DENIED
    assert error_of(owner.ask("GET", f"/v1.0/applications?$filter=appId eq '{KEYED}'")) == DENIED


def test_one_without_permission_gets_nothing(graph: Caller) -> None:
    owned = graph.sign_in(OWNED)
    for answer in (
        owned.add_password(OWNED),
        owned.ask("GET", by_client(OWNED)),
        owned.ask("POST", by_client(OWNED) + "/removePassword", {"keyId": key_id(OWNED)}),
        owned.ask("PATCH", by_object(OWNED), {"keyCredentials": []}),
        owned.ask("GET", by_client("99999999-9999-4999-8999-999999999999")),
        owned.ask("GET", "/v1.0/policies/defaultAppManagementPolicy"),
    ):
        assert error_of(answer) == DENIED
        assert answer.json()["error"]["message"] == "Insufficient privileges to complete the operation."
    assert [secret["removed"] for secret in map(with_removed, records(graph, OWNED))] == [None]


def with_removed(record: dict[str, Any]) -> dict[str, Any]:
    return {"removed": None, "added": None, **record}


def test_an_unknown_application_is_told_apart(graph: Caller) -> None:
    unknown = "99999999-9999-4999-8999-999999999999"
    owner = graph.sign_in(OWNER)
    assert error_of(owner.add_password(unknown)) == (404, "Request_ResourceNotFound")
    assert owner.ask("GET", f"/v1.0/applications?$filter=appId eq '{unknown}'").json() == {"value": []}
    assert error_of(owner.ask("GET", "/v1.0/applications?$filter=startswith(appId,'2')"))[0] == 400


def test_an_application_that_is_gone_is_unknown(graph: Caller) -> None:
    administrator = graph.sign_in(ADMINISTRATOR)
    assert graph.ask("DELETE", f"/emulator/applications/{OWNED}").status_code == 204
    assert error_of(administrator.add_password(OWNED)) == (404, "Request_ResourceNotFound")
    assert graph.token_answer(OWNED, SECRET).json()["error_codes"] == [700016]
    assert graph.ask("DELETE", f"/emulator/applications/{OWNED}").status_code == 404


# Passwords


@pytest.mark.parametrize("address", [by_client, by_object])
def test_a_password_comes_and_goes(graph: Caller, address: Any) -> None:
    owner = graph.sign_in(OWNER)
    asked = {"displayName": "vaultctl:1", "endDateTime": iso(30)}
    made = owner.ask("POST", address(OWNER) + "/addPassword", {"passwordCredential": asked}).json()
    assert made["displayName"] == "vaultctl:1"
    assert made["endDateTime"] == asked["endDateTime"]
    assert len(made["secretText"]) == 40 and "~" in made["secretText"]
    assert made["hint"] == made["secretText"][:3]
    assert graph.token_answer(OWNER, made["secretText"]).status_code == 200
    assert made["keyId"] in [password["keyId"] for password in owner.application(OWNER)["passwordCredentials"]]

    gone = owner.ask("POST", address(OWNER) + "/removePassword", {"keyId": made["keyId"]})
    assert (gone.status_code, gone.content) == (204, b"")
    assert graph.token_answer(OWNER, made["secretText"]).json()["error_codes"] == [7000215]
    assert graph.token_answer(OWNER, SECRET).status_code == 200
    again = owner.ask("POST", address(OWNER) + "/removePassword", {"keyId": made["keyId"]})
    assert again.status_code == 400
    assert "No password credential found with keyId" in again.json()["error"]["message"]

    first, second = map(with_removed, records(graph, OWNER))
    assert (first["added"], first["removed"]) == (None, None)
    assert second["added"] and second["removed"]
    assert "value" not in second


def test_personal_accounts_allow_two_passwords(graph: Caller) -> None:
    owner = graph.sign_in(OWNER)
    second = owner.add_password(OWNED).json()
    assert error_of(owner.add_password(OWNED)) == (400, "TooManyAppPasswords")
    owner.ask("POST", by_client(OWNED) + "/removePassword", {"keyId": second["keyId"]})
    assert owner.add_password(OWNED).status_code == 200


@pytest.mark.parametrize(
    "body", [{"passwordCredential": {"endDateTime": "soon"}}, {"passwordCredential": {"endDateTime": iso(-1)}}, [1]]
)
def test_what_cannot_be_read_changes_nothing(graph: Caller, body: object) -> None:
    owner = graph.sign_in(OWNER)
    assert error_of(owner.ask("POST", by_client(OWNER) + "/addPassword", body))[0] == 400
    assert len(records(graph, OWNER)) == 1


# Keys


@pytest.mark.parametrize("algorithm", ["RS256", "PS256"])
def test_an_application_rolls_its_own_keys_with_a_proof(graph: Caller, algorithm: str) -> None:
    keyed = Caller(graph.emulator, graph.sign_in_with(certificate(), KEYED).json()["access_token"])
    new = certificate("second")
    body = {
        "keyCredential": new_key(new, displayName="vaultctl:1"),
        "passwordCredential": None,
        "proof": proof(certificate(), KEYED, algorithm=algorithm),
    }
    added = keyed.ask("POST", by_object(KEYED) + "/addKey", body)
    assert added.status_code == 200, added.text
    assert added.json()["customKeyIdentifier"] == new.sha1.upper()
    assert graph.sign_in_with(new, KEYED).status_code == 200

    old = records(graph, KEYED, "certificates")[0]
    body = {"keyId": old["keyId"], "proof": proof(new, KEYED, algorithm=algorithm)}
    assert keyed.ask("POST", by_client(KEYED) + "/removeKey", body).status_code == 204
    assert graph.sign_in_with(certificate(), KEYED).json()["error_codes"] == [700027]
    assert graph.sign_in_with(new, KEYED).status_code == 200
    assert keyed.ask("POST", by_client(KEYED) + "/removeKey", body).status_code == 400


@pytest.mark.parametrize(
    "claims",
    [{"aud": "https://graph.microsoft.com"}, {"iss": KEYED}, {"exp": 1}, {"nbf": 1}, {"nbf": None}],
    ids=str,
)
def test_a_proof_with_a_wrong_claim_is_none(graph: Caller, claims: dict[str, Any]) -> None:
    refused_proof(graph, proof(certificate(), KEYED, **claims))


@pytest.mark.parametrize("name", ["stranger", "expired"])
def test_a_proof_by_another_key_is_none(graph: Caller, name: str) -> None:
    if name == "expired":
        pem = {"pem": certificate(name).pem}
        assert graph.ask("POST", f"/emulator/applications/{KEYED}/certificates", pem).status_code == 204
    refused_proof(graph, proof(certificate(name), KEYED))


def test_a_certificate_is_not_added_without_a_proof(graph: Caller) -> None:
    refused_proof(graph, None)


def refused_proof(graph: Caller, text: str | None) -> None:
    before = records(graph, KEYED, "certificates")
    body = {"keyCredential": new_key(certificate("second")), "proof": text}
    for caller in (graph.sign_in(KEYED), graph.sign_in(ADMINISTRATOR)):
        answer = caller.ask("POST", by_object(KEYED) + "/addKey", body)
        assert error_of(answer) == (401, "Authentication_MissingOrMalformed")
    assert records(graph, KEYED, "certificates") == before


def test_keys_of_others_take_permission(graph: Caller) -> None:
    body = {"keyCredential": new_key(certificate("second")), "proof": proof(certificate(), KEYED)}
    assert error_of(graph.sign_in(OWNER).ask("POST", by_object(KEYED) + "/addKey", body)) == DENIED
    assert graph.sign_in(ADMINISTRATOR).ask("POST", by_object(KEYED) + "/addKey", body).status_code == 200


def test_the_list_of_keys_is_replaced_as_a_whole(graph: Caller) -> None:
    administrator = graph.sign_in(ADMINISTRATOR)
    kept = administrator.application(KEYED)["keyCredentials"]
    both = [*kept, new_key(certificate("second"))]
    assert administrator.ask("PATCH", by_object(KEYED), {"keyCredentials": both}).status_code == 204
    assert [key["keyId"] for key in administrator.application(KEYED)["keyCredentials"]][:1] == [kept[0]["keyId"]]
    assert graph.sign_in_with(certificate(), KEYED).status_code == 200
    assert graph.sign_in_with(certificate("second"), KEYED).status_code == 200

    only = [new_key(certificate("third"))]
    assert administrator.ask("PATCH", by_object(KEYED), {"keyCredentials": only}).status_code == 204
    assert graph.sign_in_with(certificate(), KEYED).status_code == 401
    assert graph.sign_in_with(certificate("third"), KEYED).status_code == 200
    assert administrator.ask("PATCH", by_object(KEYED), {"displayName": "as before"}).status_code == 204
    assert len(administrator.application(KEYED)["keyCredentials"]) == 1


@pytest.mark.parametrize("wrong", [{"key": "AAAA"}, {"type": "Symmetric"}, {"usage": "Sign"}], ids=str)
def test_what_is_no_certificate_is_refused(graph: Caller, wrong: dict[str, str]) -> None:
    key = new_key(certificate("second"), **wrong)
    answer = graph.sign_in(ADMINISTRATOR).ask("PATCH", by_object(OWNER), {"keyCredentials": [key]})
    assert error_of(answer)[0] == 400


# Policies


def test_a_policy_caps_the_life_of_secrets(emulator_path: Path, tmp_path: Path) -> None:
    policy = {"maxLifetime": "P90D", "id": "77777777-7777-4777-8777-777777777777"}
    with served(emulator_path, tmp_path, passwordPolicy=policy, keyPolicy={"maxLifetime": "P30D"}) as graph:
        administrator = graph.sign_in(ADMINISTRATOR)
        for refused in (administrator.add_password(OWNER), administrator.add_password(OWNER, endDateTime=iso(91))):
            assert error_of(refused) == (400, "CredentialInvalidLifetimeAsPerAppPolicy")
            assert policy["id"] in refused.json()["error"]["message"]
        assert administrator.add_password(OWNER, endDateTime=iso(89)).status_code == 200
        body = {"keyCredential": new_key(certificate("second")), "proof": proof(certificate(), KEYED)}
        refused = administrator.ask("POST", by_object(KEYED) + "/addKey", body)
        assert error_of(refused) == (400, "CredentialInvalidLifetimeAsPerAppPolicy")

        shown = administrator.ask("GET", "/v1.0/policies/defaultAppManagementPolicy").json()
        [restriction] = shown["applicationRestrictions"]["passwordCredentials"]
        assert (restriction["restrictionType"], restriction["maxLifetime"]) == ("passwordLifetime", "P90D")
        [restriction] = shown["applicationRestrictions"]["keyCredentials"]
        assert (restriction["restrictionType"], restriction["maxLifetime"]) == ("asymmetricKeyLifetime", "P30D")
        assert shown["isEnabled"] is True
        assert administrator.ask("GET", by_object(OWNER) + "/appManagementPolicies").json() == {"value": []}


def test_a_policy_forbids_secrets(emulator_path: Path, tmp_path: Path) -> None:
    with served(emulator_path, tmp_path, passwordPolicy={"forbidden": True}) as graph:
        refused = graph.sign_in(ADMINISTRATOR).add_password(OWNER, endDateTime=iso(1))
        assert error_of(refused) == (400, "CredentialTypeNotAllowedAsPerAppPolicy")


def test_an_application_has_a_policy_of_its_own(emulator_path: Path, tmp_path: Path) -> None:
    content = directory(certificate(), passwordPolicy={"maxLifetime": "P1D"})
    policy = {"maxLifetime": "PT48H", "id": "88888888-8888-4888-8888-888888888888"}
    content["tenants"][0]["applications"][0]["passwordPolicy"] = policy
    with running_emulator(emulator_path, tmp_path, content) as emulator:
        administrator = Caller(emulator).sign_in(ADMINISTRATOR)
        assert administrator.add_password(OWNER, endDateTime=iso(1.9)).status_code == 200
        assert administrator.add_password(OWNED, endDateTime=iso(1.9)).status_code == 400
        [shown] = administrator.ask("GET", by_object(OWNER) + "/appManagementPolicies").json()["value"]
        assert shown["id"] == policy["id"]
        assert [one["maxLifetime"] for one in shown["restrictions"]["passwordCredentials"]] == ["PT48H"]


# Replication


def test_a_new_password_is_refused_until_it_is_known(graph: Caller) -> None:
    owner = graph.sign_in(OWNER)
    settings(graph, tokenDelay=3600)
    made = owner.add_password(OWNER).json()["secretText"]
    for _ in range(3):
        assert graph.token_answer(OWNER, made).json()["error_codes"] == [7000215]
    assert graph.token_answer(OWNER, SECRET).status_code == 200
    settings(graph)
    assert graph.token_answer(OWNER, made).status_code == 200


def test_a_removed_password_works_for_a_while(graph: Caller) -> None:
    owner = graph.sign_in(OWNER)
    made = owner.add_password(OWNER).json()
    owner.ask("POST", by_client(OWNER) + "/removePassword", {"keyId": made["keyId"]})
    settings(graph, tokenDelay=3600)
    # The time between its coming and its going is shorter than the delay, so that no replica ever knew it.
    assert graph.token_answer(OWNER, made["secretText"]).status_code == 401
    owner.ask("POST", by_client(OWNER) + "/removePassword", {"keyId": key_id(OWNER)})
    assert graph.token_answer(OWNER, SECRET).status_code == 200
    settings(graph, tokenDelay=3600, alternating=True)
    assert [graph.token_answer(OWNER, SECRET).status_code for _ in range(4)] == [200, 401, 200, 401]
    settings(graph)
    assert graph.token_answer(OWNER, SECRET).status_code == 401


def test_replicas_answer_in_turn(graph: Caller) -> None:
    owner = graph.sign_in(OWNER)
    settings(graph, tokenDelay=3600, alternating=True)
    made = owner.add_password(OWNER).json()["secretText"]
    assert [graph.token_answer(OWNER, made).status_code for _ in range(4)] == [401, 200, 401, 200]
    assert [graph.token_answer(OWNER, SECRET).status_code for _ in range(2)] == [200, 200]


def test_a_new_certificate_is_refused_until_it_is_known(graph: Caller) -> None:
    settings(graph, tokenDelay=3600)
    body = {"keyCredential": new_key(certificate("second")), "proof": proof(certificate(), KEYED)}
    assert graph.sign_in(KEYED).ask("POST", by_object(KEYED) + "/addKey", body).status_code == 200
    assert graph.sign_in_with(certificate("second"), KEYED).json()["error_codes"] == [700027]
    settings(graph)
    assert graph.sign_in_with(certificate("second"), KEYED).status_code == 200


def test_reads_lag_and_so_do_removals(graph: Caller) -> None:
    owner = graph.sign_in(OWNER)
    settings(graph, readDelay=3600)
    made = owner.add_password(OWNER).json()
    assert graph.token_answer(OWNER, made["secretText"]).status_code == 200
    assert len(owner.application(OWNER)["passwordCredentials"]) == 1
    remove = by_client(OWNER) + "/removePassword"
    refused = owner.ask("POST", remove, {"keyId": made["keyId"]})
    assert "No password credential found with keyId" in refused.json()["error"]["message"]
    assert owner.ask("POST", remove, {"keyId": key_id(OWNER)}).status_code == 204
    assert [password["displayName"] for password in owner.application(OWNER)["passwordCredentials"]] == ["by hand"]
    settings(graph)
    [shown] = owner.application(OWNER)["passwordCredentials"]
    assert shown["keyId"] == made["keyId"]


def test_a_tenant_is_slow_from_the_beginning(emulator_path: Path, tmp_path: Path) -> None:
    with served(emulator_path, tmp_path, replication={"tokenDelay": 3600}) as graph:
        made = graph.sign_in(OWNER).add_password(OWNER).json()["secretText"]
        assert graph.token_answer(OWNER, made).status_code == 401


# Faults


@pytest.mark.parametrize(
    ("name", "added"),
    [
        ("throttled", 0),
        ("unavailable", 0),
        ("server-error", 0),
        ("redirect", 0),
        ("html", 0),
        ("server-error-after", 1),
        ("half-json", 1),
        ("duplicated", 2),
    ],
)
def test_a_fault_takes_effect_or_not(graph: Caller, name: str, added: int) -> None:
    owner = graph.sign_in(OWNER)
    fault(graph, name, "graph-add-password", count=1)
    answer = owner.add_password(OWNER, displayName="vaultctl:1")
    assert len(records(graph, OWNER)) == 1 + added
    if name == "duplicated":
        assert answer.json()["keyId"] == records(graph, OWNER)[1]["keyId"]
    elif name == "server-error-after":
        assert answer.status_code == 500
    assert graph.ask("GET", "/emulator/requests").json()["requests"][-1]["faults"] == [name]
    assert owner.add_password(OWNER).status_code == 200


@pytest.mark.parametrize(
    ("route", "method", "path", "body"),
    [
        ("graph-remove-password", "POST", "/removePassword", {"keyId": key_id(OWNER)}),
        ("graph-add-password", "POST", "/addPassword", {}),
        ("graph-application", "GET", "", None),
        ("graph-patch", "PATCH", "", {"keyCredentials": []}),
    ],
)
def test_a_reply_is_lost_after_the_effect(graph: Caller, route: str, method: str, path: str, body: object) -> None:
    owner = graph.sign_in(OWNER)
    fault(graph, "reply-lost", route, count=1)
    with pytest.raises(requests.ConnectionError):
        owner.ask(method, by_client(OWNER) + path, body)
    [_, entry] = graph.ask("GET", "/emulator/requests").json()["requests"]
    assert (entry["route"], entry["status"] // 100) == (route, 2)
    if route == "graph-remove-password":
        assert records(graph, OWNER)[0]["removed"]


def test_chance_can_be_had_again(graph: Caller) -> None:
    owner = graph.sign_in(OWNER)
    fault(graph, "unavailable", "graph-application", probability=0.3)

    def statuses() -> list[int]:
        assert graph.ask("POST", "/emulator/settings", {"seed": 7}).status_code == 200
        return [owner.ask("GET", by_client(OWNER)).status_code for _ in range(40)]

    first = statuses()
    assert first == statuses()
    assert 0 < first.count(503) < 40
    refused = graph.ask("POST", "/emulator/faults", {"name": "slow", "probability": 1.5})
    assert refused.status_code == 400


def test_a_tenant_that_is_another_s_is_not_touched(emulator_path: Path, tmp_path: Path) -> None:
    content = directory(certificate())
    other = directory(certificate())["tenants"][0] | {"id": TENANT.replace("1", "9"), "subscriptions": []}
    content["tenants"].append(other)
    with running_emulator(emulator_path, tmp_path, content) as emulator:
        caller = Caller(emulator)
        assert caller.sign_in(OWNER).add_password(OWNER).status_code == 200
        form = {"grant_type": "client_credentials", "client_id": OWNER, "client_secret": SECRET}
        form["scope"] = "https://graph.microsoft.com/.default"
        token = requests.post(
            f"{emulator.base}/{other['id']}/oauth2/v2.0/token", data=form, timeout=30,
            verify=str(emulator.authority_certificate),
        ).json()["access_token"]
        assert len(Caller(emulator, token).application(OWNER)["passwordCredentials"]) == 1
