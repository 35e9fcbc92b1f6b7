"""Vaults with a record of one's own: of other hosts, other users, other times. Written by the reader's own code, from
FORMAT.md alone.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from home import Home

# At the end, because both folders have a conftest.
sys.path.append(str(Path(__file__).resolve().parents[1] / "Interop"))

import proto_wire as wire  # noqa: E402
import vault_format as fmt  # noqa: E402
from sample_vault import EPOCH, SampleVault  # noqa: E402

#: 1 November 2026, in milliseconds.
NOVEMBER = 1_793_491_200_000
HOUR = 3_600_000
DAY = 24 * HOUR


def profile_id(name: str) -> bytes:
    """Tests name their profiles by what they were called first."""
    return name.encode().ljust(16, b".")[:16]


def profile(name: str, *, first_name: str | None = None, stored: int = NOVEMBER - 90 * DAY, **more: Any) -> wire.Message:
    return {
        "id": profile_id(first_name or name),
        "name": name,
        "provider": "entra",
        "cloud": "AzureCloud",
        "authority": "https://login.microsoftonline.com",
        "graph": "https://graph.microsoft.com",
        "arm": "https://management.azure.com",
        "tenant": "11111111-1111-4111-8111-111111111111",
        "client_id": "22222222-2222-4222-8222-222222222222",
        "credential_kind": "client-secret",
        "credential_stored": stored,
        "created": stored,
        "updated": stored,
        **more,
    }


def event(
    time: int, action: str, name: str = "", outcome: str = "ok", *, user: str = "ada", host: str = "desk", **more: Any
) -> wire.Message:
    """An entry; ``of`` names the profile by its first name, where it has another one by now."""
    named = more.pop("of", name)
    found: wire.Message = {
        "time": time,
        "action": action,
        "outcome": outcome,
        "caller": {"uid": {"ada": 1001, "bob": 1002}.get(user, 1000), "pid": 7, "user": user, "host": host},
        "profile": name,
        "profile_id": profile_id(named) if named else b"",
        **more,
    }
    return found


class RecordedVault(SampleVault):
    """A vault of these profiles, with these entries and no others, and these rotations by the profile's first name."""

    def __init__(
        self,
        path: Path,
        key_file: Path,
        profiles: Sequence[wire.Message],
        events: Sequence[wire.Message],
        rotations: Mapping[str, wire.Message],
    ):
        self.profiles = profiles
        self.events = events
        self.rotations = rotations
        super().__init__(path, key_file)

    def _append_audit(self) -> None:
        for seq, entry in enumerate(self.events):
            header = fmt.Header(fmt.AUDIT.number, False, EPOCH, 0)
            meta = self._sealed(fmt.AUDIT, header, fmt.audit_row_id(seq), wire.encode(wire.AUDIT_EVENT, entry))
            self.audit.append((seq, meta, fmt.audit_seal(self.next_audit_key, seq, meta)))
            self.next_audit_key = fmt.next_audit_key(self.next_audit_key)

    def _live_rows(self, about: str) -> list[fmt.LiveRow]:
        name_key = fmt.table_key(self.keys.data, fmt.NAME_KEY)
        rows = [self._keyring()]
        rows += [fmt.LiveRow(fmt.KEYSLOT, fmt.u32(slot.number), meta=slot.blob()) for slot in self._slots()]
        for one in self.profiles:
            meta = {key: value for key, value in one.items() if key != "id"}
            secret = b"" if one["credential_kind"] == "federated" else b"secret"
            rows.append(self._row(fmt.PROFILE, one["id"], fmt.profile_tag(name_key, one["name"]), meta, secret))
        for name, rotation in self.rotations.items():
            owner = profile_id(name)
            secrets = {"profile_id": owner, "old_length": 3, "new_length": 5}
            tag = fmt.rotation_tag(name_key, owner)
            rows.append(self._row(fmt.ROTATION, os.urandom(16), tag, {**secrets, **rotation}, b"oldnewer"))
        return rows


def record(
    home: Home,
    profiles: Sequence[wire.Message],
    events: Sequence[wire.Message],
    rotations: Mapping[str, wire.Message] = {},
) -> Home:
    """Puts such a vault in the place of the home's own; the home's key file opens it."""
    shutil.rmtree(home.vault.parent)
    shutil.rmtree(home.state, ignore_errors=True)
    home.vault.parent.mkdir(mode=0o700)
    RecordedVault(home.vault, home.path / "key", profiles, events, rotations)
    os.chmod(home.path / "key", 0o600)
    home.user.take(home.path)
    return home
