"""Makes a random vault with ``vaultctl`` and remembers what has to be in it."""

from __future__ import annotations

import random
import string
import uuid
from dataclasses import dataclass, field
from pathlib import Path

import cli_mapping
import entra_directory as entra
from processes import Emulator, Finished, Vaultctl

NAME_FIRST = string.ascii_letters + string.digits
NAME_REST = NAME_FIRST + "._-@"
UNICODE = "äöüßéñçøł Ωλ 日本語 한국어 🔑🚀 עברית \u0301\u200d'\"\\,;=%$`"
SECRET_CHARACTERS = string.ascii_letters + string.digits + "-._~+/=%&?#"


@dataclass
class Expected:
    """What a profile has to hold."""

    client_id: str
    tenant: str
    secret: bytes
    tags: list[str] = field(default_factory=list)
    description: str = ""
    subscription: str = ""
    live: bool = False
    old_secret: bytes | None = None


@dataclass
class RandomVault:
    """A vault that ``vaultctl`` made, and the model of it."""

    vaultctl: Vaultctl
    emulator: Emulator
    random: random.Random
    passphrase: bytes = b""
    passphrase_file: Path = Path()
    key_file: Path = Path()
    recovery_code: str = ""
    audit_key: bytes = b""
    profiles: dict[str, Expected] = field(default_factory=dict)
    tokens: set[bytes] = field(default_factory=set)
    rotated: int = 0

    def make(self) -> None:
        """A vault with up to eight profiles and a random history."""
        self.initialize()
        for _ in range(self.random.randint(0, 8)):
            self.add()
        for _ in range(self.random.randint(0, 8)):
            if self.profiles:
                self.random.choice([self.edit, self.rename, self.remove, self.issue, self.issue, self.rotate, self.rekey])()

    def initialize(self) -> None:
        self.passphrase = _passphrase(self.random)
        ending = self.random.choice([b"", b"\n"])
        self.passphrase_file = self._file("passphrase", self.passphrase + ending)
        shown = self._with_passphrase(
            "init", "--kdf-memory", "64MiB", "--kdf-passes", "2", "--show-audit-key", "-o", "json"
        ).stderr
        self.recovery_code = cli_mapping.shown_once(shown, "recovery code")
        self.audit_key = bytes.fromhex(cli_mapping.shown_once(shown, "audit key"))
        self._add_key_file_slot()

    def _add_key_file_slot(self) -> None:
        """From here on commands unlock with a key file, which takes no Argon2id."""
        ending = self.random.choice([b"", b"\n", b"\r\n"])
        content = self.random.randbytes(self.random.randint(10, 60)).hex().encode()
        self.key_file = self._file("key-file", content + ending)
        self._with_passphrase("slot", "add", "--new-key-file", str(self.key_file))
        self.vaultctl.options = (
            "--key-file",
            str(self.key_file),
            "--ca-file",
            str(self.emulator.authority_certificate),
        )

    def add(self, *, live: bool | None = None) -> str:
        name = self._new_name()
        live = self.random.random() < 0.5 if live is None else live
        profile = self._live_profile() if live else self._dead_profile()
        arguments = ["add", name, "--client-id", profile.client_id, "--tenant", profile.tenant, "--no-check"]
        arguments += ["--secret-file", str(self._file("secret", profile.secret))]
        if live:
            arguments += ["--cloud", "emulated", "--scope", entra.DATABRICKS_SCOPE]
            for what in ("authority", "graph", "arm"):
                arguments += [f"--{what}", self.emulator.base]
        for tag in profile.tags:
            arguments += ["--tag", tag]
        arguments += _described(profile)
        self.vaultctl.run(*arguments)
        self.profiles[name] = profile
        return name

    def edit(self, name: str | None = None) -> None:
        profile = self.profiles[name := name or self._any_profile()]
        profile.description = _text(self.random, 1, 60)
        profile.subscription = _uuid(self.random)
        self.vaultctl.run("edit", name, *_described(profile))

    def rename(self) -> None:
        old, new = self._any_profile(), self._new_name()
        self.vaultctl.run("rename", old, new)
        self.profiles[new] = self.profiles.pop(old)

    def remove(self) -> None:
        name = self._any_profile()
        self.vaultctl.run("remove", name, "--yes")
        del self.profiles[name]

    def issue(self, name: str | None = None) -> None:
        """Asks for a token of a profile that the emulator knows; none such, nothing done."""
        if name := name or self._any_live_profile():
            finished = self.vaultctl.run("issue", name, "-o", "raw")
            self.tokens.add(finished.stdout.removesuffix(b"\n"))

    def rotate(self, name: str | None = None) -> None:
        """Gives a profile the other secret of its application, as made elsewhere."""
        if name := name or self._any_live_profile(unrotated=True):
            profile = self.profiles[name]
            profile.old_secret, profile.secret = profile.secret, entra.POOL_SECRETS[1].encode()
            secret = self._file("secret", profile.secret)
            self.vaultctl.run("rotate", name, "--secret-file", str(secret), "--grace", "24h")
            self.rotated += 1

    def rekey(self) -> None:
        """New keys; every way in is kept but the recovery code, which is another one then."""
        shown = self.vaultctl.run("rekey", "--yes", "--keep-passphrase-file", str(self.passphrase_file)).stderr
        self.recovery_code = cli_mapping.shown_once(shown, "recovery code")

    def _any_profile(self) -> str:
        return self.random.choice(sorted(self.profiles))

    def _any_live_profile(self, unrotated: bool = False) -> str | None:
        names = [
            name
            for name, profile in sorted(self.profiles.items())
            if profile.live and not (unrotated and profile.old_secret)
        ]
        return self.random.choice(names) if names else None

    def _new_name(self) -> str:
        while True:
            parts = [
                self.random.choice(NAME_FIRST) + _letters(self.random, NAME_REST, 0, 20)
                for _ in range(self.random.randint(1, 3))
            ]
            name = "/".join(parts)
            if name not in self.profiles:
                return name

    def _live_profile(self) -> Expected:
        client = entra.pool_client(self.random.randrange(entra.POOL_SIZE))
        return self._described_profile(Expected(client, entra.TENANT, entra.POOL_SECRETS[0].encode(), live=True))

    def _dead_profile(self) -> Expected:
        secret = _letters(self.random, SECRET_CHARACTERS, 1, 300).encode()
        return self._described_profile(Expected(_uuid(self.random), _uuid(self.random), secret))

    def _described_profile(self, profile: Expected) -> Expected:
        plain = [_letters(self.random, string.ascii_lowercase, 1, 8) for _ in range(self.random.randint(0, 3))]
        pairs = [f"{tag}={_letters(self.random, 'äß日本' + string.ascii_letters, 1, 8)}" for tag in plain[:1]]
        profile.tags = sorted({*plain[1:], *pairs})
        profile.description = self.random.choice(["", _text(self.random, 1, 200)])
        profile.subscription = self.random.choice(["", _uuid(self.random)])
        return profile

    def _with_passphrase(self, *arguments: str) -> Finished:
        return self.vaultctl.run(*arguments, "--passphrase-file", str(self.passphrase_file))

    def _file(self, name: str, content: bytes) -> Path:
        """A file that nobody else may read, as the program asks of files with secrets."""
        path = self.vaultctl.home / name
        path.touch(mode=0o600)
        path.write_bytes(content)
        return path


def _described(profile: Expected) -> list[str]:
    arguments = []
    if profile.description:
        arguments += [f"--description={profile.description}"]
    if profile.subscription:
        arguments += ["--subscription", profile.subscription]
    return arguments


def _passphrase(source: random.Random) -> bytes:
    """Text with all of Unicode's planes, or bytes that are no UTF-8; never a newline, which files may end in."""
    if source.random() < 0.7:
        return _letters(source, UNICODE + string.ascii_letters, 12, 40).encode()
    return bytes(source.choice([byte for byte in range(1, 256) if byte not in b"\r\n"]) for _ in range(32))


def _text(source: random.Random, least: int, most: int) -> str:
    """A description; with no space at either end, which a program may well take off, and with no character at its start
    that would become one with the equals sign of its option."""
    return _letters(source, UNICODE + string.ascii_letters + "    ", least, most).strip().lstrip("\u0301\u200d ") or "x"


def _letters(source: random.Random, alphabet: str, least: int, most: int) -> str:
    return "".join(source.choices(alphabet, k=source.randint(least, most)))


def _uuid(source: random.Random) -> str:
    return str(uuid.UUID(int=source.getrandbits(128), version=4))
