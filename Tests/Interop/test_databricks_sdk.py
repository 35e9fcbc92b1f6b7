"""databricks-sdk as it comes from PyPI signs in at the emulator's workspace and account."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import jwt
import pytest
import requests
from databricks.sdk import WorkspaceClient
from databricks.sdk.config import Config
from databricks.sdk.errors import Unauthenticated

import entra_directory as entra
from processes import Emulator

pytestmark = pytest.mark.usefixtures("nothing_of_the_caller", "trusted")


@pytest.fixture
def trusted(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """The SDK has no setting for the authority of a server."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(emulator.authority_certificate))


def config(emulator: Emulator, auth_type: str, **arguments: Any) -> Config:
    # A workspace by its address, as profiles name it, though the emulator listens on loopback.
    host = emulator.base.replace("localhost", "127.0.0.1")
    return Config(host=host, auth_type=auth_type, client_id=entra.DATABRICKS_PRINCIPAL, **arguments)


def workspace(emulator: Emulator, auth_type: str, **arguments: Any) -> WorkspaceClient:
    return WorkspaceClient(config=config(emulator, auth_type, **arguments))


def bearer(config: Config) -> dict[str, Any]:
    """The claims of the token that the SDK sends."""
    token = config.authenticate()["Authorization"].removeprefix("Bearer ")
    return dict(jwt.decode(token, options={"verify_signature": False}))


def test_secret_of_a_workspace(emulator: Emulator) -> None:
    client = workspace(emulator, "oauth-m2m", client_secret=entra.DATABRICKS_SECRET)
    me = client.current_user.me()
    assert (me.user_name, me.id) == (entra.DATABRICKS_PRINCIPAL, "7001")
    claims = bearer(client.config)
    assert claims["iss"] == f"{client.config.host}/oidc"
    assert (claims["aud"], claims["scope"]) == (entra.WORKSPACE_ID, "all-apis")
    assert client.config.account_id == entra.DATABRICKS_ACCOUNT


@pytest.mark.parametrize("secret", [entra.DATABRICKS_SECRET + "0", entra.EXPIRED_DATABRICKS_SECRET])
def test_secret_that_is_not_good(emulator: Emulator, secret: str) -> None:
    with pytest.raises(ValueError, match="invalid_client: Client authentication failed"):
        workspace(emulator, "oauth-m2m", client_secret=secret).current_user.me()


def at_account(emulator: Emulator, **arguments: Any) -> Config:
    document = f"{emulator.base}/oidc/accounts/{entra.DATABRICKS_ACCOUNT}/.well-known/oauth-authorization-server"
    return config(emulator, discovery_url=document, account_id=entra.DATABRICKS_ACCOUNT, **arguments)


def test_secret_of_an_account(emulator: Emulator) -> None:
    account = at_account(emulator, auth_type="oauth-m2m", client_secret=entra.DATABRICKS_SECRET)
    claims = bearer(account)
    assert claims["aud"] == entra.DATABRICKS_ACCOUNT
    assert claims["iss"] == f"{emulator.base}/oidc/accounts/{entra.DATABRICKS_ACCOUNT}"
    with pytest.raises(Unauthenticated):
        WorkspaceClient(config=account).current_user.me()


def external_token(emulator: Emulator, subject: str = entra.EXTERNAL_SUBJECT, **changes: Any) -> str:
    arguments = {"audience": entra.DATABRICKS_AUDIENCE, "issuer": entra.EXTERNAL_ISSUER, **changes}
    return emulator.external_token(subject, **arguments)


@pytest.mark.parametrize("ending", ["", "\n"])
def test_token_exchange_from_a_file(emulator: Emulator, tmp_path: Path, ending: str) -> None:
    file = tmp_path / "token"
    file.write_text(external_token(emulator) + ending)
    client = workspace(emulator, "file-oidc", oidc_token_filepath=str(file))
    assert client.current_user.me().user_name == entra.DATABRICKS_PRINCIPAL


