"""A directory whose applications and service principals may manage credentials, each in another way, and callers."""

from __future__ import annotations

import base64
import json
import time
import uuid
from dataclasses import dataclass
from typing import Any

import jwt
import requests

from certificates import Certificate
from processes import Emulator

TENANT = "11111111-1111-4111-8111-111111111111"
#: Owns itself and :data:`OWNED`, and may write what it owns.
OWNER = "22222222-2222-4222-8222-000000000001"
#: A personal account may sign in to it. It has no permission.
OWNED = "22222222-2222-4222-8222-000000000002"
#: May write every application, and read policies.
ADMINISTRATOR = "22222222-2222-4222-8222-000000000003"
#: Has a certificate and no permission.
KEYED = "22222222-2222-4222-8222-000000000004"
SECRET = "Ab1~secret.of.every.application.in.here.0"

WORKSPACE = "adb-4444444444444444.4.azuredatabricks.net"
ACCOUNT = "55555555-5555-4555-8555-555555555555"
#: Service principals of Databricks: one that manages itself, one that does not, one that manages all.
PRINCIPAL = "66666666-6666-4666-8666-000000000001"
BOUND_PRINCIPAL = "66666666-6666-4666-8666-000000000002"
ADMIN_PRINCIPAL = "66666666-6666-4666-8666-000000000003"
DATABRICKS = "2ff814a6-3304-4ab8-85cb-cd0e6f879c1d"
GRAPH = "https://graph.microsoft.com"
PROOF_AUDIENCE = "00000002-0000-0000-c000-000000000000"


def object_id(client: str) -> str:
    return client[:-2] + "f" + client[-1]


def key_id(client: str) -> str:
    """Of the secret that an application has from the beginning."""
    return client[:-2] + "e" + client[-1]


def application(client: str, **more: object) -> dict[str, Any]:
    secrets = [{"value": SECRET, "keyId": key_id(client), "displayName": "by hand"}]
    return {"clientId": client, "objectId": object_id(client), "secrets": secrets, **more}


def principal(client: str, number: str, **more: object) -> dict[str, Any]:
    return {"clientId": client, "id": number, "secrets": [{"value": f"dose{number}"}], **more}


def directory(certificate: Certificate, **tenant: object) -> dict[str, Any]:
    principals = [
        principal(PRINCIPAL, "7001"),
        principal(BOUND_PRINCIPAL, "7002", managesItself=False),
        principal(ADMIN_PRINCIPAL, "7003", admin=True),
    ]
    workspace = {
        "name": "analytics",
        "host": WORKSPACE,
        "accountId": ACCOUNT,
        "servicePrincipals": principals,
        "administrators": [ADMINISTRATOR],
    }
    return {
        "tenants": [
            {
                "id": TENANT,
                "applications": [
                    application(OWNER, roles=["Application.ReadWrite.OwnedBy"], owners=[OWNER]),
                    application(OWNED, owners=[OWNER], signInAudience="AzureADandPersonalMicrosoftAccount"),
                    application(ADMINISTRATOR, roles=["Application.ReadWrite.All", "Policy.Read.All"]),
                    application(KEYED, certificates=[{"pem": certificate.pem, "keyId": str(uuid.UUID(int=1))}]),
                ],
                "subscriptions": [
                    {"id": "33333333-3333-4333-8333-333333333333", "workspaces": [workspace]},
                ],
                **tenant,
            }
        ],
        "databricksAccounts": [
            {"id": ACCOUNT, "servicePrincipals": principals, "administrators": [ADMINISTRATOR]}
        ],
    }


def der(certificate: Certificate) -> str:
    """The certificate as ``keyCredential.key`` has it."""
    lines = certificate.pem.strip().splitlines()
    return "".join(lines[1:-1])


def proof(certificate: Certificate, client: str, *, algorithm: str = "RS256", **claims: object) -> str:
    now = int(time.time())
    usual = {"aud": PROOF_AUDIENCE, "iss": object_id(client), "nbf": now, "exp": now + 600}
    return jwt.encode({**usual, **claims}, certificate.key, algorithm=algorithm)


