"""What ``vaultctl`` calls things in its JSON, and what the format calls them; the one place where names are mapped."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import proto_wire as wire

#: JSON key of ``list -o json`` to field of the message Profile.
PROFILE_FIELDS = {
    "name": "name",
    "provider": "provider",
    "cloud": "cloud",
    "tenant": "tenant",
    "clientId": "client_id",
    "scope": "scope",
    "subscription": "subscription",
    "workspace": "workspace",
    "description": "about",
}

#: JSON key of ``audit list -o json`` to field of the message AuditEvent.
AUDIT_FIELDS = {
    "action": "action",
    "outcome": "outcome",
    "profile": "profile",
    "tenant": "tenant",
    "clientId": "client_id",
    "audience": "audience",
    "source": "source",
}

View = dict[str, Any]


def profiles_of_cli(document: Any) -> dict[str, View]:
    """The profiles of ``list -o json`` by name."""
    views = [_view(row, PROFILE_FIELDS) | {"tags": sorted(row.get("tags") or [])} for row in _rows(document)]
    return {view["name"]: view for view in views}


def profile_of_reader(meta: wire.Message) -> View:
    """The same view of a sealed profile."""
    return {key: meta[field] for key, field in PROFILE_FIELDS.items()} | {"tags": sorted(meta["tags"])}


def audit_of_cli(document: Any) -> list[View]:
    """The entries of ``audit list -o json``, oldest first."""
    views = [
        _view(row, AUDIT_FIELDS) | {"seq": row["sequence"], "time": _milliseconds(row["time"])} for row in _rows(document)
    ]
    return sorted(views, key=lambda view: view["seq"])


def audit_of_reader(events: list[wire.Message]) -> list[View]:
    """The same view of the sealed entries."""
    return [
        {key: event[field] for key, field in AUDIT_FIELDS.items()} | {"seq": seq, "time": event["time"]}
        for seq, event in enumerate(events)
    ]


def shown_once(standard_error: str, label: str) -> str:
    """What ``init`` shows once, on standard error: a line with the label, then the value on a line of its own."""
    lines = standard_error.splitlines()
    (index,) = [index for index, line in enumerate(lines) if line.startswith(f"vaultctl: {label}")]
    return lines[index + 1].strip()


def _rows(document: Any) -> list[dict[str, Any]]:
    """The rows of a list: the document itself, or its one member that is an array."""
    if isinstance(document, list):
        return document
    (rows,) = [value for value in document.values() if isinstance(value, list)]
    return rows


def _view(row: dict[str, Any], fields: dict[str, str]) -> View:
    """An absent or null member is the empty string that the messages hold in its place."""
    return {key: row.get(key) or "" for key in fields}


def _milliseconds(text: str) -> int:
    moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    elapsed = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return round(elapsed.total_seconds() * 1000)
