"""The az stand-in: what real az 2.91 was recorded to print, byte for byte, and what the client libraries make of it."""

from __future__ import annotations

import json
import os
import re
import sqlite3
import stat
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import contoso
from agent import Agent, running_agent
from az import (
    ARM,
    DATABRICKS,
    NOT_LOGGED_IN,
    PROFILE,
    Az,
    Row,
    add_profile,
    local_time,
    logged_in,
    now,
    pattern,
    recorded,
    subscribed,
)
from conftest import Stage
from home import Ended, Home

#: Rows that are answered in another way, and why. The text is what standard error has instead.
OTHERWISE: dict[tuple[str, ...], tuple[str, str]] = {
    ("account", "get-access-token", "--scope", "a/.default", "b/.default"): (
        "ERROR: a token is for one resource, and 2 scopes were given\nvaultctl: hint: give one --scope\n",
        "the recording's token service took any scope; Entra refuses two resources, and a token of the first alone"
        " would not be what was asked for",
    ),
}
ROWS = recorded()


@pytest.fixture(scope="module")
def unlocked(stage: Stage) -> Iterator[tuple[Az, Agent]]:
    with logged_in(stage) as found:
        yield found


@pytest.fixture
def az(unlocked: tuple[Az, Agent]) -> Az:
    return unlocked[0]


@pytest.fixture
def locked(home: Home) -> Az:
    """A vault that nobody has unlocked, and nothing to unlock it with."""
    add_profile(home, PROFILE, *subscribed())
    return Az.make(home)


# The recording


def test_the_recording_is_whole() -> None:
    assert len(ROWS) == 74
    assert {row.state for row in ROWS} == {"logged in", "not logged in"}
    assert set(OTHERWISE) <= {row.argv for row in ROWS}


@pytest.mark.parametrize("row", [row for row in ROWS if row.state == "logged in"], ids=str)
def test_row(az: Az, row: Row) -> None:
    ended = az.run(*row.argv, variables=row.env)
    if row.argv in OTHERWISE:
        assert (ended.status, ended.stdout, ended.stderr) == (1, "", OTHERWISE[row.argv][0])
        return
    _check(row, ended, said=ended.stderr.splitlines(keepends=True)[0] if row.stderr_is_prefix else ended.stderr)


@pytest.mark.parametrize("row", [row for row in ROWS if row.state == "not logged in"], ids=str)
def test_row_without_a_login(locked: Az, row: Row) -> None:
    """az's bytes come first, and what can be done about it, which az does not know, follows in lines of vaultctl's own: those
    are all that differs from the recording."""
    ended = locked.run(*row.argv, variables=row.env)
    lines = ended.stderr.splitlines(keepends=True)
    hints = [line for line in lines if line.startswith("vaultctl: ")]
    assert "vaultctl unlock" in "".join(hints)
    _check(row, ended, said="".join(line for line in lines if line not in hints))
    assert lines[-len(hints) :] == hints, ended.shown()


def _check(row: Row, ended: Ended, said: str) -> None:
    assert ended.status == row.status, ended.shown()
    assert pattern(row.stdout).fullmatch(ended.stdout), ended.shown()
    assert pattern(row.stderr).fullmatch(said), ended.shown()


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kolkata", "America/New_York"])
def test_both_times_are_the_same_moment(az: Az, zone: str) -> None:
    ended = az.run("account", "get-access-token", variables={"TZ": zone})
    answer = json.loads(ended.stdout)
    assert answer["expiresOn"] == local_time(answer["expires_on"], zone)
    assert now() + 600 < answer["expires_on"] <= now() + 3600


