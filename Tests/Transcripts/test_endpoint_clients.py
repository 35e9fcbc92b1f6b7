"""Unmodified SDKs from PyPI that get their tokens from `vaultctl serve`, told where by the environment alone."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

import contoso
from agent import ASKING, running_agent
from endpoint import Endpoint, running_endpoint
from home import Home
from memory import Canaries

ARM = "https://management.azure.com"
DATABRICKS = "2ff814a6-3304-4ab8-85cb-cd0e6f879c1d"

#: Prints what came of a call: the claims of the token, or the type and the words of the error.
REPORT = """
import base64, json, sys
def report(call):
    try:
        token = call()
    except Exception as error:
        return print(json.dumps({"error": type(error).__name__, "message": str(error)}))
    body = token.split(".")[1]
    print(json.dumps(json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))))
"""

AZURE_IDENTITY = """
from azure.identity import ManagedIdentityCredential
report(lambda: ManagedIdentityCredential().get_token(sys.argv[1] + "/.default").token)
"""
DEFAULT_CREDENTIAL = """
from azure.identity import DefaultAzureCredential
report(lambda: DefaultAzureCredential().get_token(sys.argv[1] + "/.default").token)
"""
USER_ASSIGNED = """
import os
from azure.identity import ManagedIdentityCredential
credential = ManagedIdentityCredential(client_id=os.environ["AZURE_CLIENT_ID"])
report(lambda: credential.get_token(sys.argv[1] + "/.default").token)
"""
MSAL = """
import msal, requests
def token():
    client = msal.ManagedIdentityClient(msal.SystemAssignedManagedIdentity(), http_client=requests.Session())
    answer = client.acquire_token_for_client(resource=sys.argv[1])
    if "access_token" not in answer:
        raise RuntimeError(answer)
    return answer["access_token"]
report(token)
"""
DATABRICKS_SDK = """
from databricks.sdk.core import Config
report(lambda: Config(auth_type="metadata-service").authenticate()["Authorization"].removeprefix("Bearer "))
"""


def python(home: Home) -> tuple[Path | str, dict[str, str]]:
    """An interpreter that the user may run, which finds the SDKs."""
    if os.geteuid() != 0:
        return sys.executable, {}
    # Root's own virtual environment may lie where another user cannot run it, but not where it cannot be read.
    other = shutil.which("python3", path="/usr/bin:/usr/local/bin")
    found = importlib.util.find_spec("msal")
    assert found is not None and found.origin is not None
    packages = str(Path(found.origin).parents[1])
    check = [str(other), "-c", "import sys; print(sys.version_info[:2])"]
    if other is None or subprocess.check_output(check, text=True).strip() != str(sys.version_info[:2]):
        pytest.skip("no interpreter of this version that another user can run")
    return other, {"PYTHONPATH": packages, "PYTHONDONTWRITEBYTECODE": "1"}


def ask(home: Home, program: str, resource: str, variables: Mapping[str, str]) -> dict[str, Any]:
    """What a client reports that sees these variables and no proxy."""
    interpreter, more = python(home)
    client = home.start(interpreter, "-c", REPORT + program, resource, variables={**more, **variables})
    ended = home.end(client)
    assert ended.status == 0, ended.shown()
    found: dict[str, Any] = json.loads(ended.stdout)
    return found


def only(endpoint: Endpoint, *names: str) -> dict[str, str]:
    return {name: endpoint.variables[name] for name in names}


APP_SERVICE = ("IDENTITY_ENDPOINT", "IDENTITY_HEADER")
MACHINE_LEARNING = ("MSI_ENDPOINT", "MSI_SECRET")
IMDS = ("AZURE_POD_IDENTITY_AUTHORITY_HOST",)


@pytest.mark.parametrize("names", [APP_SERVICE, MACHINE_LEARNING, IMDS], ids=["app-service", "azure-ml", "imds"])
@pytest.mark.parametrize("program", [AZURE_IDENTITY, MSAL, USER_ASSIGNED], ids=["azure-identity", "msal", "client-id"])
def test_managed_identity(home: Home, program: str, names: tuple[str, ...]) -> None:
    with running_endpoint(home, "ci", "--allow-audience", ARM) as endpoint:
        variables = {**only(endpoint, *names), "AZURE_CLIENT_ID": contoso.APPLICATION}
        claims = ask(home, program, ARM, variables)
        assert (claims.get("aud"), claims.get("appid")) == (ARM, contoso.APPLICATION), claims
        refused = ask(home, program, "https://vault.azure.net", variables)
        assert "no tokens for https://vault.azure.net" in refused["message"]


def test_cloud_shell(home: Home) -> None:
    with running_endpoint(home) as endpoint:
        where = endpoint.variables["AZURE_POD_IDENTITY_AUTHORITY_HOST"] + "/msi/token"
        assert ask(home, AZURE_IDENTITY, ARM, {"MSI_ENDPOINT": where})["aud"] == ARM


@pytest.mark.parametrize("names", [APP_SERVICE, IMDS], ids=["app-service", "imds"])
def test_default_azure_credential(home: Home, names: tuple[str, ...]) -> None:
    with running_endpoint(home) as endpoint:
        assert ask(home, DEFAULT_CREDENTIAL, ARM, only(endpoint, *names))["aud"] == ARM


def test_databricks(home: Home, stage: Any) -> None:
    with running_endpoint(home) as endpoint:
        variables = only(endpoint, "DATABRICKS_METADATA_SERVICE_URL")
        variables["DATABRICKS_HOST"] = stage.emulator.url
        claims = ask(home, DATABRICKS_SDK, "", {**variables, "REQUESTS_CA_BUNDLE": str(stage.emulator.ca)})
        assert claims.get("aud") == DATABRICKS, claims


@pytest.mark.parametrize("names", [APP_SERVICE, IMDS], ids=["app-service", "imds"])
def test_a_locked_vault_is_told_at_once(home: Home, names: tuple[str, ...]) -> None:
    """And not after the half minute of tries that an SDK has for what may pass."""
    with running_agent(home) as agent, running_endpoint(home, variables=ASKING) as endpoint:
        agent.run("lock")
        refused = ask(home, AZURE_IDENTITY, ARM, only(endpoint, *names))
        assert "vaultctl unlock" in refused["message"], refused
    # Each try would be a line.
    assert endpoint.stop().stderr.count("refused:") == 1


def test_what_was_sent_is_forgotten(home: Home) -> None:
    """A token on its way through lies in locked memory, and in no buffer once it is sent."""
    if os.geteuid() != 0:
        pytest.skip("only root can read the memory of another process")
    with running_agent(home), running_endpoint(home, variables=ASKING) as endpoint:
        tokens = {}
        for number in range(5):
            tokens[f"app service {number}"] = endpoint.app_service(ARM).json["access_token"]
            tokens[f"imds {number}"] = endpoint.imds(DATABRICKS).json["access_token"]
        # The header is there, so that finding nothing else says something.
        held = Canaries.of({"header": endpoint.header}, {}).in_process(endpoint.process.pid)
        assert any(finding.is_locked for finding in held)
        found = Canaries.of(tokens, {}).in_process(endpoint.process.pid)
        outside = [finding for finding in found if not finding.is_locked]
        assert outside == [], "\n".join(map(str, outside))