def new_key(certificate: Certificate, **more: object) -> dict[str, object]:
    return {"type": "AsymmetricX509Cert", "usage": "Verify", "key": der(certificate), **more}


@dataclass
class Caller:
    """Calls what ``emulator`` serves, as whoever got a token last."""

    emulator: Emulator
    token: str = ""

    def ask(self, method: str, path: str, body: object = None, *, host: str | None = None) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        if host:
            headers["Host"] = host
        session = requests.Session()
        session.trust_env = False
        return session.request(
            method, self.emulator.base + path, json=body, headers=headers, timeout=30, allow_redirects=False,
            verify=str(self.emulator.authority_certificate),
        )

    def sign_in(self, client: str, secret: str = SECRET, resource: str = GRAPH) -> Caller:
        answer = self.token_answer(client, secret, resource)
        assert answer.status_code == 200, answer.text
        return Caller(self.emulator, answer.json()["access_token"])

    def token_answer(self, client: str, secret: str, resource: str = GRAPH) -> requests.Response:
        form = {"client_id": client, "client_secret": secret, "scope": f"{resource}/.default"}
        return self._form(f"/{TENANT}/oauth2/v2.0/token", form)

    def sign_in_with(self, certificate: Certificate, client: str, resource: str = GRAPH) -> requests.Response:
        """Asks for a token with an assertion that ``certificate`` signs."""
        now = int(time.time())
        url = f"{self.emulator.base}/{TENANT}/oauth2/v2.0/token"
        claims = {"aud": url, "iss": client, "sub": client, "jti": str(uuid.uuid4()), "nbf": now, "exp": now + 300}
        thumbprint = base64.urlsafe_b64encode(bytes.fromhex(certificate.sha1)).decode().rstrip("=")
        form = {
            "client_id": client,
            "scope": f"{resource}/.default",
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": jwt.encode(claims, certificate.key, algorithm="RS256", headers={"x5t": thumbprint}),
        }
        return self._form(f"/{TENANT}/oauth2/v2.0/token", form)

    def databricks(self, number: str, client: str, secret: str | None = None, account: str | None = None) -> Caller:
        answer = self.databricks_token(client, secret or f"dose{number}", account)
        assert answer.status_code == 200, answer.text
        return Caller(self.emulator, answer.json()["access_token"])

    def databricks_token(self, client: str, secret: str, account: str | None = None) -> requests.Response:
        form = {"client_id": client, "client_secret": secret, "scope": "all-apis"}
        return self._form(f"/oidc/accounts/{account}/v1/token" if account else "/oidc/v1/token", form)

    def _form(self, path: str, form: dict[str, str]) -> requests.Response:
        session = requests.Session()
        session.trust_env = False
        return session.post(
            self.emulator.base + path, data={"grant_type": "client_credentials", **form}, timeout=30,
            verify=str(self.emulator.authority_certificate),
        )

    def add_password(self, client: str, **credential: object) -> requests.Response:
        return self.ask("POST", by_client(client) + "/addPassword", {"passwordCredential": credential})

    def application(self, client: str) -> Any:
        answer = self.ask("GET", by_client(client))
        assert answer.status_code == 200, answer.text
        return answer.json()


def by_client(client: str) -> str:
    return f"/v1.0/applications(appId='{client}')"


def by_object(client: str) -> str:
    return f"/v1.0/applications/{object_id(client)}"


def error_of(answer: requests.Response) -> tuple[int, str]:
    """The status of a refusal of Graph, and its code."""
    error = answer.json()["error"]
    assert set(error["innerError"]) == {"date", "request-id", "client-request-id"}, json.dumps(error)
    return answer.status_code, error["code"]


def iso(days: float) -> str:
    """So many days from now, as Graph reads it."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + days * 86_400))