def test_the_token_is_for_what_was_asked(locked: Az, stage: Stage) -> None:
    az = Az(locked.home, locked.folder, {**locked.variables, "VAULTCTL_KEY_FILE": str(locked.home.path / "key")})
    for words in (["--resource", "https://vault.azure.net"], ["--scope", "https://storage.azure.com/.default"],
                  ["--resource-type", "MS-Graph"], ["--resource", ""], ["--scope", "--resource", "https://datalake.azure.net/"],
                  ["--scope", "https://vault.azure.cn/.default", "--resource", "x", "--resource-type", "batch"],
                  ["--resource-type", "data-lake", "--resource", DATABRICKS + "/"]):  # fmt: skip
        assert az.json("account", "get-access-token", *words)["tokenType"] == "Bearer"
    asked = [request["resource"] for request in stage.emulator.token_requests()]
    assert asked == [
        "https://vault.azure.net/.default", "https://storage.azure.com/.default", "https://graph.microsoft.com//.default",
        f"{ARM}/.default", "https://datalake.azure.net//.default", "https://vault.azure.cn/.default",
        DATABRICKS + "//.default",
    ]  # fmt: skip


# Spellings that the table does not have


@pytest.mark.parametrize(
    "words, stdout",
    [
        ("account show --query id --out tsv", "33333333-3333-4333-8333-333333333333\n"),
        ("account show --query=name -oJSON", '"Fake Sub"\n'),
        ("account show -o tsv -o=json --qu name", '"Fake Sub"\n'),
        ("account show -sFAKE\tSUB --query name -o tsv", "Fake Sub\n"),
        ("account show --nam 33333333-3333-4333-8333-333333333333 --query isDefault -o tsv", "true\n"),
        ("account show --query [name,isDefault] -o tsv", "Fake Sub\ntrue\n"),
        ("account show --query [[name,isDefault]] -o tsv", "Fake Sub\tTrue\n"),
        ("account show --query managedByTenants -o tsv", ""),
        ("account show --query [managedByTenants] -o tsv", "\n"),
        ("account show --query user -o yaml", "name: 22222222-2222-4222-8222-222222222222\ntype: servicePrincipal\n"),
        ("account show --query {n:name,u:user,m:managedByTenants} -o yamlc",
         "m: []\nn: Fake Sub\nu:\n  name: 22222222-2222-4222-8222-222222222222\n  type: servicePrincipal\n"),
        ("account list --query [].[name,state] -o table", "Column1    Column2\n---------  ---------\nFake Sub   Enabled\n"),
        ("account show --query {id:id,type:name,etag:name,n:name,m:managedByTenants,z:nothing} -o table",
         "N\n--------\nFake Sub\n"),
        ("account list --all --refresh --query [].user.type -o jsonc", '[\n  "servicePrincipal"\n]\n'),
        ("account list --query [?state!='Enabled'] -o table", "\n"),
        ("account list --query [?isDefault==`true`&&name].id|[0] -o tsv", "33333333-3333-4333-8333-333333333333\n"),
        ("account list -o table",
         "Name      CloudName    SubscriptionId                        TenantId                              State    IsDefault\n"
         "--------  -----------  ------------------------------------  ------------------------------------  -------  -----------\n"
         "Fake Sub  fake         33333333-3333-4333-8333-333333333333  11111111-1111-4111-8111-111111111111  Enabled  True\n"),
        ("account set --name fake\tsub", ""),
        ('version --query "azure-cli" -o tsv', "2.91.0\n"),
    ],
)  # fmt: skip
def test_other_spellings(az: Az, words: str, stdout: str) -> None:
    ended = az.run(*(word.replace("\t", " ") for word in words.split(" ")))
    assert (ended.status, ended.stderr) == (0, ""), ended.shown()
    assert ended.stdout == stdout


@pytest.mark.parametrize(
    "words, stderr",
    [
        ("account get-access-token -o", "argument --output/-o: expected one argument"),
        ("account get-access-token --tenant --resource x", "argument --tenant/-t: expected one argument"),
        ("account get-access-token x y", "unrecognized arguments: x y"),
        ("account get-access-token --verbose=1", "argument --verbose: ignored explicit argument '1'"),
        ("account get-access-token --resource-type ARM --s x",
         "ambiguous option: --s could match --subscription, --scope"),
        ("account get-access-token --resource-type nope",
         "az account get-access-token: 'nope' is not a valid value for '--resource-type'. Allowed values: oss-rdbms, arm,"
         " aad-graph, ms-graph, batch, media, data-lake."),
        ("account set", "the following arguments are required: --subscription/-s/--name/-n"),
        ("version --query azure-cli", "argument --query: invalid jmespath_type value: 'azure-cli'"),
        ("account show --query a'b", "argument --query: invalid jmespath_type value: \"a'b\""),
        ("account show --client-secret=swordfish", "a secret is never an argument: there is no --client-secret"),
    ],
)  # fmt: skip
def test_what_was_typed_wrong(az: Az, words: str, stderr: str) -> None:
    ended = az.run(*words.split(" "))
    assert (ended.status, ended.stdout) == (2, "")
    assert ended.stderr.splitlines()[0] == "ERROR: " + stderr
    assert "swordfish" not in ended.stderr


