"""Certificates, federation and Databricks' own service principals, through the real binary: added, tried, issued, edited
and rotated as a client secret is, with the emulator checking every assertion."""

from __future__ import annotations

import os
import stat
import subprocess
from pathlib import Path

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

import certificates
import entra_directory as entra
from processes import Emulator, Finished, Vaultctl

PASSPHRASE = b"correct horse battery staple\n"
PASSWORD = "the key's own password"
#: Exit codes.
FOUND, USAGE, UNAVAILABLE, EXISTS, INPUT_OUTPUT, REFUSED, LOCKED = 1, 64, 69, 73, 74, 76, 77


@pytest.fixture
def vault(vaultctl: Vaultctl, emulator: Emulator) -> Vaultctl:
    key = vaultctl.home / "key"
    vaultctl.variables |= {"VAULTCTL_CA_FILE": str(emulator.authority_certificate), "VAULTCTL_KEY_FILE": ""}
    kdf = ["--kdf-memory", "64MiB", "--kdf-passes", "2"]
    vaultctl.run("init", "--no-recovery", "--passphrase-fd", "0", *kdf, stdin=PASSPHRASE)
    key.write_text("the-key-file-of-these-tests-0815\n")
    key.chmod(0o600)
    vaultctl.run("slot", "add", "--new-key-file", key, "--passphrase-fd", "0", stdin=PASSPHRASE)
    vaultctl.variables["VAULTCTL_KEY_FILE"] = str(key)
    return vaultctl


def cloud(emulator: Emulator) -> list[str]:
    return ["--cloud", "lab", "--authority", emulator.base, "--graph", emulator.base, "--arm", emulator.base]


def keyless(emulator: Emulator) -> list[str]:
    """An application of Entra that has certificates and trusts an issuer, and no secret."""
    audience = ["--resource", "databricks"]
    return ["--client-id", entra.KEYLESS_APPLICATION, "--tenant", entra.TENANT, *cloud(emulator), *audience]


