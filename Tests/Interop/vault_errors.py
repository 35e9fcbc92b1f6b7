"""What can be wrong with a vault, by name: each error says what was found, and where."""

from __future__ import annotations


class VaultError(Exception):
    """Something is wrong with a vault; ``where`` names the file, table, row or column, ``what`` the finding."""

    def __init__(self, where: str, what: str) -> None:
        super().__init__(f"{where}: {what}")
        self.where = where
        self.what = what


class UnsafeFile(VaultError):
    """The file or its directory has another owner or mode, or a journal lies beside it."""


class NotAVault(VaultError):
    """No SQLite database, or not one with the application id of a vault."""


class NotReadableNow(VaultError):
    """A writer holds the file, or left a transaction that a program with the right to write has to roll back first."""


class NewerFormat(VaultError):
    """``user_version`` is greater than this reader's."""


class SchemaMismatch(VaultError):
    """``sqlite_schema`` is not that of the migration, or not the one the state row was written for."""


class ColumnTooLarge(VaultError):
    """A column is longer than any writer makes it."""


class ColumnMalformed(VaultError):
    """A column's header, type, length or padding is not what the format says."""


class ColumnNotOpened(VaultError):
    """The box of a column does not open: changed, moved, or relabelled."""


class EpochUnknown(VaultError):
    """A column names a data key that the keyring does not hold."""


class MessageMalformed(VaultError):
    """A plaintext is not the protobuf message it has to be."""


class SlotMalformed(VaultError):
    """A key slot does not pass the checks that come before any derivation."""


class WrongKey(VaultError):
    """No slot opens: the passphrase, code or file is wrong, or the slot is damaged. Which one is not told."""


class RecoveryCodeMalformed(VaultError):
    """The text is no recovery code."""


class KeyFileUnusable(VaultError):
    """The key file is shorter or longer than allowed."""


class TagMismatch(VaultError):
    """A row's tag is not that of its content."""


class TokenHashMismatch(VaultError):
    """The hash in a token's meta is not that of the token."""


class RowCountMismatch(VaultError):
    """A table holds another number of rows than the state says."""


class SetMismatch(VaultError):
    """The hash over the live rows is another than the state says."""


class VersionMismatch(VaultError):
    """The version in the state row's header is not the number of transactions."""


class AuditNumbersMismatch(VaultError):
    """The audit entries are not numbered 0, 1, 2 … up to the size that the state says."""


class SealMismatch(VaultError):
    """An audit entry's seal is not the one that its key makes, or the chain of keys does not end in the vault's."""


class TreeMismatch(VaultError):
    """The audit entries do not give the frontier that the state says."""


class TileMismatch(VaultError):
    """A tile is missing, does not belong there, or does not hold the hashes of the audit's tree."""


class IndexMismatch(VaultError):
    """A segment of the audit's index is missing, does not belong there, or does not tell what the entries tell."""


class AnchorDamaged(VaultError):
    """The anchor file is not whole, not of this vault, or not authentic."""


class RolledBack(VaultError):
    """The vault is older than what this machine last saw of it."""


class Forked(VaultError):
    """The vault does not continue what this machine last saw of it."""
