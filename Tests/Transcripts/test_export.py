"""`export` writes what others read, takes the passphrase, and is on the record before a secret leaves."""

from __future__ import annotations

import configparser
import csv
import io
import json
import os
import stat
import subprocess
from typing import Any

import pytest

import canaries
import contoso
import terminal
from agent import running_agent
from conftest import Stage
from home import Home
from rotating import certificates
from striking import entries

CLIENT = "77777777-7777-4777-8777-77777777777"
WORKSPACE = "https://adb-1234567890123456.7.azuredatabricks.net"
#: Everything that some form quotes. Looked for in all that is written.
ODD = "~+/=%\"$`\\ '#;,${x}%{y}{z}é-secret-1"
PLAIN = "abc8Q~+/=%\"$`\\{x}.y_z-1234567890"
canaries.SECRETS["secret"] |= {ODD, PLAIN}


def add(home: Home, name: str, number: int, *options: str | os.PathLike[str], secret: str | None = PLAIN) -> None:
    given = [] if secret is None else ["--secret-file", home.write("given", secret + "\n")]
    home.run("add", name, "--client-id", f"{CLIENT}{number}", "--no-check", *given, *options)


@pytest.fixture(scope="module")
def template(stage: Stage) -> Home:
    """A vault with profiles of every sort."""
    home = stage.home()
    tenant = ["--tenant", contoso.TENANT]
    add(home, "plain", 0, *tenant)
    tags = ["--tag", "team=data", "--tag", "prod", "--description", 'für "Ada", 日本\\', "--resource", "arm"]
    add(home, "odd", 1, *tenant, *tags, "--secret-expires", "2027-03-01T12:30:00Z", secret=ODD)
    add(home, "china/x", 2, *tenant, "--cloud", "AzureChinaCloud", "--subscription", contoso.SUBSCRIPTION)
    add(home, "work", 3, *tenant, "--workspace", WORKSPACE, "--resource", "databricks")
    add(home, "dbx", 4, "--provider", "databricks", "--workspace", WORKSPACE, "--tag", "dbx")
    account = ["--provider", "databricks", "--account", contoso.DATABRICKS_ACCOUNT]
    add(home, "dbx-account", 5, *account, "--tag", "dbx")
    made = certificates.make("export")
    pem = home.write("both.pem", made.key + made.pem)
    add(home, "keyed", 6, *tenant, "--certificate", pem, "--send-chain", "--assertion-algorithm", "rs256", secret=None)
    add(home, "federated", 7, *tenant, "--federated-token-file", "/var/run/token file", secret=None)
    add(home, "by-command", 8, *tenant, "--federated-token-command", "gh token | jq -r '.x'", secret=None)
    return home


@pytest.fixture
def full(stage: Stage, template: Home) -> Home:
    stage.emulator.clear()
    return template.copy(stage.homes)


@pytest.fixture(scope="module")
def bare(stage: Stage) -> Home:
    """A vault without profiles."""
    home = stage.home()
    home.run("remove", "ci", "payroll", "prod/etl", "--yes")
    return home


def exported(home: Home, form: str, *names: str, status: int = 0) -> str:
    return home.run("export", "--to", form, "-", *names, status=status, allowed=["secret"]).stdout


def profiles(home: Home) -> dict[str, dict[str, Any]]:
    """All that `list` says, but for what a vault makes itself."""
    found = {}
    for profile in json.loads(home.run("list", "-o", "json").stdout):
        for key in ("id", "createdAt", "updatedAt"):
            profile.pop(key)
        profile["credential"].pop("storedAt")
        found[profile["name"]] = profile
    return found


def secret(home: Home, name: str) -> str:
    return home.run("show", name, "--reveal", allowed=["secret"]).stdout


def test_json_and_csv_say_everything(full: Home) -> None:
    objects = json.loads(exported(full, "json", "--all"))
    rows = list(csv.DictReader(io.StringIO(exported(full, "csv", "--all"), newline="")))
    assert [one["name"] for one in objects] == [row["name"] for row in rows] == sorted(profiles(full))
    for one, row in zip(objects, rows, strict=True):
        stored = secret(full, one["name"]).removesuffix("\n")
        assert (one.get("secret") or one.get("certificate") or "") == (row["secret"] or row["certificate"]) == stored
        assert one["clientId"] == row["client_id"]
        assert one.get("description", "") == row["description"]
        assert ",".join(one.get("tags", [])) == row["tags"]