@pytest.mark.parametrize("query", ["@" + "[]" * 2040, "a" + ".a" * 1500, "!" * 4000 + "a", "(" * 2000 + "a" + ")" * 2000])
def test_a_query_of_any_length_is_answered_or_refused(az: Az, query: str) -> None:
    ended = az.run("version", "--query", query)
    assert ended.status in (0, 2), ended.shown()


def test_a_format_of_the_environment_that_is_none(az: Az) -> None:
    ended = az.run("version", variables={"AZURE_CORE_OUTPUT": "nope"})
    assert (ended.status, ended.stdout) == (2, "")
    assert az.run("version", variables={"AZURE_CORE_OUTPUT": "None"}).stdout == ""


# The token in every format


@pytest.mark.parametrize("query, count", [("accessToken", 1), ("[accessToken,tenant,accessToken]", 2), ("{b:accessToken}", 1)])
def test_the_token_is_where_it_belongs_in_every_format(az: Az, query: str, count: int) -> None:
    token = az.json("account", "get-access-token")["accessToken"]
    for form in ("json", "yaml", "tsv", "table"):
        ended = az.run("account", "get-access-token", "--query", query, "-o", form)
        assert (ended.status, ended.stderr) == (0, ""), ended.shown()
        assert ended.stdout.count(token) == count
    table = az.run("account", "get-access-token", "-o", "table").stdout.splitlines()
    assert [len(line) for line in table[1:2]] == [len(token) + 26 + 12 + 36 + 36 + 11 + 10]
    assert table[2].startswith(token + "  20")


def test_nothing_is_decided_by_the_text_of_the_token(az: Az) -> None:
    ended = az.run("account", "get-access-token", "--query", "accessToken == 'x'")
    assert (ended.status, ended.stdout) == (2, "")
    assert "comparing the token" in ended.stderr


# What client libraries run


AZURE_SDKS = {
    "python": ["account", "get-access-token", "--output", "json", "--resource", ARM],
    "python, tenant": ["account", "get-access-token", "--output", "json", "--resource", ARM, "--tenant", contoso.TENANT],
    "python, subscription": ["account", "get-access-token", "--output", "json", "--resource", ARM, "--subscription", "Fake Sub"],
    "databricks, python": ["account", "get-access-token", "--resource", DATABRICKS, "--output", "json"],
    "databricks, subscription": [
        "account", "get-access-token", "--resource", DATABRICKS, "--output", "json", "--subscription", contoso.SUBSCRIPTION
    ],
    "databricks, tenant": [
        "account", "get-access-token", "--resource", DATABRICKS, "--output", "json", "--tenant", contoso.TENANT
    ],
    "databricks, management": ["account", "get-access-token", "--resource", ARM, "--output", "json"],
    "terraform": ["account", "get-access-token", "--scope", f"{ARM}/.default", "--tenant", contoso.TENANT, "-o=json"],
}  # fmt: skip


@pytest.mark.parametrize("words", AZURE_SDKS.values(), ids=AZURE_SDKS)
def test_libraries_that_run_az_itself(az: Az, words: list[str]) -> None:
    ended = az.run(*words, variables={"AZURE_CORE_NO_COLOR": "true"})
    assert (ended.status, ended.stderr) == (0, ""), ended.shown()
    # Python's library looks for this with one space, to mask it.
    assert '"accessToken": "' in ended.stdout
    answer = json.loads(ended.stdout)
    assert ("subscription" in answer) == ("--tenant" not in words)