def test_token_exchange_from_the_environment(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABRICKS_OIDC_TOKEN", external_token(emulator))
    assert workspace(emulator, "env-oidc").current_user.me().user_name == entra.DATABRICKS_PRINCIPAL
    assert bearer(at_account(emulator, auth_type="env-oidc"))["sub"] == entra.DATABRICKS_PRINCIPAL


@pytest.mark.parametrize(
    "changes",
    [
        {"issuer": "elsewhere"},
        {"subject": "repo:contoso/etl"},
        {"audience": entra.EXTERNAL_AUDIENCE},
        {"notBefore": -7200, "lifetime": -3600},
    ],
    ids=["issuer", "subject", "audience", "expired"],
)
def test_token_that_cannot_be_exchanged(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any]
) -> None:
    monkeypatch.setenv("DATABRICKS_OIDC_TOKEN", external_token(emulator, **changes))
    with pytest.raises(ValueError, match="invalid_request: The subject token is not acceptable"):
        workspace(emulator, "env-oidc").current_user.me()


def entra_token(emulator: Emulator, resource: str = entra.DATABRICKS) -> str:
    form = {
        "grant_type": "client_credentials",
        "client_id": entra.APPLICATION,
        "client_secret": entra.SECRET,
        "scope": f"{resource}/.default",
    }
    answer = requests.post(f"{emulator.base}/{entra.TENANT}/oauth2/v2.0/token", form, timeout=10)
    return str(answer.json()["access_token"])


def personal(emulator: Emulator, token: str) -> WorkspaceClient:
    return WorkspaceClient(host=emulator.base, token=token, auth_type="pat")


def test_token_of_entra_as_a_personal_access_token(emulator: Emulator) -> None:
    assert personal(emulator, entra_token(emulator)).current_user.me().user_name == entra.APPLICATION


def test_token_of_entra_for_another_resource(emulator: Emulator) -> None:
    with pytest.raises(Unauthenticated, match="https://management.azure.com"):
        personal(emulator, entra_token(emulator, "https://management.azure.com")).current_user.me()


def test_token_that_has_expired(emulator: Emulator) -> None:
    emulator.set_token_lifetime(-1)
    try:
        expired = entra_token(emulator)
    finally:
        emulator.set_token_lifetime(3599)
    with pytest.raises(Unauthenticated, match="expired"):
        personal(emulator, expired).current_user.me()


def test_forged_token(emulator: Emulator) -> None:
    claims = jwt.decode(entra_token(emulator), options={"verify_signature": False})
    forged = jwt.encode(claims, entra.certificate("of nobody").key, "RS256")
    with pytest.raises(Unauthenticated, match="Invalid access token"):
        personal(emulator, forged).current_user.me()


@pytest.mark.parametrize("token, status", [("", 200), ("https://management.azure.com", 200), ("forged", 401)])
def test_management_token(emulator: Emulator, token: str, status: int) -> None:
    """The second header of the Azure modes, where it is sent."""
    headers = {"Authorization": f"Bearer {entra_token(emulator)}"}
    if token:
        second = entra_token(emulator, token) if token.startswith("https:") else token
        headers["X-Databricks-Azure-SP-Management-Token"] = second
    address = f"{emulator.base}/api/2.0/preview/scim/v2/Me"
    assert requests.get(address, headers=headers, timeout=10).status_code == status


def test_client_lives_past_two_lifetimes(emulator: Emulator) -> None:
    """It asks for tokens of its own accord, and the workspace never sees one that has expired.

    The SDK gives a token up 40 seconds before its end. A workspace whose clock is as far ahead leaves tokens of 42
    seconds a life of two, so that nobody waits for minutes.
    """
    emulator.forget_requests()
    emulator.set_token_lifetime(42)
    emulator.set_fault("clock-skew", path="scim", seconds=39.5)
    try:
        client = workspace(emulator, "oauth-m2m", client_secret=entra.DATABRICKS_SECRET)
        ends = time.monotonic() + 5
        while time.monotonic() < ends:
            assert client.current_user.me().user_name == entra.DATABRICKS_PRINCIPAL
            time.sleep(0.05)
    finally:
        emulator.clear_faults()
        emulator.set_token_lifetime(3599)
    calls = emulator.statuses("scim")
    assert set(calls) == {200}
    assert 3 <= len(emulator.statuses("databricks-token")) < len(calls)