def test_the_others_are_read_as_their_tools_do(full: Home) -> None:
    [entry] = json.loads(exported(full, "az", "odd"))
    assert entry == {"client_id": f"{CLIENT}1", "tenant": contoso.TENANT, "client_secret": ODD}
    login = json.loads(exported(full, "rbac", "china/x"))
    assert (login["clientSecret"], login["subscriptionId"]) == (PLAIN, contoso.SUBSCRIPTION)
    assert login["activeDirectoryEndpointUrl"] == "https://login.chinacloudapi.cn"
    config = configparser.RawConfigParser()
    config.read_string(exported(full, "databricks", "work", "dbx", "dbx-account"))
    assert config["work"]["azure_client_secret"] == config["dbx"]["client_secret"] == PLAIN
    assert config["dbx-account"]["account_id"] == contoso.DATABRICKS_ACCOUNT
    script = exported(full, "env", "odd") + 'printf %s "$AZURE_CLIENT_SECRET"'
    assert subprocess.run(["sh", "-c", script], capture_output=True, check=True, text=True).stdout == ODD
    script = exported(full, "env", "odd", "china/x", "federated") + 'printf %s "$CHINA_X_AZURE_CLIENT_SECRET"'
    assert subprocess.run(["sh", "-c", script], capture_output=True, check=True, text=True).stdout == PLAIN
    assert '"~+/=%\\"$`\\\\ \'#;,$${x}%%{y}{z}é-secret-1"' in exported(full, "terraform", "odd")


@pytest.mark.parametrize(
    "form, names, why",
    [
        ("az", ["china/x"], "another cloud"),
        ("az", ["dbx"], "Databricks' own"),
        ("az", ["plain", "keyed"], "certificate"),
        ("rbac", ["keyed"], "certificate"),
        ("rbac", ["plain", "odd"], "one service principal"),
        ("env", ["by-command"], "does not come from a file"),
        ("env", ["ci"], "another cloud"),
        ("terraform", ["federated"], "no secret"),
        ("databricks", ["plain"], "no workspace"),
    ],
)
def test_what_a_form_cannot_say_is_an_error(full: Home, form: str, names: list[str], why: str) -> None:
    before = entries(full)
    ended = full.run("export", "--to", form, "out", *names, status=64)
    assert why in ended.errors[0]
    assert not (full.path / "out").exists()
    assert entries(full) == before


@pytest.mark.parametrize("form", ["csv", "json"])
def test_a_secret_that_is_no_text_is_an_error(full: Home, form: str) -> None:
    for number, odd in enumerate([b"zero\0byte-secret", b"\xff\xfe-not-utf8"]):
        given = ["--secret-file", full.write("given", odd)]
        full.run("add", f"raw{number}", "--client-id", f"{CLIENT}9", "--tenant", contoso.TENANT, "--no-check", *given)
        assert "not UTF-8 without zero bytes" in full.run("export", "--to", form, "out", f"raw{number}", status=64).stderr
        assert not (full.path / "out").exists()


def test_who_is_named_twice_is_written_once(full: Home) -> None:
    assert [one["name"] for one in json.loads(exported(full, "json", "plain", "odd", "plain"))] == ["plain", "odd"]


def test_the_file_is_new_and_private(full: Home) -> None:
    ended = full.run("export", "--to", "csv", "out.csv", "plain", "odd", "--reason", "a move")
    assert json.loads(ended.stdout) == {"file": str(full.path / "out.csv"), "form": "csv", "profiles": 2}
    assert "2 profiles left the vault IN CLEAR" in ended.stderr
    assert stat.S_IMODE((full.path / "out.csv").stat().st_mode) == 0o600
    content = (full.path / "out.csv").read_bytes()
    full.run("export", "--to", "csv", "out.csv", "plain", status=73)
    assert (full.path / "out.csv").read_bytes() == content
    (full.path / "link").symlink_to("elsewhere")
    full.run("export", "--to", "csv", "link", "plain", status=73)
    assert not (full.path / "elsewhere").exists()