@pytest.mark.parametrize(
    "line",
    [
        f"az account get-access-token -o json --resource {ARM}",
        f"az account get-access-token -o json --resource {ARM} --tenant {contoso.TENANT}",
        f'az account get-access-token -o json --resource {ARM} --subscription "Fake Sub"',
        f"az account get-access-token --output json --resource {ARM}",
        f"az account get-access-token --output json --resource {ARM} --tenant {contoso.TENANT}",
    ],
)
def test_libraries_that_run_a_shell(az: Az, line: str) -> None:
    ended = az.shell(line)
    assert (ended.status, ended.stderr) == (0, ""), ended.shown()
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}", json.loads(ended.stdout)["expiresOn"])


def test_databricks_with_the_id_of_a_workspace_goes_on_without_the_subscription(az: Az) -> None:
    """It names both, which az refuses; what it looks for in the refusal is that there is one."""
    words = ["account", "get-access-token", "--resource", DATABRICKS, "--output", "json"]
    both = az.run(*words, "--subscription", contoso.SUBSCRIPTION, "--tenant", contoso.TENANT)
    assert (both.status, both.stdout) == (1, ""), both.shown()
    assert az.json(*words, "--tenant", contoso.TENANT)["tenant"] == contoso.TENANT


def test_without_a_path_of_their_own(az: Az) -> None:
    """As .NET's library gives one where the environment has none."""
    ended = az.run("account", "get-access-token", "--output", "json", "--resource", ARM, variables={"PATH": "/usr/bin:/usr/local/bin"})
    assert (ended.status, ended.stderr) == (0, ""), ended.shown()


def test_what_go_and_terraform_look_at(az: Az) -> None:
    assert az.json("account", "show", "--output", "json")["user"]["name"] == contoso.APPLICATION
    assert az.json("version", "-o=json")["azure-cli"] == "2.91.0"
    account = az.json("account", "show", "-o=json")
    assert account["user"] == {"name": contoso.APPLICATION, "type": "servicePrincipal"}
    assert (account["tenantId"], account["id"]) == (contoso.TENANT, contoso.SUBSCRIPTION)
    assert re.search(r"^azure-cli +2\.91\.0$", az.run("--version").stdout, re.MULTILINE)


def test_another_tenant_than_the_profiles(az: Az) -> None:
    """az warns and goes on. In the words there must be nothing that the JavaScript library takes for a missing login."""
    words = ["account", "get-access-token", "--tenant", "contoso.onmicrosoft.com", "--query", "tenant", "-o", "tsv"]
    ended = az.run(*words)
    assert (ended.status, ended.stdout) == (0, "contoso.onmicrosoft.com\n")
    assert ended.stderr == (
        f"WARNING: Could not retrieve credential from local cache for service principal {contoso.APPLICATION} under tenant"
        f" contoso.onmicrosoft.com. Trying credential under tenant {contoso.TENANT}, assuming that is an app credential.\n"
    )
    assert az.run(*words, "--only-show-errors").stderr == ""
    assert az.run(*words, variables={"AZURE_CORE_ONLY_SHOW_ERRORS": "yes"}).stderr == ""


def test_one_call_is_one_entry(az: Az, unlocked: tuple[Az, Agent]) -> None:
    agent = unlocked[1]
    with agent.client() as client:
        before = client.entries()
        az.json("account", "get-access-token", "--resource", DATABRICKS, "--tenant", contoso.TENANT)
        az.json("account", "show")
        assert client.entries() == before + 1


def test_a_token_has_half_its_life_left(az: Az, stage: Stage) -> None:
    """With less the Databricks libraries ask again and again."""
    stage.emulator.clear()
    lifetime = 8
    stage.emulator.set_token_lifetime(lifetime)
    words = ["account", "get-access-token", "--resource", "https://servicebus.azure.net"]
    seen: dict[str, int] = {}
    while not seen or time.time() < min(seen.values()) + 1:
        asked = time.time()
        told = az.json(*words)
        # Told in whole seconds, never later than it is.
        assert asked + lifetime / 2 - 1 < told["expires_on"], seen
        seen[told["accessToken"]] = told["expires_on"]
    # Each was given again as long as it had enough.
    assert 2 <= len(seen) <= 4
    stage.emulator.clear()


