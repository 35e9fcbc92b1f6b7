"""The directory that the tests give to ``entra-emulator``: every case of a refusal, and applications to rotate."""

from __future__ import annotations

from typing import Any

TENANT = "11111111-1111-4111-8111-111111111111"
UNKNOWN_TENANT = "99999999-9999-4999-8999-999999999999"
APPLICATION = "22222222-2222-4222-8222-222222222222"
UNKNOWN_APPLICATION = "99999999-9999-4999-8999-999999999998"
DATABRICKS = "2ff814a6-3304-4ab8-85cb-cd0e6f879c1d"
DATABRICKS_SCOPE = f"{DATABRICKS}/.default"

#: A secret with the characters that have to be form-encoded.
SECRET = "Xq38Q~example+secret/for=the%emulator.0"
EXPIRED_SECRET = "Yr49R~expired.secret"

#: How many applications there are for random vaults; each has all of :data:`POOL_SECRETS`.
POOL_SIZE = 8
POOL_SECRETS = ("old~secret+of/the=pool%0", "new~secret+of/the=pool%1")


def pool_client(number: int) -> str:
    return f"44444444-4444-4444-8444-{number:012}"


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
    return {"tenants": [{"id": TENANT, "name": "Contoso", "applications": [application, *pool]}]}
