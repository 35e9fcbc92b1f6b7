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

#: File name in the home directory of a session → the client secret in it. The punctuation must be form-encoded.
SECRETS = {
    "secret": "Xq38Q~transcript+secret/for=the%first.0",
    "new-secret": "Nw57T~transcript+secret/for=rotation%1",
    "second-secret": "Sd61U~transcript+secret/for=the%second2",
    "expired-secret": "Yr49R~transcript.that-expired.in-2021.03",
    "revoked-secret": "Zt50S~transcript.that-was.taken-back.0004",
    "wrong-secret": "Wr99V~transcript.that-nobody.ever-made.05",
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
                ],
                "subscriptions": [
                    {
                        "id": SUBSCRIPTION,
                        "name": "Analytics",
                        "workspaces": [{"name": "analytics", "host": "adb-4444444444444444.4.azuredatabricks.net"}],
                    }
                ],
            }
        ]
    }