def test_a_token_with_half_its_life_left_is_given_again(az: Az, stage: Stage) -> None:
    """Of none can there be one that lives longer."""
    stage.emulator.clear()
    stage.emulator.set_token_lifetime(1800)
    resource = ["account", "get-access-token", "--resource", "https://eventhubs.azure.net"]
    first = az.json(*resource)
    assert az.json(*resource)["accessToken"] == first["accessToken"]
    assert len(stage.emulator.token_requests()) == 1
    stage.emulator.clear()


# Login and the like


def test_a_login_is_not_needed(az: Az) -> None:
    secret = "Sw0rdfish~of.a.login"
    ended = az.run("login", "--service-principal", "-u", contoso.APPLICATION, "-p", secret, "-t", contoso.TENANT)
    assert (ended.status, json.loads(ended.stdout)) == (0, az.json("account", "list"))
    assert "az login" not in ended.stderr and ended.stderr.startswith("vaultctl: ")
    assert secret not in ended.stdout + ended.stderr
    other = az.run("login", "--service-principal", "-u", contoso.SECOND_APPLICATION, "-p", secret, "-t", "x")
    assert (other.status, other.stdout) == (1, "")
    assert secret not in other.stderr
    for words in (["--pasword", secret], [f"--service-principal={secret}"], ["-o", secret], [secret], [f"-x{secret}"]):
        strange = az.run("login", "--service-principal", "-u", "x", *words)
        assert strange.status == 2 and secret not in strange.stderr
    assert az.run("logout").status == 0
    assert az.run("account", "show").status == 0


# Nobody is logged in


TOKEN = ["account", "get-access-token", "--resource", ARM, "-o", "json"]


def _is_no_login(ended: Ended, why: str) -> None:
    """What every library takes for a credential that is not there (`wire.md` 4.2)."""
    assert (ended.status, ended.stdout) == (1, ""), ended.shown()
    lines = ended.stderr.splitlines()
    assert lines[0] == NOT_LOGGED_IN
    assert all(line.startswith("vaultctl: ") for line in lines[1:])
    assert why in ended.stderr
    assert "AADSTS" not in ended.stderr


def test_a_locked_vault_asks_nobody(locked: Az) -> None:
    for words in (TOKEN, ["account", "show"], [*TOKEN, "--subscription", "x"], [*TOKEN, "--tenant", "x"]):
        _is_no_login(locked.run(*words), "locked")
    with running_agent(locked.home, unlocked=False):
        _is_no_login(locked.run(*TOKEN), "locked")
        _is_no_login(locked.run("account", "show"), "locked")


def test_a_locked_vault_waits_for_nobody(locked: Az) -> None:
    """Standard input that never ends, as a terminal's: nothing is read from it."""
    reader, writer = os.pipe()
    try:
        ended = locked.home.end(locked.start(locked.program, *TOKEN, stdin=reader))
    finally:
        os.close(reader)
        os.close(writer)
    _is_no_login(ended, "locked")


@pytest.mark.parametrize(
    "variables, why",
    [
        ({"VAULTCTL_PROFILE": ""}, "VAULTCTL_PROFILE"),
        ({"VAULTCTL_PROFILE": "../x"}, "VAULTCTL_PROFILE"),
        ({"VAULTCTL_PROFILE": "nobody"}, "nobody"),
        ({"VAULTCTL_VAULT": "/nowhere/vault.db"}, "no vault"),
        ({"XDG_DATA_HOME": "relative"}, ""),
        ({"VAULTCTL_KEY_FILE": "/nowhere/key"}, None),
        ({"VAULTCTL_VAULT": "passphrase"}, None),
        ({"VAULTCTL_VAULT": "/etc/passwd"}, "another user"),
    ],
)
def test_odd_surroundings(locked: Az, variables: dict[str, str], why: str | None) -> None:
    key = {"VAULTCTL_KEY_FILE": str(locked.home.path / "key")}
    if variables.get("VAULTCTL_VAULT") == "passphrase":
        variables = {"VAULTCTL_VAULT": str(locked.home.path / "passphrase")}
    ended = locked.run(*TOKEN, variables={**key, "VAULTCTL_NO_AGENT": "1", **variables})
    if why is None:
        # Something is wrong, which no other credential may hide.
        assert (ended.status, ended.stdout) == (1, "")
        assert ended.stderr.startswith("ERROR: ") and "az login" not in ended.stderr
    elif why:
        _is_no_login(ended, why)
    else:
        assert ended.status == 0, ended.shown()


