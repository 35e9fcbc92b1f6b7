"""The directory that the tests give to ``entra-emulator``: every case of a refusal, and applications to rotate."""

from __future__ import annotations

from functools import cache
from typing import Any

import certificates
from certificates import Certificate

TENANT = "11111111-1111-4111-8111-111111111111"
UNKNOWN_TENANT = "99999999-9999-4999-8999-999999999999"
APPLICATION = "22222222-2222-4222-8222-222222222222"
UNKNOWN_APPLICATION = "99999999-9999-4999-8999-999999999998"
SUBSCRIPTION = "33333333-3333-4333-8333-333333333333"
DATABRICKS = "2ff814a6-3304-4ab8-85cb-cd0e6f879c1d"
DATABRICKS_SCOPE = f"{DATABRICKS}/.default"

#: A secret with the characters that have to be form-encoded.
SECRET = "Xq38Q~example+secret/for=the%emulator.0"
EXPIRED_SECRET = "Yr49R~expired.secret"

#: An application without a secret: certificates, and whom it trusts to sign for it.
KEYLESS_APPLICATION = "22222222-2222-4222-8222-222222222225"

#: The issuer that the emulator plays at ``/external/builds``, and for whom it signs.
EXTERNAL_ISSUER = "builds"
EXTERNAL_SUBJECT = "repo:contoso/etl:ref:refs/heads/main"
EXTERNAL_AUDIENCE = "api://AzureADTokenExchange"

WORKSPACE_ID = "4444444444444444"
DATABRICKS_ACCOUNT = "55555555-5555-4555-8555-555555555555"
#: A service principal that Databricks manages, of the workspace and of the account alike.
DATABRICKS_PRINCIPAL = "66666666-6666-4666-8666-666666666666"
DATABRICKS_SECRET = "dose0123456789abcdef0123456789abcdef"
EXPIRED_DATABRICKS_SECRET = "dosefedcba9876543210fedcba9876543210"
DATABRICKS_AUDIENCE = "https://databricks.example/federation"

#: How many applications there are for random vaults; each has all of :data:`POOL_SECRETS`.
POOL_SIZE = 8
POOL_SECRETS = ("old~secret+of/the=pool%0", "new~secret+of/the=pool%1")


def pool_client(number: int) -> str:
    return f"44444444-4444-4444-8444-{number:012}"


@cache
def certificate(name: str = "valid") -> Certificate:
    """A certificate of :data:`KEYLESS_APPLICATION`, ``valid``, ``next`` or ``expired``; any other name is of nobody."""
    return certificates.make(name, begins=-30, ends=-1 if name == "expired" else 30)


def databricks_principal() -> dict[str, Any]:
    """One that signs in with a secret, or with a token of the external issuer."""
    return {
        "clientId": DATABRICKS_PRINCIPAL,
        "id": "7001",
        "displayName": "etl",
        "secrets": [
            {"value": DATABRICKS_SECRET},
            {"value": EXPIRED_DATABRICKS_SECRET, "end": "2021-01-01T00:00:00Z"},
        ],
        "federationPolicies": [
            {
                "issuer": f"/external/{EXTERNAL_ISSUER}",
                "subject": EXTERNAL_SUBJECT,
                "audiences": [DATABRICKS_AUDIENCE],
            }
        ],
    }


def directory() -> dict[str, Any]:
    """The content of the ``--directory`` file."""
    pool = [
        {
            "clientId": pool_client(number),
            "displayName": f"pool {number}",
            "secrets": [{"value": value, "displayName": value[:3]} for value in POOL_SECRETS],
        }
        for number in range(POOL_SIZE)
    ]
    application = {
        "clientId": APPLICATION,
        "displayName": "interop",
        "secrets": [
            {"value": SECRET, "displayName": "valid"},
            {
                "value": EXPIRED_SECRET,
                "displayName": "expired",
                "start": "2020-01-01T00:00:00Z",
                "end": "2021-01-01T00:00:00Z",
            },
        ],
    }
    keyless = {
        "clientId": KEYLESS_APPLICATION,
        "displayName": "keyless",
        "certificates": [certificate("expired").pem, certificate().pem, certificate("next").pem],
        "federatedCredentials": [{"issuer": f"/external/{EXTERNAL_ISSUER}", "subject": EXTERNAL_SUBJECT}],
    }
    workspace = {
        "name": "analytics",
        "host": "adb-4444444444444444.4.azuredatabricks.net",
        "workspaceId": WORKSPACE_ID,
        "accountId": DATABRICKS_ACCOUNT,
        "servicePrincipals": [databricks_principal()],
    }
    tenant = {
        "id": TENANT,
        "name": "Contoso",
        "domains": ["contoso.onmicrosoft.com"],
        "applications": [application, keyless, *pool],
        "subscriptions": [{"id": SUBSCRIPTION, "name": "Analytics", "workspaces": [workspace]}],
    }
    account = {"id": DATABRICKS_ACCOUNT, "servicePrincipals": [databricks_principal()]}
    return {"tenants": [tenant], "databricksAccounts": [account]}
