"""Clients as they come from PyPI get their tokens of vaultctl, each in a process of its own: through the az stand-in, the
endpoints of `exec`, and a token of Databricks' own."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import entra_directory as entra
from processes import Emulator, Finished, Vaultctl

SUBSCRIPTION = ["--subscription", entra.SUBSCRIPTION]


@pytest.fixture
def vault(vaultctl: Vaultctl, emulator: Emulator, tmp_path: Path) -> Iterator[Vaultctl]:
    """A vault with one profile, unlocked in an agent."""
    authority = str(emulator.authority_certificate)
    vaultctl.variables |= {"VAULTCTL_CA_FILE": authority, "REQUESTS_CA_BUNDLE": authority}
    passphrase = private(tmp_path / "passphrase", "correct horse battery staple\n")
    unlock = ["--passphrase-file", passphrase]
    vaultctl.run("init", "--no-recovery", "--kdf-memory", "64MiB", "--kdf-passes", "2", *unlock)
    vaultctl.run("slot", "add", "--new-key-file", tmp_path / "key", *unlock)
    vaultctl.variables["VAULTCTL_KEY_FILE"] = str(tmp_path / "key")
    cloud = ["--cloud", "lab", "--authority", emulator.base, "--graph", emulator.base, "--arm", emulator.base]
    client = ["--client-id", entra.APPLICATION, "--tenant", entra.TENANT, "--workspace", emulator.base]
    vaultctl.run("add", "ci", *client, *cloud, *SUBSCRIPTION, "--secret-file", private(tmp_path / "secret", entra.SECRET))
    vaultctl.variables["VAULTCTL_NO_AGENT"] = ""
    vaultctl.run("unlock")
    yield vaultctl
    vaultctl.run("lock")
    emulator.set_token_lifetime(3599)


def private(path: Path, content: str) -> Path:
    path.write_text(content)
    path.chmod(0o600)
    return path


def python(vault: Vaultctl, program: str, *options: str, status: int | None = 0) -> Finished:
    """Runs a program with a profile's tokens."""
    return vault.run("exec", "ci", *options, "--", sys.executable, "-c", program, status=status)


def text(finished: Finished) -> str:
    return finished.stdout.decode().strip()


AZURE_CLI = """
from azure.identity import AzureCliCredential
token = AzureCliCredential().get_token("%s/.default")
import jwt; print(jwt.decode(token.token, options={"verify_signature": False})["appid"])
"""


def test_azure_cli_credential(vault: Vaultctl) -> None:
    assert text(python(vault, AZURE_CLI % entra.DATABRICKS, "--az")) == entra.APPLICATION


def test_a_chain_goes_on_when_the_vault_is_locked_and_stops_when_it_is_refused(vault: Vaultctl) -> None:
    outcome = """
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import AzureCliCredential, CredentialUnavailableError
import subprocess, sys
def outcome(resource):
    try:
        AzureCliCredential().get_token(resource + "/.default")
    except CredentialUnavailableError:
        return "goes on"
    except ClientAuthenticationError as error:
        return "stops at " + str(error)[:30]
print(outcome("api://nobody"))
subprocess.run([%r, "lock"], check=True, capture_output=True)
print(outcome("https://vault.azure.net"))
"""
    program = outcome % str(vault.binary)
    vault.variables["VAULTCTL_KEY_FILE"] = ""
    refused, locked = text(python(vault, program, "--az")).splitlines()
    assert refused.startswith("stops at") and "AADSTS500011" in refused
    assert locked == "goes on"


@pytest.mark.parametrize("options", [["--env", "azure"], ["--az", "--env", "none"], ["--endpoint"]])
def test_default_azure_credential(vault: Vaultctl, options: list[str]) -> None:
    program = (AZURE_CLI % "https://vault.azure.net").replace("AzureCliCredential", "DefaultAzureCredential")
    assert text(python(vault, program, *options)) == entra.APPLICATION


@pytest.mark.parametrize("kind", ["metadata-service", "azure-cli"])
def test_databricks_sdk(vault: Vaultctl, emulator: Emulator, kind: str) -> None:
    # The SDK takes the cloud from the host's name, and the emulator has none of Azure's.
    program = f"""
from databricks.sdk import WorkspaceClient
from databricks.sdk.config import Config
from databricks.sdk.environments import get_environment_for_hostname
azure = get_environment_for_hostname("adb-1.1.azuredatabricks.net")
host = {emulator.base.replace("localhost", "127.0.0.1")!r}
client = WorkspaceClient(config=Config(host=host, auth_type={kind!r}, databricks_environment=azure))
print(client.current_user.me().user_name, "X-Databricks-Azure-SP-Management-Token" in client.config.authenticate())
"""
    options = ["--az", "--env", "none"] if kind == "azure-cli" else []
    if kind == "metadata-service":
        program = "from databricks.sdk import WorkspaceClient; print(WorkspaceClient().current_user.me().user_name, False)"
    assert text(python(vault, program, *options)) == f"{entra.APPLICATION} {kind == 'azure-cli'}"


def test_token_of_databricks_own_is_a_personal_access_token(vault: Vaultctl, emulator: Emulator, tmp_path: Path) -> None:
    secret = private(tmp_path / "databricks-secret", entra.DATABRICKS_SECRET)
    place = ["--provider", "databricks", "--client-id", entra.DATABRICKS_PRINCIPAL, "--workspace", emulator.base]
    vault.run("add", "dbx", *place, "--secret-file", secret, "--no-agent")
    # A process that has the token and nothing else of vaultctl.
    program = "import sys; from databricks.sdk import WorkspaceClient; host, token = sys.argv[1:]; "
    program += "print(WorkspaceClient(host=host, token=token, auth_type='pat').current_user.me().user_name)"
    token = text(vault.run("issue", "dbx", "-o", "raw"))
    used = vault.run("exec", "ci", "--env", "none", "--", sys.executable, "-c", program, emulator.base, token)
    assert text(used) == entra.DATABRICKS_PRINCIPAL


LIVES_ON = """
import time
from databricks.sdk import WorkspaceClient
client, seen, end = WorkspaceClient(), set(), time.monotonic() + 10
while time.monotonic() < end:
    client.current_user.me()  # It throws when the workspace is shown a token that has expired.
    seen.add(client.config.authenticate()["Authorization"])
print(len(seen))
"""


def test_a_client_lives_past_two_lifetimes(vault: Vaultctl, emulator: Emulator) -> None:
    emulator.set_token_lifetime(4)
    assert int(text(python(vault, LIVES_ON))) >= 3