def test_without_an_agent_the_environment_unlocks(locked: Az) -> None:
    for variables in ({"VAULTCTL_KEY_FILE": str(locked.home.path / "key")},
                      {"VAULTCTL_PASSPHRASE_FILE": str(locked.home.path / "passphrase")}):  # fmt: skip
        ended = locked.run(*TOKEN, variables=variables)
        assert (ended.status, ended.stderr) == (0, ""), ended.shown()
        assert json.loads(ended.stdout)["subscription"] == contoso.SUBSCRIPTION
    _is_no_login(locked.run(*TOKEN, variables={"VAULTCTL_PASSPHRASE_FILE": str(locked.home.path / "secret")}), "passphrase")


def test_a_vault_that_was_tampered_with_stops_a_chain(locked: Az) -> None:
    with sqlite3.connect(locked.home.vault) as database:
        database.execute("delete from profile where id = (select min(id) from profile)")
    database.close()
    ended = locked.run(*TOKEN, variables={"VAULTCTL_KEY_FILE": str(locked.home.path / "key")})
    assert (ended.status, ended.stdout) == (1, "")
    assert ended.stderr.startswith("ERROR: ") and "az login" not in ended.stderr


# The provider


def test_a_wrong_secret_has_azs_own_advice(home: Home) -> None:
    add_profile(home)
    home.run("add", "other", "--client-id", contoso.APPLICATION, "--tenant", contoso.TENANT,
             *home.variables["CLOUD"].split(), "--secret-file", home.path / "wrong-secret", "--no-check")  # fmt: skip
    with running_agent(home):
        ended = Az.make(home, VAULTCTL_PROFILE="other").run(*TOKEN)
    assert (ended.status, ended.stdout) == (1, "")
    first, second = ended.stderr.splitlines()
    assert pattern(
        "ERROR: AADSTS7000215: Invalid client secret provided. Ensure the secret being sent in the request is the client"
        f" secret value, not the client secret ID, for a secret added to app '{contoso.APPLICATION}'. Trace ID: <GUID>"
        " Correlation ID: <GUID> Timestamp: <TIME>"
    ).fullmatch(first)
    assert second.startswith("The error may be caused by passing a service principal certificate with --password.")


@pytest.mark.parametrize("fault", ["server-error", "html"])
def test_a_provider_in_trouble_stops_a_chain(stage: Stage, home: Home, fault: str) -> None:
    add_profile(home)
    stage.emulator.set_fault(fault)
    ended = Az.make(home).run(*TOKEN, variables={"VAULTCTL_KEY_FILE": str(home.path / "key")})
    assert (ended.status, ended.stdout) == (1, ""), ended.shown()
    assert ended.stderr.startswith("ERROR: the identity provider") and "az login" not in ended.stderr


def test_without_a_subscription(home: Home) -> None:
    """A tenant-level account, as az has it."""
    add_profile(home)
    az = Az.make(home, VAULTCTL_KEY_FILE=str(home.path / "key"))
    assert az.json(*TOKEN)["subscription"] == contoso.TENANT
    account = az.json("account", "show", "-s", "n/a(TENANT level account)")
    assert sorted(account) == ["environmentName", "id", "isDefault", "name", "state", "tenantId", "user"]
    assert (account["id"], account["name"]) == (contoso.TENANT, "N/A(tenant level account)")


def test_a_subscription_without_a_name_has_its_id_for_one(home: Home) -> None:
    add_profile(home, PROFILE, "--subscription", contoso.SUBSCRIPTION)
    az = Az.make(home, VAULTCTL_KEY_FILE=str(home.path / "key"))
    assert az.json("account", "show")["name"] == contoso.SUBSCRIPTION