def test_each_profile_is_on_the_record(full: Home) -> None:
    before = len(entries(full))
    exported(full, "json", "plain", "odd", "--reason", "a move")
    made = entries(full)[before:]
    assert [(one["action"], one["outcome"], one["profile"], one["reason"]) for one in made] == [
        ("export", "ok", "plain", "a move"),
        ("export", "ok", "odd", "a move"),
    ]
    assert made[0]["detail"] == "as json to standard output"
    found = full.run("audit", "list", "--exposed-since", "1d").stdout
    assert {"plain", "odd"} <= {line.split("\t")[0] for line in found.splitlines()}


def test_no_entry_no_secret(full: Home, stage: Stage) -> None:
    """Where the record cannot be written nothing leaves."""
    strike = {
        "LD_PRELOAD": str(stage.shim),
        "FAULT_UNDER": str(full.path / ".local"),
        "FAULT_CALLS": "write",
        "FAULT_AT": "1",
        "FAULT_LASTING": "1",
        "FAULT_ERRNO": "28",
    }
    ended = full.run("export", "--to", "json", "-", "plain", status=None, variables=strike)
    assert ended.status == 74 and not ended.stdout
    full.run("export", "--to", "json", "out", "plain", status=74, variables=strike)
    assert not (full.path / "out").exists()


def test_the_agent_is_not_asked(full: Home) -> None:
    with running_agent(full) as agent:
        locked = {"VAULTCTL_KEY_FILE": ""}
        agent.run("issue", "ci", variables=locked, allowed=["token"])
        agent.run("export", "--to", "json", "-", "plain", variables=locked, status=77)


def test_a_terminal_is_shown_no_secret(full: Home) -> None:
    shown = terminal.run(full, "vaultctl export --to json - plain")
    assert "error: secrets are not written to a terminal" in shown.lines


def test_selections(full: Home) -> None:
    assert len(json.loads(exported(full, "json", "--tag", "dbx"))) == 2
    full.run("export", "--to", "json", "-", status=64)
    full.run("export", "--to", "json", "-", "nobody", status=66)
    full.run("export", "--to", "json", "-", "--tag", "nobody", status=66)
    full.run("export", "--to", "xml", "-", "plain", status=64)


@pytest.mark.parametrize("form", ["json", "csv"])
def test_what_is_exported_and_imported_is_the_same_vault(full: Home, bare: Home, stage: Stage, form: str) -> None:
    full.run("export", "--to", form, "all", "--all")
    other = bare.copy(stage.homes)
    other.write("all", (full.path / "all").read_bytes())
    before = profiles(full)
    for result in ("added", "there already"):
        told = json.loads(other.run("import", "--from", form, "all", "--allow-commands", "-o", "json").stdout)
        assert {one["result"] for one in told} == {result}
        assert profiles(other) == before
    for name, profile in before.items():
        if profile["credential"]["kind"] != "federated":
            assert secret(other, name) == secret(full, name)
    other.remove()


@pytest.mark.parametrize(
    "form, names",
    [
        ("az", ["plain", "odd"]),
        ("rbac", ["china/x"]),
        ("env", ["odd"]),
        ("env", ["plain", "odd", "china/x", "dbx", "dbx-account", "federated"]),
        ("terraform", ["odd"]),
        ("terraform", ["plain", "odd", "china/x"]),
        ("databricks", ["work", "dbx", "dbx-account"]),
    ],
)
def test_the_others_come_back_as_far_as_they_can_say(
    full: Home, bare: Home, stage: Stage, form: str, names: list[str]
) -> None:
    full.run("export", "--to", form, "some", *names)
    other = bare.copy(stage.homes)
    other.write("some", (full.path / "some").read_bytes())
    other.run("import", "--from", form, "some")
    before, after = profiles(full), profiles(other)
    assert len(after) == len(names)
    by_client = {profile["clientId"]: profile for profile in after.values()}
    for name in names:
        one, same = before[name], by_client[before[name]["clientId"]]
        for key in ("tenant", "authority", "graph", "arm", "provider", "account", "accountsHost"):
            assert one[key] == same[key], key
        assert one["credential"]["assertionFrom"] == same["credential"]["assertionFrom"]
        if one["credential"]["kind"] == "client-secret":
            assert secret(full, name) == secret(other, same["name"])
        if form == "databricks":
            assert one["workspace"] == same["workspace"] and same["name"] == name
    other.remove()