def private(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    path.chmod(0o600)
    return path


def claims(issued: Finished) -> dict[str, object]:
    return jwt.decode(issued.stdout.decode().strip(), options={"verify_signature": False})


# -- certificates


def key_forms() -> dict[str, bytes]:
    """The same key as people's files have it."""
    key = serialization.load_pem_private_key(entra.certificate().key.encode(), None)
    assert isinstance(key, rsa.RSAPrivateKey)
    plain = serialization.NoEncryption()
    protected = serialization.BestAvailableEncryption(PASSWORD.encode())
    forms = serialization.PrivateFormat
    return {
        "PKCS #8": key.private_bytes(serialization.Encoding.PEM, forms.PKCS8, plain),
        "PKCS #1": key.private_bytes(serialization.Encoding.PEM, forms.TraditionalOpenSSL, plain),
        "PKCS #8 encrypted": key.private_bytes(serialization.Encoding.PEM, forms.PKCS8, protected),
        "PKCS #1 encrypted": key.private_bytes(serialization.Encoding.PEM, forms.TraditionalOpenSSL, protected),
    }


@pytest.mark.parametrize("form", ["PKCS #8", "PKCS #1", "PKCS #8 encrypted", "PKCS #1 encrypted"])
@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"])
def test_certificate(vault: Vaultctl, emulator: Emulator, tmp_path: Path, form: str, line_end: bytes) -> None:
    certificate = entra.certificate()
    content = b"Bag Attributes\n" + certificate.pem.encode() + key_forms()[form]
    file = private(tmp_path / "both.pem", content.replace(b"\n", line_end))
    password = ["--certificate-password-file", private(tmp_path / "password", PASSWORD + "\n")]
    added = vault.run(
        "add", "signer", *keyless(emulator), "--certificate", file, *(password if "encrypted" in form else []))
    file.unlink()  # It is not needed any more.
    shown = added.json()["credential"]
    assert shown["kind"] == "certificate" and shown["keyId"] == certificate.sha1.upper()
    assert shown["expiresAt"] is not None, "the end is the certificate's"
    issued = claims(vault.run("issue", "signer", "--force-refresh"))
    assert issued["appid"] == entra.KEYLESS_APPLICATION
    assert vault.run("check", "signer").status == 0


def test_chain_and_the_form_of_ad_fs(vault: Vaultctl, emulator: Emulator, tmp_path: Path) -> None:
    certificate, other = entra.certificate(), certificates.make("an authority")
    # The leaf is the one of the key, wherever it stands.
    file = private(tmp_path / "both.pem", other.pem + certificate.key + certificate.pem)
    options = ["--certificate", file, "--send-chain", "--assertion-algorithm", "rs256"]
    shown = vault.run("add", "signer", *keyless(emulator), *options).json()["credential"]
    assert shown["assertionAlgorithm"] == "RS256" and shown["sendsChain"] is True
    vault.run("issue", "signer", "--force-refresh")


def test_certificate_is_rotated(vault: Vaultctl, emulator: Emulator, tmp_path: Path) -> None:
    first, stranger = entra.certificate(), certificates.make("of nobody")
    file = private(tmp_path / "first.pem", first.key + first.pem)
    vault.run("add", "signer", *keyless(emulator), "--certificate", file)
    refused = vault.run(
        "rotate", "signer", "--certificate", private(tmp_path / "other.pem", stranger.key + stranger.pem), status=REFUSED)
    assert "AADSTS" in refused.stderr
    assert vault.run("show", "signer", "-o", "json").json()["credential"]["keyId"] == first.sha1.upper()
    assert "already" in vault.run("rotate", "signer", "--certificate", file, status=EXISTS).stderr
    second = entra.certificate("next")
    vault.run("rotate", "signer", "--certificate", private(tmp_path / "second.pem", second.key + second.pem))
    assert vault.run("show", "signer", "-o", "json").json()["credential"]["keyId"] == second.sha1.upper()
    vault.run("issue", "signer", "--force-refresh")
    secret = private(tmp_path / "secret", entra.SECRET)
    assert "another kind" in vault.run("rotate", "signer", "--secret-file", secret, status=USAGE).stderr
    # A certificate goes to another place only together with the certificate.
    elsewhere = ["edit", "signer", "--cloud", "lab2", *cloud(emulator)[2:]]
    assert "--certificate" in vault.run(*elsewhere, status=USAGE).stderr
    vault.run(*elsewhere, "--certificate", file)


def bad_files() -> dict[str, tuple[bytes, str]]:
    """What is no credential, and a word of what is said."""
    good, expired, other = entra.certificate(), entra.certificate("expired"), certificates.make("other")
    curve = ec.generate_private_key(ec.SECP256R1())
    future = certificates.make("future", begins=2)
    small = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505
    pem = [serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()]
    return {
        "no key": (good.pem.encode(), "no private key"),
        "no certificate": (good.key.encode(), "no certificate"),
        "of another key": ((good.key + other.pem).encode(), "of its key"),
        "two keys": ((good.key + other.key + good.pem).encode(), "more than one key"),
        "elliptic curve": (curve.private_bytes(*pem) + good.pem.encode(), "RSA"),
        "short key": (small.private_bytes(*pem) + good.pem.encode(), "2048"),
        "expired": ((expired.key + expired.pem).encode(), "expired"),
        "cut off": ((good.pem + good.key)[:-40].encode(), "without an end"),
        "garbled key": (good.pem.encode() + good.key.replace("A", "B").encode(), "key"),
        "of the future": ((future.key + future.pem).encode(), "begins to be valid"),
        "a certificate twice": ((good.key + good.pem * 2).encode(), "twice"),
        "empty": (b"", "no private key"),
        "not text": (bytes(range(256)) * 8, "no private key"),
    }


@pytest.mark.parametrize("name", list(bad_files()))
def test_what_is_no_certificate(vault: Vaultctl, emulator: Emulator, tmp_path: Path, name: str) -> None:
    content, word = bad_files()[name]
    file = private(tmp_path / "bad.pem", content)
    refused = vault.run("add", "signer", *keyless(emulator), "--certificate", file, status=USAGE)
    assert word in refused.stderr and refused.stdout == b""
    assert refused.stderr.count("error: ") == 1 and "BEGIN" not in refused.stderr
    assert vault.run("list", "-o", "json").json() == []


def test_passwords_of_keys(vault: Vaultctl, emulator: Emulator, tmp_path: Path) -> None:
    certificate = entra.certificate()
    file = private(tmp_path / "both.pem", certificate.encrypted_key(PASSWORD) + certificate.pem)
    add = ["add", "signer", *keyless(emulator), "--certificate", file]
    asked = vault.run(*add, status=LOCKED)
    assert "--certificate-password-file" in asked.stderr
    wrong = vault.run(*add, "--certificate-password-fd", "0", stdin=b"wrong\n", status=LOCKED)
    assert "password does not open the key" in wrong.stderr
    vault.run(*add, "--certificate-password-fd", "0", stdin=PASSWORD.encode() + b"\n")
    pointless = ["--certificate-password-file", file, "--secret-file", file]
    assert "--certificate" in vault.run("add", "other", *keyless(emulator), *pointless, status=USAGE).stderr


# -- federation


def federated(
    emulator: Emulator, path: Path, audience: str = entra.EXTERNAL_AUDIENCE, **times: int
) -> Path:
    """A file as a cluster projects it: with a newline at its end."""
    token = emulator.external_token(entra.EXTERNAL_SUBJECT, audience, issuer=entra.EXTERNAL_ISSUER, **times)
    return private(path, token + "\n")


def test_assertion_of_a_file_is_read_each_time(vault: Vaultctl, emulator: Emulator, tmp_path: Path) -> None:
    file = federated(emulator, tmp_path / "token")
    added = vault.run("add", "pod", *keyless(emulator), "--federated-token-file", file).json()
    assert added["credential"]["kind"] == "federated"
    assert added["credential"]["assertionFrom"] == f"file {file}"
    assert claims(vault.run("issue", "pod", "--force-refresh"))["appid"] == entra.KEYLESS_APPLICATION
    federated(emulator, file, lifetime=-3600)
    assert "AADSTS700024" in vault.run("issue", "pod", "--force-refresh", status=REFUSED).stderr
    private(file, "not a token")
    refused = vault.run("issue", "pod", "--force-refresh", status=USAGE)
    assert "no JWT" in refused.stderr and "not a token" not in refused.stderr
    file.unlink()
    assert str(file) in vault.run("issue", "pod", "--force-refresh", status=INPUT_OUTPUT).stderr
    os.mkfifo(file)
    assert "no regular file" in vault.run("issue", "pod", "--force-refresh", status=INPUT_OUTPUT).stderr
    file.unlink()
    federated(emulator, file)
    vault.run("issue", "pod", "--force-refresh")
    assert "has no secret of its own" in vault.run("rotate", "pod", status=USAGE).stderr


def test_relative_file_is_of_where_it_was_typed(vault: Vaultctl, emulator: Emulator) -> None:
    federated(emulator, vault.home / "token")
    added = vault.run("add", "pod", *keyless(emulator), "--federated-token-file", "token").json()
    assert added["credential"]["assertionFrom"] == f"file {vault.home / 'token'}"


def test_assertion_of_a_command(vault: Vaultctl, emulator: Emulator, tmp_path: Path) -> None:
    file = federated(emulator, tmp_path / "token")
    vault.run("add", "build", *keyless(emulator), "--federated-token-command", f"cat {file}")
    vault.run("issue", "build", "--force-refresh")
    edit = ["edit", "build", "--federated-token-command"]
    for command, word in [
        ("exit 3", "status 3"),
        ("kill -9 $$", "killed"),
        ("yes", "more than an assertion"),
        ("no-such-command-here", "status 127"),
        ("echo a.b.c; exec >&-; sleep 300", "did not end"),
    ]:
        assert word in vault.run(*edit, command, status=UNAVAILABLE).stderr
    assert "no JWT" in vault.run(*edit, "echo hello", status=USAGE).stderr
    vault.run(*edit, f"cat < {file}")
    vault.run("check", "build")


def test_assertion_of_a_variable(vault: Vaultctl, emulator: Emulator, tmp_path: Path) -> None:
    vault.variables["BUILD_TOKEN"] = federated(emulator, tmp_path / "token").read_text()
    vault.run("add", "build", *keyless(emulator), "--federated-token-env", "BUILD_TOKEN")
    vault.run("issue", "build", "--force-refresh")
    del vault.variables["BUILD_TOKEN"]
    assert "BUILD_TOKEN" in vault.run("issue", "build", "--force-refresh", status=UNAVAILABLE).stderr


def test_federated_credential_has_no_secret(vault: Vaultctl, emulator: Emulator, tmp_path: Path) -> None:
    file = federated(emulator, tmp_path / "token")
    both = ["--federated-token-file", file, "--secret-file", file]
    assert "has no secret" in vault.run("add", "pod", *keyless(emulator), *both, status=USAGE).stderr
    twice = ["--federated-token-file", file, "--federated-token-env", "X"]
    assert "one of" in vault.run("add", "pod", *keyless(emulator), *twice, status=USAGE).stderr


# -- Databricks


def workspace(emulator: Emulator) -> list[str]:
    return ["--provider", "databricks", "--client-id", entra.DATABRICKS_PRINCIPAL, "--workspace", emulator.base]


def account(emulator: Emulator) -> list[str]:
    host = ["--accounts-host", emulator.base]
    return ["--provider", "databricks", "--client-id", entra.DATABRICKS_PRINCIPAL, "--account", entra.DATABRICKS_ACCOUNT, *host]


@pytest.mark.parametrize("place", [workspace, account])
def test_databricks_secret(vault: Vaultctl, emulator: Emulator, tmp_path: Path, place: object) -> None:
    assert callable(place)
    secret = private(tmp_path / "secret", entra.DATABRICKS_SECRET)
    shown = vault.run("add", "dbx", *place(emulator), "--secret-file", secret).json()
    assert shown["provider"] == "databricks"
    issued = claims(vault.run("issue", "dbx", "--force-refresh"))
    assert issued["sub"] == entra.DATABRICKS_PRINCIPAL
    vault.run("check", "dbx")
    vault.run("issue", "dbx", "--resource", "databricks")
    assert "Databricks alone" in vault.run("issue", "dbx", "--resource", "graph", status=USAGE).stderr
    wrong = private(tmp_path / "wrong", "dose00000000000000000000000000000000")
    refused = vault.run("rotate", "dbx", "--secret-file", wrong, status=REFUSED)
    assert "invalid_client" in refused.stderr and "dose0" not in refused.stderr
    vault.run("issue", "dbx", "--force-refresh")


def test_databricks_federation(vault: Vaultctl, emulator: Emulator, tmp_path: Path) -> None:
    file = federated(emulator, tmp_path / "token", audience=entra.DATABRICKS_AUDIENCE)
    vault.run("add", "dbx", *workspace(emulator), "--federated-token-file", file)
    assert claims(vault.run("issue", "dbx", "--force-refresh"))["sub"] == entra.DATABRICKS_PRINCIPAL
    federated(emulator, file, audience="https://elsewhere.example")
    vault.run("issue", "dbx", "--force-refresh", status=REFUSED)


def test_databricks_takes_no_certificate(vault: Vaultctl, emulator: Emulator, tmp_path: Path) -> None:
    certificate = entra.certificate()
    file = private(tmp_path / "both.pem", certificate.key + certificate.pem)
    assert "no certificates" in vault.run(
        "add", "dbx", *workspace(emulator), "--certificate", file, status=USAGE).stderr
    assert "--account" in vault.run(
        "add", "dbx", "--provider", "databricks", "--client-id", "x", "--secret-file", file, status=USAGE).stderr


def test_new_place_and_new_client_go_together(vault: Vaultctl, emulator: Emulator, tmp_path: Path) -> None:
    secret = private(tmp_path / "secret", entra.SECRET)
    client = ["--client-id", entra.APPLICATION, "--tenant", entra.TENANT]
    vault.run("add", "ci", *client, *cloud(emulator), "--secret-file", secret)
    before = vault.run("show", "ci").stdout
    own = private(tmp_path / "own", entra.DATABRICKS_SECRET)
    move = ["edit", "ci", "--provider", "databricks", "--workspace", emulator.base, "--secret-file", own]
    # What cannot be done is not half done.
    vault.run(*move, "--client-id", entra.DATABRICKS_PRINCIPAL, "--resource", "a b", status=USAGE)
    assert vault.run("show", "ci").stdout == before
    vault.run(*move, "--client-id", entra.DATABRICKS_PRINCIPAL)
    assert claims(vault.run("issue", "ci", "--force-refresh"))["sub"] == entra.DATABRICKS_PRINCIPAL


# -- with an agent


def test_agent_has_its_own_environment_and_takes_no_command(
    vault: Vaultctl, emulator: Emulator, tmp_path: Path
) -> None:
    file = federated(emulator, tmp_path / "token")
    vault.run("add", "pod", *keyless(emulator), "--federated-token-file", file)
    vault.run("add", "build", *keyless(emulator), "--federated-token-env", "BUILD_TOKEN", "--no-check")
    vault.variables["VAULTCTL_NO_AGENT"] = ""
    vault.run("unlock")
    try:
        vault.variables["VAULTCTL_KEY_FILE"] = ""
        vault.variables["BUILD_TOKEN"] = file.read_text()
        vault.run("issue", "pod", "--force-refresh")
        refused = vault.run("issue", "build", "--force-refresh", status=UNAVAILABLE)
        assert "--no-agent" in refused.stderr
        public = ["--client-id", entra.KEYLESS_APPLICATION, "--tenant", entra.TENANT, "--no-check"]
        command = ["add", "other", *public, "--federated-token-command", f"touch {tmp_path / 'ran'}; cat {file}"]
        vault.run(*command, "--no-input", status=LOCKED)
        assert not (tmp_path / "ran").exists()
        # Nor a place of its own for what gets tokens, nor a variable of the agent's.
        for others in (["--workspace", "https://evil.example", "--secret-file", file], ["--federated-token-env", "HOME"]):
            vault.run("add", "other", *public, *others, "--no-input", status=LOCKED)
        certificate = entra.certificate()
        pem = private(tmp_path / "both.pem", certificate.key + certificate.pem)
        shown = vault.run("add", "signer", *public, "--certificate", pem).json()
        assert shown["credential"]["keyId"] == certificate.sha1.upper()
    finally:
        vault.run("lock")


def test_nothing_of_a_key_is_readable(vault: Vaultctl, emulator: Emulator, tmp_path: Path) -> None:
    certificate = entra.certificate()
    file = private(tmp_path / "both.pem", certificate.key + certificate.pem)
    vault.run("add", "signer", *keyless(emulator), "--certificate", file)
    parts = certificate.key.splitlines()[1:-1]
    assert len(parts) > 20, "there is something to look for"
    for path in vault.home.rglob("*"):
        if stat.S_ISREG(path.lstat().st_mode):
            content = path.read_bytes()
            assert not any(part.encode() in content for part in parts), path
    # What the vault keeps is an unencrypted PEM that other tools read.
    opened = vault.run("show", "signer", "--reveal").stdout
    checked = subprocess.run(["openssl", "pkey", "-noout", "-check"], input=opened, capture_output=True, check=False)
    assert checked.returncode == 0, checked.stderr