# Another az


def _script(az: Az, name: str, content: str) -> Path:
    folder = az.home.path / name
    folder.mkdir(mode=0o755)
    az.home.user.take(folder)
    return az.home.write(f"{name}/az", "#!/bin/sh\n" + content, mode=0o755).parent


@pytest.fixture
def real(locked: Az) -> dict[str, str]:
    """A `PATH` with another az after ours, which tells what it was called with."""
    tells = 'printf "%s|" "$@" "$AZURE_CONFIG_DIR" "$VAULTCTL_PROFILE" "$(umask)"; echo; cat; exit 42\n'
    folder = _script(locked, "real", tells)
    return {"PATH": f"relative:{locked.folder}:{folder}:/usr/bin:/bin", "VAULTCTL_KEY_FILE": str(locked.home.path / "key")}


def test_what_is_not_answered_goes_to_the_next_az(locked: Az, real: dict[str, str]) -> None:
    for words in (["storage", "blob list", "-o", "table"], ["account", "clear"], ["login"], ["account", "show", "-h"], []):
        ended = locked.run(*words, variables=real)
        assert ended.status == 42, ended.shown()
        assert ended.stdout == "|".join([*words, "", PROFILE, "0022", "\n"])


def test_the_next_az_has_the_profiles_own_directory(locked: Az, real: dict[str, str]) -> None:
    directory = locked.home.path / "azure"
    locked.home.run("edit", PROFILE, "--tag", f"azure-config-dir={directory}")
    assert locked.run("group", "list", variables=real).stdout.split("|")[2] == str(directory)
    # Whose az it would be is not guessed.
    _is_no_login(locked.run("group", "list", variables={**real, "VAULTCTL_KEY_FILE": ""}), "locked")
    without = locked.run("group", variables={**real, "VAULTCTL_KEY_FILE": "", "VAULTCTL_PROFILE": ""})
    assert (without.status, without.stdout.split("|")[1]) == (42, "")
    locked.home.run("edit", PROFILE, "--untag", "azure-config-dir", "--tag", "azure-config-dir=x")
    ended = locked.run("group", variables=real)
    assert (ended.status, ended.stdout) == (1, "") and "absolute" in ended.stderr


def test_there_is_no_other_az(locked: Az) -> None:
    ended = locked.run("storage", "account", "list")
    assert (ended.status, ended.stdout) == (127, "")
    assert ended.stderr.startswith("ERROR: vaultctl stands in for az") and "no other az" in ended.stderr
    assert "EXAMPLE" in locked.run("--help").stdout


def test_a_call_is_not_handed_on_for_ever(locked: Az) -> None:
    vaultctl = locked.home.programs / "vaultctl"
    becoming = _script(locked, "becoming", f'exec "{vaultctl}" az "$@"\n')
    calling = _script(locked, "calling", f'"{vaultctl}" az "$@"\n')
    copy = locked.home.path / "copy"
    copy.mkdir(mode=0o755)
    (copy / "az").write_bytes(vaultctl.read_bytes())
    (copy / "az").chmod(0o755)
    for folder in (becoming, calling, copy):
        assert folder.stat().st_mode & stat.S_IXOTH
        variables = {"PATH": f"{folder}:{locked.folder}:/usr/bin:/bin", "VAULTCTL_PROFILE": ""}
        ended = locked.run("group", "list", variables=variables)
        assert (ended.status, ended.stdout) == (127, ""), ended.shown()


def test_the_verb_does_the_same(locked: Az) -> None:
    key = {"VAULTCTL_KEY_FILE": str(locked.home.path / "key")}
    vaultctl = locked.home.programs / "vaultctl"
    by_name = locked.run("account", "show", "--query", "id", variables=key)
    for words in (["az"], ["--vault", str(locked.home.vault), "az"], ["--no-agent", "az"]):
        process = locked.start(vaultctl, *words, "account", "show", "--query", "id", variables=key)
        ended = locked.home.end(process)
        assert (ended.status, ended.stdout, ended.stderr) == (0, by_name.stdout, ""), ended.shown()
