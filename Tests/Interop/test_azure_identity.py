"""azure-identity as it comes from PyPI: its certificates and its workload identity get tokens from the emulator."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import jwt
import pytest
import requests
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import CertificateCredential, ClientSecretCredential, DefaultAzureCredential
from azure.identity import WorkloadIdentityCredential

import entra_directory as entra
from processes import Emulator

pytestmark = pytest.mark.usefixtures("nothing_of_the_caller")


def where(emulator: Emulator) -> dict[str, Any]:
    """What makes a credential ask the emulator in place of Entra."""
    return {
        "authority": emulator.base,
        "disable_instance_discovery": True,
        "connection_verify": str(emulator.authority_certificate),
    }


def client_of(token: str) -> str:
    return str(jwt.decode(token, options={"verify_signature": False})["appid"])


def test_secret(emulator: Emulator) -> None:
    credential = ClientSecretCredential(entra.TENANT, entra.APPLICATION, entra.SECRET, **where(emulator))
    token = credential.get_token(entra.DATABRICKS_SCOPE)
    assert client_of(token.token) == entra.APPLICATION
    assert token.expires_on > time.time()


@pytest.mark.parametrize("chain", [False, True])
@pytest.mark.parametrize("password", [None, "a pass phrase"])
def test_certificate(emulator: Emulator, tmp_path: Path, chain: bool, password: str | None) -> None:
    certificate = entra.certificate()
    file = tmp_path / "client.pem"
    key = certificate.encrypted_key(password) if password else certificate.key
    file.write_text(key + certificate.pem)
    credential = CertificateCredential(
        entra.TENANT,
        entra.KEYLESS_APPLICATION,
        str(file),
        password=password,
        send_certificate_chain=chain,
        **where(emulator),
    )
    assert client_of(credential.get_token(entra.DATABRICKS_SCOPE).token) == entra.KEYLESS_APPLICATION


def test_certificate_that_is_not_registered(emulator: Emulator, tmp_path: Path) -> None:
    certificate = entra.certificate("of nobody")
    data = (certificate.key + certificate.pem).encode()
    credential = CertificateCredential(
        entra.TENANT, entra.KEYLESS_APPLICATION, certificate_data=data, **where(emulator)
    )
    with pytest.raises(ClientAuthenticationError, match="AADSTS700027: "):
        credential.get_token(entra.DATABRICKS_SCOPE)


def external_token(emulator: Emulator, subject: str = entra.EXTERNAL_SUBJECT, **changes: Any) -> str:
    arguments = {"audience": entra.EXTERNAL_AUDIENCE, "issuer": entra.EXTERNAL_ISSUER, **changes}
    return emulator.external_token(subject, **arguments)


@pytest.fixture
def token_file(tmp_path: Path) -> Path:
    return tmp_path / "token"


def workload(emulator: Emulator, file: Path) -> WorkloadIdentityCredential:
    return WorkloadIdentityCredential(
        tenant_id=entra.TENANT,
        client_id=entra.KEYLESS_APPLICATION,
        token_file_path=str(file),
        **where(emulator),
    )


def test_workload_identity(emulator: Emulator, token_file: Path) -> None:
    token_file.write_text(external_token(emulator))
    token = workload(emulator, token_file).get_token(entra.DATABRICKS_SCOPE).token
    claims = jwt.decode(token, options={"verify_signature": False})
    assert (claims["appid"], claims["appidacr"]) == (entra.KEYLESS_APPLICATION, "2")


def test_workload_identity_from_the_environment(
    emulator: Emulator, token_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a pod has it: all in variables, found by the default chain."""
    token_file.write_text(external_token(emulator))
    variables = {
        "AZURE_TENANT_ID": entra.TENANT,
        "AZURE_CLIENT_ID": entra.KEYLESS_APPLICATION,
        "AZURE_FEDERATED_TOKEN_FILE": str(token_file),
        "AZURE_AUTHORITY_HOST": emulator.base,
        "AZURE_TOKEN_CREDENTIALS": "WorkloadIdentityCredential",
        "REQUESTS_CA_BUNDLE": str(emulator.authority_certificate),
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    token = DefaultAzureCredential().get_token(entra.DATABRICKS_SCOPE).token
    assert client_of(token) == entra.KEYLESS_APPLICATION


@pytest.mark.parametrize(
    "code, changes",
    [
        (700211, {"issuer": "elsewhere"}),
        (700213, {"subject": entra.EXTERNAL_SUBJECT.upper()}),
        (700212, {"audience": "api://another"}),
        (700024, {"notBefore": -7200, "lifetime": -3600}),
        (700024, {"notBefore": 3600, "lifetime": 7200}),
    ],
    ids=["issuer", "subject", "audience", "expired", "not yet valid"],
)
def test_federation_that_does_not_match(
    emulator: Emulator, token_file: Path, code: int, changes: dict[str, Any]
) -> None:
    token_file.write_text(external_token(emulator, **changes))
    with pytest.raises(ClientAuthenticationError, match=f"AADSTS{code}: "):
        workload(emulator, token_file).get_token(entra.DATABRICKS_SCOPE)


def test_federation_is_signed_by_the_issuer(emulator: Emulator, token_file: Path) -> None:
    """Right in every claim, and signed by someone else."""
    genuine = jwt.decode(external_token(emulator), options={"verify_signature": False})
    header = jwt.get_unverified_header(external_token(emulator))
    token_file.write_text(jwt.encode(genuine, entra.certificate("of nobody").key, "RS256", header))
    with pytest.raises(ClientAuthenticationError, match="AADSTS700027: "):
        workload(emulator, token_file).get_token(entra.DATABRICKS_SCOPE)


def test_application_without_federation(emulator: Emulator, token_file: Path) -> None:
    token_file.write_text(external_token(emulator))
    credential = WorkloadIdentityCredential(
        tenant_id=entra.TENANT, client_id=entra.APPLICATION, token_file_path=str(token_file), **where(emulator)
    )
    with pytest.raises(ClientAuthenticationError, match="AADSTS70021: "):
        credential.get_token(entra.DATABRICKS_SCOPE)


def test_external_issuer_is_one_that_others_can_verify(emulator: Emulator) -> None:
    certificate = str(emulator.authority_certificate)
    issuer = f"{emulator.base}/external/{entra.EXTERNAL_ISSUER}"
    document = requests.get(f"{issuer}/.well-known/openid-configuration", verify=certificate, timeout=10).json()
    assert document["issuer"] == issuer
    keys = jwt.PyJWKSet.from_dict(requests.get(document["jwks_uri"], verify=certificate, timeout=10).json())
    token = external_token(emulator)
    key = keys[jwt.get_unverified_header(token)["kid"]].key
    claims = jwt.decode(token, key, algorithms=["RS256"], audience=entra.EXTERNAL_AUDIENCE, issuer=issuer)
    assert claims["sub"] == entra.EXTERNAL_SUBJECT
