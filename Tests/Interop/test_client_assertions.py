"""What clients sign with a certificate, and what the emulator thinks of it: msal's assertions, and broken ones."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from typing import Any

import jwt
import msal
import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import ec
from msal.oauth2cli import JwtSigner

import entra_directory as entra
from certificates import Certificate
from processes import Emulator

pytestmark = pytest.mark.usefixtures("nothing_of_the_caller")

JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


class Recorder(requests.Session):
    """Remembers the form of the last request for a token."""

    form: dict[str, str]

    def post(self, url: str, data: Any = None, **arguments: Any) -> requests.Response:  # type: ignore[override]
        self.form = data
        return super().post(url, data, **arguments)


def recorder(emulator: Emulator) -> Recorder:
    session = Recorder()
    session.verify = str(emulator.authority_certificate)
    return session


def ask(emulator: Emulator, credential: dict[str, str], session: Recorder, tenant: str = entra.TENANT) -> Any:
    client = msal.ConfidentialClientApplication(
        entra.KEYLESS_APPLICATION,
        authority=f"{emulator.base}/{tenant}",
        client_credential=credential,
        instance_discovery=False,
        http_client=session,
    )
    return client.acquire_token_for_client([entra.DATABRICKS_SCOPE])


def by_sha1(certificate: Certificate) -> dict[str, str]:
    return {"private_key": certificate.key, "thumbprint": certificate.sha1}


def by_sha1_with_chain(certificate: Certificate) -> dict[str, str]:
    return {**by_sha1(certificate), "public_certificate": certificate.pem}


def by_sha256_with_chain(certificate: Certificate) -> dict[str, str]:
    return {"private_key": certificate.key, "public_certificate": certificate.pem}


@pytest.mark.parametrize(
    "credential, algorithm, members",
    [
        (by_sha1, "RS256", {"x5t"}),
        (by_sha1_with_chain, "RS256", {"x5t", "x5c"}),
        (by_sha256_with_chain, "PS256", {"x5t#S256", "x5c"}),
    ],
)
def test_assertion_of_msal_is_accepted(
    emulator: Emulator, credential: Callable[[Certificate], dict[str, str]], algorithm: str, members: set[str]
) -> None:
    session = recorder(emulator)
    answer = ask(emulator, credential(entra.certificate()), session)
    claims = jwt.decode(answer["access_token"], options={"verify_signature": False})
    assert claims["appid"] == entra.KEYLESS_APPLICATION
    assert claims["appidacr"] == "2"
    header = jwt.get_unverified_header(session.form["client_assertion"])
    assert header["alg"] == algorithm
    assert header.keys() == {"alg", "typ", *members}


@pytest.mark.parametrize("credential", [by_sha1, by_sha1_with_chain, by_sha256_with_chain])
@pytest.mark.parametrize(
    "name, reason", [("of nobody", "The key was not found."), ("expired", "The key used is expired.")]
)
def test_certificate_that_is_not_good_is_refused(
    emulator: Emulator, credential: Callable[[Certificate], dict[str, str]], name: str, reason: str
) -> None:
    answer = ask(emulator, credential(entra.certificate(name)), recorder(emulator))
    assert (answer["error"], answer["error_codes"]) == ("invalid_client", [700027])
    assert f"[Reason - {reason}, Thumbprint of key used by client: '" in answer["error_description"]


def test_domain_of_the_tenant_stands_for_its_id(emulator: Emulator) -> None:
    session = recorder(emulator)
    assert "access_token" in ask(emulator, by_sha1(entra.certificate()), session, tenant="contoso.onmicrosoft.com")


# Assertions that no client would make, or not on purpose.


def token_endpoint(emulator: Emulator, version: str = "/v2.0") -> str:
    return f"{emulator.base}/{entra.TENANT}/oauth2{version}/token"


def claims(emulator: Emulator, **changes: object) -> dict[str, object]:
    """Claims as vendors document them: whole seconds, and ``nbf``."""
    now = int(time.time())
    all_claims: dict[str, object] = {
        "aud": token_endpoint(emulator),
        "iss": entra.KEYLESS_APPLICATION,
        "sub": entra.KEYLESS_APPLICATION,
        "jti": str(uuid.uuid4()),
        "iat": now,
        "nbf": now,
        "exp": now + 600,
        **changes,
    }
    return {name: value for name, value in all_claims.items() if value is not None}


def send(emulator: Emulator, assertion: str, *, version: str = "/v2.0", **changes: str) -> tuple[int, str, list[int]]:
    """Status, error and codes of the answer to ``assertion``."""
    form = {
        "grant_type": "client_credentials",
        "client_id": entra.KEYLESS_APPLICATION,
        "client_assertion_type": JWT_BEARER,
        "client_assertion": assertion,
        "scope": entra.DATABRICKS_SCOPE,
        "resource": entra.DATABRICKS,
        **changes,
    }
    session = recorder(emulator)
    answer = session.post(token_endpoint(emulator, version), form, timeout=10)
    body = answer.json()
    return answer.status_code, body.get("error", ""), body.get("error_codes", [])


def signer(algorithm: str = "PS256", **changes: Any) -> JwtSigner:
    certificate = entra.certificate()
    return JwtSigner(**{"key": certificate.key, "algorithm": algorithm, "sha1_thumbprint": certificate.sha1, **changes})


GOOD = (200, "", [])


@pytest.mark.parametrize("algorithm", ["RS256", "PS256"])
@pytest.mark.parametrize("version", ["", "/v2.0"])
def test_whole_seconds_and_thumbprint_without_padding_are_accepted(
    emulator: Emulator, algorithm: str, version: str
) -> None:
    header = signer().headers
    header["x5t"] = header["x5t"].rstrip("=")
    right = claims(emulator, aud=token_endpoint(emulator, version))
    assertion = jwt.encode(right, entra.certificate().key, algorithm, headers=header)
    assert send(emulator, assertion, version=version) == GOOD


@pytest.mark.parametrize(
    "arguments, outcome",
    [
        ({"expires_at": time.time() - 3600, "issued_at": time.time() - 7200}, (401, "invalid_client", [700024])),
        ({"expires_at": time.time() + 3 * 86400}, (401, "invalid_client", [700024])),
        ({"not_before": time.time() + 3600}, (401, "invalid_client", [700024])),
        ({"issued_at": time.time() + 3600}, (401, "invalid_client", [700024])),
        ({"audience": "https://login.example/token"}, (401, "invalid_client", [700023])),
        ({"issuer": entra.APPLICATION}, (401, "invalid_client", [700021])),
        ({"subject": entra.APPLICATION}, (401, "invalid_client", [700021])),
    ],
    ids=["expired", "too long", "not yet valid", "of tomorrow", "audience", "issuer", "subject"],
)
def test_claims_that_are_wrong(
    emulator: Emulator, arguments: dict[str, Any], outcome: tuple[int, str, list[int]]
) -> None:
    right = {"audience": token_endpoint(emulator), "issuer": entra.KEYLESS_APPLICATION}
    assert send(emulator, signer().create_normal_assertion(**right).decode()) == GOOD
    assertion = signer().create_normal_assertion(**{**right, **arguments}).decode()
    assert send(emulator, assertion) == outcome


@pytest.mark.parametrize("name", ["aud", "iss", "sub", "jti", "exp"])
def test_claim_that_is_missing(emulator: Emulator, name: str) -> None:
    assertion = jwt.encode(claims(emulator, **{name: None}), entra.certificate().key, "PS256", signer().headers)
    assert send(emulator, assertion) == (400, "invalid_request", [50027])


def test_thumbprint_that_is_missing(emulator: Emulator) -> None:
    assertion = jwt.encode(claims(emulator), entra.certificate().key, "PS256")
    assert send(emulator, assertion) == (400, "invalid_request", [50027])


def test_another_key_under_a_registered_thumbprint(emulator: Emulator) -> None:
    for algorithm in ("RS256", "PS256"):
        assertion = jwt.encode(claims(emulator), entra.certificate("of nobody").key, algorithm, signer().headers)
        assert send(emulator, assertion) == (401, "invalid_client", [700027])


def test_changed_claims(emulator: Emulator) -> None:
    pieces = [
        jwt.encode(claims(emulator, iat=moment), entra.certificate().key, "PS256", signer().headers).split(".")
        for moment in (int(time.time()), int(time.time()) - 1)
    ]
    assert send(emulator, ".".join(pieces[0])) == GOOD
    mixed = ".".join([*pieces[0][:2], pieces[1][2]])
    assert send(emulator, mixed) == (401, "invalid_client", [700027])


def test_algorithm_of_the_header_is_the_one_that_signed(emulator: Emulator) -> None:
    """A signature of one padding does not pass under the name of the other."""
    right = claims(emulator)
    rs256, ps256 = (
        jwt.encode(right, entra.certificate().key, algorithm, signer().headers).split(".")
        for algorithm in ("RS256", "PS256")
    )
    assert send(emulator, ".".join([*rs256[:2], ps256[2]])) == (401, "invalid_client", [700027])


def test_two_thumbprints_must_both_be_right(emulator: Emulator) -> None:
    headers = {**signer().headers, "x5t#S256": "A" * 43}
    assertion = jwt.encode(claims(emulator), entra.certificate().key, "PS256", headers)
    assert send(emulator, assertion) == (401, "invalid_client", [700027])


def test_chain_of_another_certificate(emulator: Emulator) -> None:
    leaf = "".join(entra.certificate("of nobody").pem.splitlines()[1:-1])
    assertion = jwt.encode(claims(emulator), entra.certificate().key, "PS256", {**signer().headers, "x5c": [leaf]})
    assert send(emulator, assertion) == (401, "invalid_client", [700027])


def test_other_algorithms_are_refused(emulator: Emulator) -> None:
    curve = ec.generate_private_key(ec.SECP256R1())
    refused = (400, "invalid_request", [5002730])
    assert send(emulator, jwt.encode(claims(emulator), curve, "ES256", signer().headers)) == refused
    assert send(emulator, jwt.encode(claims(emulator), None, "none", signer().headers)) == refused
    assert send(emulator, jwt.encode(claims(emulator), "k" * 32, "HS256", signer().headers)) == refused


def test_assertion_of_another_type_is_none(emulator: Emulator) -> None:
    assertion = jwt.encode(claims(emulator), entra.certificate().key, "PS256", signer().headers)
    saml = "urn:ietf:params:oauth:client-assertion-type:saml2-bearer"
    assert send(emulator, assertion, client_assertion_type=saml) == (401, "invalid_client", [7000218])


@pytest.mark.parametrize("assertion", ["", "a.b", "a.b.c", "{}.{}.", "x" * 100_000])
def test_what_is_no_token(emulator: Emulator, assertion: str) -> None:
    assert send(emulator, assertion)[2] in ([50027], [7000218])


def test_white_space_around_an_assertion_is_not_overlooked(emulator: Emulator) -> None:
    assertion = jwt.encode(claims(emulator), entra.certificate().key, "PS256", signer().headers)
    assert send(emulator, assertion + "\n") == (400, "invalid_request", [50027])
