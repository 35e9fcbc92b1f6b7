"""Homes whose vault is of an older format, written by the sample writer of Tests/Interop."""

from __future__ import annotations

import agent  # noqa: F401  (it makes Tests/Interop importable)
from home import Home
from sample_vault import SampleVault

#: With the entry of the transaction and that of the migration this fills tiles and a segment of the index.
ENTRIES = 1022


def make_format_1(home: Home) -> None:
    """Replaces the vault, and what the machine remembers of it."""
    home.vault.unlink()
    for anchor in home.state.glob("*.anchor"):
        anchor.unlink()
    made = SampleVault(home.vault, home.path / "key", format=1, entries=ENTRIES, profiles=3)
    anchor = home.state / f"{made.keys.vault_id.hex()}.anchor"
    anchor.write_bytes(made.anchor)
    for file in (made.key_file, anchor):
        file.chmod(0o600)
    home.user.take(home.path)
