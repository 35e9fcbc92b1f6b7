"""The directory that the emulator serves, and the secrets in it, none of which may ever be seen where nobody asked."""

from __future__ import annotations

from typing import Any

TENANT = "11111111-1111-4111-8111-111111111111"
UNKNOWN_TENANT = "99999999-9999-4999-8999-999999999999"
APPLICATION = "22222222-2222-4222-8222-222222222222"
SECOND_APPLICATION = "22222222-2222-4222-8222-222222222223"
DISABLED_APPLICATION = "22222222-2222-4222-8222-222222222224"
UNKNOWN_APPLICATION = "99999999-9999-4999-8999-999999999998"
SUBSCRIPTION = "33333333-3333-4333-8333-333333333333"
PAYROLL = "api://contoso-payroll"

#: An application without a secret. Tests give it certificates; the external issuer may sign for it.
KEYLESS_APPLICATION = "22222222-2222-4222-8222-222222222225"
#: The issuer that the emulator plays at ``/external/builds``, and whom it signs for.
EXTERNAL_ISSUER = "builds"
EXTERNAL_SUBJECT = "repo:contoso/etl:ref:refs/heads/main"
EXTERNAL_AUDIENCE = "api://AzureADTokenExchange"

DATABRICKS_ACCOUNT = "55555555-5555-4555-8555-555555555555"
#: A service principal that Databricks manages, of the workspace and of the account alike.
DATABRICKS_PRINCIPAL = "66666666-6666-4666-8666-666666666666"
#: What a federation policy of it takes from the external issuer.
DATABRICKS_AUDIENCE = "https://databricks.example/federation"

#: File name in the home directory of a session → the client secret in it. The punctuation must be form-encoded.
SECRETS = {
    "secret": "Xq38Q~transcript+secret/for=the%first.0",
    "new-secret": "Nw57T~transcript+secret/for=rotation%1",
    "second-secret": "Sd61U~transcript+secret/for=the%second2",
    "expired-secret": "Yr49R~transcript.that-expired.in-2021.03",
    "revoked-secret": "Zt50S~transcript.that-was.taken-back.0004",
    "databricks-secret": "dose7a1c4e9b2d8f6a3c5e7b9d1f",
    "wrong-secret": "Wr99V~transcript.that-nobody.ever-made.05",
}


def databricks_principal() -> dict[str, Any]:
    """One that signs in with a secret, or with a token of the external issuer."""
    policy = {
        "issuer": f"/external/{EXTERNAL_ISSUER}",
        "subject": EXTERNAL_SUBJECT,
        "audiences": [DATABRICKS_AUDIENCE],
    }
    return {
        "clientId": DATABRICKS_PRINCIPAL,
        "id": "7001",
        "displayName": "etl",
        "secrets": [{"value": SECRETS["databricks-secret"]}],
        "federationPolicies": [policy],
    }


def directory() -> dict[str, Any]:
    """The content of the ``--directory`` file."""
    return {
        "tenants": [
            {
                "id": TENANT,
                "name": "Contoso",
                "domains": ["contoso.onmicrosoft.com"],
                "resources": [PAYROLL],
                "applications": [
                    {
                        "clientId": APPLICATION,
                        "displayName": "first",
                        "secrets": [
                            {"value": SECRETS["secret"]},
                            {"value": SECRETS["new-secret"]},
                            {
                                "value": SECRETS["expired-secret"],
                                "start": "2020-01-01T00:00:00Z",
                                "end": "2021-01-01T00:00:00Z",
                            },
                            {"value": SECRETS["revoked-secret"], "revoked": True},
                        ],
                    },
                    {
                        "clientId": SECOND_APPLICATION,
                        "displayName": "second",
                        "secrets": [{"value": SECRETS["second-secret"]}],
                    },
                    {
                        "clientId": DISABLED_APPLICATION,
                        "displayName": "disabled",
                        "enabled": False,
                        "secrets": [{"value": SECRETS["secret"]}],
                    },
                    {
                        "clientId": KEYLESS_APPLICATION,
                        "displayName": "keyless",
                        "federatedCredentials": [
                            {"issuer": f"/external/{EXTERNAL_ISSUER}", "subject": EXTERNAL_SUBJECT}
                        ],
                    },
                ],
                "subscriptions": [
                    {
                        "id": SUBSCRIPTION,
                        "name": "Analytics",
                        "workspaces": [
                            {
                                "name": "analytics",
                                "host": "adb-4444444444444444.4.azuredatabricks.net",
                                "accountId": DATABRICKS_ACCOUNT,
                                "servicePrincipals": [databricks_principal()],
                            }
                        ],
                    }
                ],
            }
        ],
        "databricksAccounts": [{"id": DATABRICKS_ACCOUNT, "servicePrincipals": [databricks_principal()]}],
    }
