"""msal as it comes from PyPI gets along with the emulator: what it takes for Entra is a fair double of it."""

from __future__ import annotations

import time
from typing import Any

import jwt
import msal
import pytest
import requests

import entra_directory as entra
from processes import Emulator


pytestmark = pytest.mark.usefixtures("nothing_of_the_caller")


def client(
    emulator: Emulator, *, application: str = entra.APPLICATION, secret: str = entra.SECRET, tenant: str = entra.TENANT
) -> Any:
    return msal.ConfidentialClientApplication(
        application,
        authority=f"{emulator.base}/{tenant}",
        client_credential=secret,
        instance_discovery=False,
        verify=str(emulator.authority_certificate),
    )


def ask(emulator: Emulator, scope: str = entra.DATABRICKS_SCOPE, **who: str) -> dict[str, Any]:
    answer = client(emulator, **who).acquire_token_for_client([scope])
    assert isinstance(answer, dict)
    return answer


def test_token_for_databricks(emulator: Emulator) -> None:
    answer = ask(emulator)
    assert answer["token_type"] == "Bearer"
    assert 3000 < answer["expires_in"] <= 3599
    claims = verified(emulator, answer["access_token"])
    assert claims["aud"] == entra.DATABRICKS
    assert claims["tid"] == entra.TENANT
    assert claims["appid"] == entra.APPLICATION
    assert claims["exp"] > time.time()


def verified(emulator: Emulator, token: str) -> dict[str, Any]:
    """The claims of ``token``, its RS256 signature checked against the published keys."""
    certificate = str(emulator.authority_certificate)
    discovery = f"{emulator.base}/{entra.TENANT}/v2.0/.well-known/openid-configuration"
    address = requests.get(discovery, verify=certificate, timeout=10).json()["jwks_uri"]
    keys = jwt.PyJWKSet.from_dict(requests.get(address, verify=certificate, timeout=10).json())
    header = jwt.get_unverified_header(token)
    assert header["alg"] == "RS256"
    return dict(jwt.decode(token, keys[header["kid"]].key, algorithms=["RS256"], audience=entra.DATABRICKS))


def test_changed_token_does_not_verify(emulator: Emulator) -> None:
    head, body, signature = ask(emulator)["access_token"].split(".")
    changed = ("A" if signature[0] != "A" else "B") + signature[1:]
    with pytest.raises(jwt.InvalidSignatureError):
        verified(emulator, f"{head}.{body}.{changed}")


def test_second_call_is_served_from_the_cache(emulator: Emulator) -> None:
    application = client(emulator)
    first = application.acquire_token_for_client([entra.DATABRICKS_SCOPE])
    second = application.acquire_token_for_client([entra.DATABRICKS_SCOPE])
    assert (first["token_source"], second["token_source"]) == ("identity_provider", "cache")
    assert first["access_token"] == second["access_token"]


@pytest.mark.parametrize(
    "code, error, arguments",
    [
        (7000215, "invalid_client", {"secret": entra.SECRET + "x"}),
        (7000222, "invalid_client", {"secret": entra.EXPIRED_SECRET}),
        (700016, "unauthorized_client", {"application": entra.UNKNOWN_APPLICATION}),
        (500011, "invalid_resource", {"scope": "api://nobody/.default"}),
    ],
    ids=["wrong secret", "expired secret", "unknown application", "unknown resource"],
)
def test_refusal(emulator: Emulator, code: int, error: str, arguments: dict[str, str]) -> None:
    answer = ask(emulator, **arguments)
    assert "access_token" not in answer
    assert answer["error"] == error
    assert answer["error_codes"] == [code]
    assert answer["error_description"].startswith(f"AADSTS{code}: ")
    assert answer["correlation_id"] in answer["error_description"]


def test_unknown_tenant_fails_at_discovery(emulator: Emulator) -> None:
    with pytest.raises(ValueError, match="Unable to get authority configuration"):
        ask(emulator, tenant=entra.UNKNOWN_TENANT)
