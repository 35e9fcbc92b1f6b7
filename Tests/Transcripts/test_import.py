"""`import`: what comes into the vault under which name, what does not and why, and that twice is the same as once."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import canaries
import contoso
from agent import ASKING, running_agent, wait_until
from conftest import Stage, _program
from emulator import running
from home import Ended, Home

# At the end, because both folders have a conftest.
sys.path.append(str(Path(__file__).resolve().parents[1] / "Interop"))

import certificates  # noqa: E402

USAGE, IN_OUT, REFUSED, LOCKED, NOT_UNDERSTOOD = 64, 74, 76, 77, 78
MANY = 60


def client_id(number: int) -> str:
    return f"77777777-0000-4000-8000-{number:012}"


def secret_of(number: int) -> str:
    return f"Im44P~transcript.import+{number:04}/of=many%"


canaries.SECRETS["secret"] |= {secret_of(number) for number in range(MANY)}


def entry(client: str = contoso.APPLICATION, secret: str | None = None, **more: Any) -> dict[str, Any]:
    """An entry of az."""
    kind = {} if secret is None else {"client_secret": secret}
    return {"client_id": client, "tenant": contoso.TENANT, **kind, **more}


def az_folder(home: Home, entries: list[dict[str, Any]], subscriptions: list[dict[str, Any]] | None = None) -> Path:
    """What `az login --service-principal` leaves in `~/.azure`, in the emulator's cloud."""
    folder = home.path / ".azure"
    folder.mkdir(exist_ok=True)
    url = home.variables["AUTHORITY"]
    home.write(".azure/service_principal_entries.json", json.dumps(entries, indent=1))
    profile = {"installationId": "x", "subscriptions": subscriptions or []}
    home.write(".azure/azureProfile.json", "\ufeff" + json.dumps(profile), mode=0o644)
    home.write(".azure/config", "[cloud]\nname = lab\n")
    home.write(
        ".azure/clouds.config",
        f"[lab]\nendpoint_management = x\nendpoint_resource_manager = {url}\n"
        f"endpoint_active_directory = {url}/\nendpoint_microsoft_graph_resource_id = {url}/\n",
    )
    home.user.take(folder)
    return folder


def subscription(client: str, name: str, **more: Any) -> dict[str, Any]:
    return {
        "id": contoso.SUBSCRIPTION,
        "name": name,
        "state": "Enabled",
        "user": {"name": client, "type": "servicePrincipal"},
        "isDefault": False,
        "tenantId": contoso.TENANT,
        "environmentName": "lab",
        **more,
    }


def results(ended: Ended) -> list[tuple[str, str]]:
    return [(result["name"], result["result"]) for result in json.loads(ended.stdout)]


def run(home: Home, *options: str, status: int = 0, **more: Any) -> Ended:
    return home.run("import", *options, "-o", "json", status=status, **more)


def profiles(home: Home) -> dict[str, dict[str, Any]]:
    return {profile["name"]: profile for profile in json.loads(home.run("list", "-o", "json").stdout)}


@pytest.fixture
def empty(home: Home) -> Home:
    """A vault without profiles."""
    home.run("remove", "ci", "prod/etl", "payroll", "--yes")
    return home


def test_az_is_imported_from_where_it_keeps_it(empty: Home, stage: Stage) -> None:
    az_folder(
        empty,
        [
            entry(secret=contoso.SECRETS["secret"]),
            entry(contoso.SECOND_APPLICATION, contoso.SECRETS["second-secret"]),
        ],
        [subscription(contoso.APPLICATION, "Analytics – Prod (EU)"), subscription("somebody@contoso.com", "theirs")],
    )
    ended = run(empty, "--from", "az", "--check", "--tag", "team=data")
    assert results(ended) == [("analytics-prod-eu", "added"), (contoso.SECOND_APPLICATION, "added")]
    first = profiles(empty)["analytics-prod-eu"]
    assert (first["cloud"], first["authority"]) == ("lab", stage.emulator.url)
    assert (first["subscription"], first["tags"]) == (contoso.SUBSCRIPTION, ["team=data"])
    assert len(stage.emulator.token_requests()) == 2
    empty.run("check", "--all")
    # Twice is the same as once, and asks nobody but with --check.
    stage.emulator.clear()
    assert [result for _, result in results(run(empty, "--from", "az"))] == ["there already"] * 2
    assert stage.emulator.token_requests() == []
    again = json.loads(run(empty, "--from", "az", "--check").stdout)
    assert [(result["result"], result["detail"]) for result in again] == [
        ("there already", "as analytics-prod-eu"),
        ("there already", f"as {contoso.SECOND_APPLICATION}"),
    ]
    assert len(stage.emulator.token_requests()) == 2
    assert len(profiles(empty)) == 2


def test_what_is_refused_is_not_stored_and_the_rest_is(empty: Home) -> None:
    az_folder(
        empty,
        [
            entry(secret=contoso.SECRETS["wrong-secret"]),
            entry(contoso.SECOND_APPLICATION, contoso.SECRETS["second-secret"]),
        ],
    )
    ended = run(empty, "--from", "az", "--check", status=REFUSED)
    refused, added = json.loads(ended.stdout)
    assert (refused["result"], refused["exitCode"], refused["line"]) == ("refused", REFUSED, 2)
    assert "AADSTS7000215" in refused["detail"] and added["result"] == "added"
    assert list(profiles(empty)) == [contoso.SECOND_APPLICATION]
    # Without --check it is stored untried.
    assert results(run(empty, "--from", "az"))[0] == (contoso.APPLICATION, "added")


def test_a_newer_secret_of_who_is_there_is_said(empty: Home, stage: Stage) -> None:
    az_folder(empty, [entry(secret=contoso.SECRETS["secret"])])
    run(empty, "--from", "az")
    az_folder(empty, [entry(secret=contoso.SECRETS["new-secret"])])
    run(empty, "--from", "az")
    [told] = json.loads(run(empty, "--from", "az", "--check", status=1).stdout)
    assert told["result"] == "there already" and "with another secret" in told["detail"]
    assert "vaultctl rotate" in told["hint"]
    with running_agent(empty) as agent:
        agent.unlock("--key-file", str(empty.path / "key"))
        given = f"name,client_id,tenant,secret\nx,{client_id(1)},{contoso.TENANT},{secret_of(1)}\n"
        empty.write("table.csv", given)
        run(empty, "--from", "csv", "table.csv", variables=ASKING)
        [told] = json.loads(run(empty, "--from", "csv", "table.csv", "--check", variables=ASKING).stdout)
        assert told["detail"] == "as x; its secret was not compared"
    # One that is the same and no good any more.
    empty.run("remove", contoso.APPLICATION, "--yes")
    az_folder(empty, [entry(secret=contoso.SECRETS["wrong-secret"])])
    run(empty, "--from", "az")
    assert results(run(empty, "--from", "az", "--check", status=REFUSED)) == [(contoso.APPLICATION, "refused")]


def test_what_is_not_understood_says_where_and_the_rest_comes(empty: Home) -> None:
    az_folder(
        empty,
        [
            entry(client_assertion="a federated token"),
            entry(contoso.KEYLESS_APPLICATION, certificate="gone.pem"),
            entry(contoso.SECOND_APPLICATION, contoso.SECRETS["second-secret"]),
            {"tenant": contoso.TENANT, "client_secret": "whose?"},
        ],
    )
    ended = run(empty, "--from", "az", "--check", status=NOT_UNDERSTOOD)
    told = [(result["line"], result["result"], result["detail"]) for result in json.loads(ended.stdout)]
    assert told == [
        (2, "not understood", "its federated token cannot be renewed; add it with --federated-token-file"),
        (7, "not understood", "its certificate is neither in this folder nor beside the file: gone.pem"),
        (12, "added", f"asks {empty.variables['AUTHORITY']}"),
        (17, "not understood", "the client id is missing"),
    ]
    assert len(profiles(empty)) == 1


def test_certificates_are_found_by_their_path(empty: Home, stage: Stage) -> None:
    certificate = certificates.make("import")
    stage.emulator.add_certificate(contoso.KEYLESS_APPLICATION, certificate.pem)
    try:
        folder = az_folder(empty, [entry(contoso.KEYLESS_APPLICATION, certificate="sp.pem", use_cert_sn_issuer="true")])
        empty.write(".azure/sp.pem", certificate.key + certificate.pem)
        assert run(empty, "--from", "az", str(folder), "--check", "--dry-run").status == 0
        run(empty, "--from", "az", str(folder / "service_principal_entries.json"), "--check", "--name", "signer")
    finally:
        stage.emulator.remove_certificates(contoso.KEYLESS_APPLICATION)


def test_the_better_of_two_secrets_is_the_one_that_is_accepted(empty: Home) -> None:
    az_folder(
        empty,
        [
            entry(secret=contoso.SECRETS["wrong-secret"]),
            entry(secret=contoso.SECRETS["expired-secret"]),
            entry(secret=contoso.SECRETS["secret"]),
            entry(secret=contoso.SECRETS["new-secret"]),
        ],
    )
    ended = run(empty, "--from", "az", "--check", status=REFUSED)
    assert [result for _, result in results(ended)] == ["refused", "refused", "added", "there already"]
    assert empty.run("show", contoso.APPLICATION, "--reveal", allowed=["secret"]).stdout == (
        contoso.SECRETS["secret"] + "\n"
    )


def test_names_fit_and_are_told_apart(empty: Home) -> None:
    az_folder(
        empty,
        [entry(client_id(number), secret_of(number)) for number in range(3)],
        [subscription(client_id(number), "Prod / EU", isDefault=True) for number in range(2)],
    )
    dry = run(empty, "--from", "az", "--dry-run", "--name", "{tag:team}/{name}", "--tag", "team=data")
    told = [(result["name"], result["detail"]) for result in json.loads(dry.stdout)]
    asks = f"asks {empty.variables['AUTHORITY']}"
    assert told == [
        ("data/prod-eu", asks),
        ("data/prod-eu-77777777", f"data/prod-eu is taken, {asks}"),
        (f"data/{client_id(2)}", asks),
    ]
    assert profiles(empty) == {}
    run(empty, "--from", "az", "--name", "sp-{n}")
    assert list(profiles(empty)) == ["sp-1", "sp-2", "sp-3"]
    for pattern in ("{nme}", "{name", "{tag:}"):
        run(empty, "--from", "az", "--name", pattern, status=USAGE)


def test_a_name_that_somebody_else_has_is_left_to_them(home: Home) -> None:
    table = f"name,client_id,tenant,secret\nci,{client_id(1)},{contoso.TENANT},{secret_of(1)}\n"
    ended = run(home, "--from", "csv", str(home.write("table.csv", table)))
    assert results(ended) == [("ci-77777777", "added")]
    assert profiles(home)["ci"]["clientId"] == contoso.APPLICATION
    assert results(run(home, "--from", "csv", "table.csv")) == [("ci-77777777", "there already")]
    assert len(profiles(home)) == 4


def test_every_field_of_a_profile_comes_from_csv_and_json(empty: Home) -> None:
    fields = {
        "name": "prod/key",
        "client_id": client_id(1),
        "tenant": contoso.TENANT,
        "secret": secret_of(1),
        "cloud": "mine",
        "authority": "https://login.example",
        "graph": "https://graph.example",
        "arm": "https://arm.example/",
        "workspace": "https://dbx.example",
        "scope": "api://x/.default",
        "subscription": contoso.SUBSCRIPTION,
        "tags": '"team=data,prod"',
        "description": '"with ""quotes"", and a comma"',
        "secret_expires": "2031-01-02",
    }
    table = ",".join(fields) + "\r\n" + ",".join(fields.values()) + "\r\n"
    run(empty, "--from", "csv", str(empty.write("table.csv", table)))
    [profile] = profiles(empty).values()
    wanted = {
        "name": "prod/key",
        "arm": "https://arm.example",
        "description": 'with "quotes", and a comma',
        "tags": ["team=data", "prod"],
    }
    assert {key: profile[key] for key in wanted} == wanted
    assert profile["credential"]["expiresAt"] == "2031-01-02T00:00:00Z"
    # What list says, with the secret, is what json reads.
    empty.run("remove", "prod/key", "--yes")
    empty.write("list.json", json.dumps([{**profile, "secret": secret_of(1)}]))
    run(empty, "--from", "json", "list.json")
    [again] = profiles(empty).values()
    changing = {"id", "createdAt", "updatedAt", "credential"}
    assert {k: v for k, v in again.items() if k not in changing} == {
        k: v for k, v in profile.items() if k not in changing
    }
    assert again["credential"]["expiresAt"] == profile["credential"]["expiresAt"]


def test_one_principal_under_two_names_stays_two_profiles(empty: Home) -> None:
    """As a vault may have it, so may a file of our own; another tool's file means the same with both."""
    rows = "".join(f"{name},{client_id(1)},{contoso.TENANT},{secret_of(1)}\n" for name in ("one", "other"))
    empty.write("table.csv", "name,client_id,tenant,secret\n" + rows)
    assert [result for _, result in results(run(empty, "--from", "csv", "table.csv"))] == ["added", "added"]
    assert [result for _, result in results(run(empty, "--from", "csv", "table.csv"))] == ["there already"] * 2
    empty.write("a.env", f"AZURE_TENANT_ID={contoso.TENANT}\nAZURE_CLIENT_ID={client_id(1)}\nAZURE_CLIENT_SECRET=x\n")
    assert [result for _, result in results(run(empty, "--from", "env", "a.env"))] == ["there already"]


def test_who_is_there_is_known_under_any_name(empty: Home) -> None:
    tenants = [f"99999999-0000-4000-8000-{number:012}" for number in range(5)]
    rows = "".join(f"app,{client_id(1)},{tenant},{secret_of(1)}\n" for tenant in tenants)
    empty.write("table.csv", "name,client_id,tenant,secret\n" + rows)
    assert [result for _, result in results(run(empty, "--from", "csv", "table.csv"))] == ["added"] * 5
    for _ in range(2):
        assert [result for _, result in results(run(empty, "--from", "csv", "table.csv"))] == ["there already"] * 5
    empty.run("rename", "app", "zeta")
    assert [result for _, result in results(run(empty, "--from", "csv", "table.csv"))] == ["there already"] * 5
    assert len(profiles(empty)) == 5
    # Of two names of one principal the one that is still there keeps its own.
    rows = "".join(f"{name},{client_id(2)},{contoso.TENANT},{secret_of(2)}\n" for name in ("one", "other"))
    empty.write("two.csv", "name,client_id,tenant,secret\n" + rows)
    run(empty, "--from", "csv", "two.csv")
    empty.run("rename", "one", "uno")
    again = run(empty, "--from", "csv", "two.csv")
    assert results(again) == [("uno", "there already"), ("other", "there already")]
    empty.run("remove", "uno", "--yes")
    again = run(empty, "--from", "csv", "two.csv")
    assert results(again) == [("one", "added"), ("other", "there already")]


def test_a_command_is_taken_only_where_it_is_allowed(empty: Home) -> None:
    told = {"name": "x", "clientId": client_id(1), "tenant": contoso.TENANT}
    empty.write("a.json", json.dumps([{**told, "credential": {"assertionFrom": "command touch ran"}}]))
    refused = run(empty, "--from", "json", "a.json", "--check", status=NOT_UNDERSTOOD)
    assert "it names a command to run; --allow-commands takes it" in refused.stdout
    assert profiles(empty) == {} and not (empty.path / "ran").exists()
    [dry] = json.loads(run(empty, "--from", "json", "a.json", "--dry-run", "--allow-commands").stdout)
    assert dry["detail"] == "assertion from command touch ran"
    run(empty, "--from", "json", "a.json", "--allow-commands")
    own = {"cloud": "mine", "authority": "https://l.example", "graph": "https://g.example", "arm": "https://a.example"}
    empty.write("b.json", json.dumps([{**told, **own, "secret": secret_of(1)}]))
    [dry] = json.loads(run(empty, "--from", "json", "b.json", "--dry-run").stdout)
    assert dry["detail"] == "x is taken, asks https://l.example"


def test_the_environment_of_a_team_is_no_cloud(empty: Home) -> None:
    own = f'client_id = "{client_id(1)}"\nclient_secret = "{secret_of(1)}"\ntenant_id = "{contoso.TENANT}"\n'
    empty.write("a.tfvars", 'environment = "prod"\n' + own)
    run(empty, "--from", "terraform", "a.tfvars")
    empty.write("b.tfvars", 'environment = "china"\n' + own)
    run(empty, "--from", "terraform", "b.tfvars")
    assert sorted(profile["cloud"] for profile in profiles(empty).values()) == ["AzureChinaCloud", "AzureCloud"]


def test_some_files_are_wrong_and_the_others_are_imported(empty: Home) -> None:
    good = f"A_ARM_TENANT_ID={contoso.TENANT}\nA_ARM_CLIENT_ID={client_id(1)}\nA_ARM_CLIENT_SECRET={secret_of(1)}\n"
    empty.write("good.env", good)
    empty.write("bad.env", "\nAZURE_CLIENT_SECRET='half")
    ended = run(empty, "--from", "env", "bad.env", "good.env", "gone.env", status=NOT_UNDERSTOOD)
    assert results(ended) == [("a", "added"), (None, "not understood"), (None, "failed")]
    assert [error.split(": ")[1] for error in ended.errors] == ["bad.env:2", "gone.env could not be read"]
    assert list(profiles(empty)) == ["a"]


def test_what_was_taken_out_of_a_file_is_there_already(empty: Home) -> None:
    az_folder(empty, [entry(secret=contoso.SECRETS["secret"])])
    run(empty, "--from", "az")
    az_folder(empty, [entry(secret="")])
    assert results(run(empty, "--from", "az")) == [(contoso.APPLICATION, "there already")]
    # Anything else is not.
    empty_or_not: list[dict[str, Any]] = [
        entry(client_id(9), secret=""),
        {**entry(secret=""), "tenant": client_id(8)},
        entry(client_assertion="a federated token"),
    ]
    for wrong in empty_or_not:
        az_folder(empty, [wrong])
        run(empty, "--from", "az", status=NOT_UNDERSTOOD)
    table = "name,client_id,tenant,secret\nx,{client},{tenant},{secret}\n"
    for secret in (secret_of(1), "", '""'):
        values = {"client": client_id(1), "tenant": contoso.TENANT, "secret": secret}
        empty.write("table.csv", table.format_map(values))
        run(empty, "--from", "csv", "table.csv")
    az_folder(empty, [])
    assert run(empty, "--from", "az").stdout == "[]\n"


def test_standard_input_is_read_where_it_is_named(empty: Home) -> None:
    printed = {"appId": client_id(1), "displayName": "ci", "password": secret_of(1), "tenant": contoso.TENANT}
    ended = run(empty, "--from", "rbac", "-", stdin=json.dumps(printed))
    assert results(ended) == [("ci", "added")]
    for missing in ("rbac", "csv", "json"):
        run(empty, "--from", missing, status=USAGE)
    run(empty, "--from", "databricks", status=IN_OUT)
    run(empty, "--from", "xml", status=USAGE)


def test_a_cloud_that_nobody_described_is_sent_nothing(empty: Home, stage: Stage) -> None:
    lines = [
        f"AZURE_TENANT_ID={contoso.TENANT}",
        f"AZURE_CLIENT_ID={contoso.APPLICATION}",
        f"AZURE_CLIENT_SECRET='{contoso.SECRETS['secret']}'",
        f"AZURE_AUTHORITY_HOST={stage.emulator.url}",
    ]
    empty.write("a.env", "\n".join(lines))
    ended = run(empty, "--from", "env", "a.env", "--check", status=NOT_UNDERSTOOD)
    assert "its cloud is not known" in ended.stdout
    assert stage.emulator.routes() == [] and profiles(empty) == {}
    run(empty, "--from", "env", "a.env", "--check", *empty.variables["CLOUD"].split())
    assert profiles(empty)[contoso.APPLICATION]["cloud"] == "lab"


def test_through_the_agent_it_takes_no_passphrase_but_for_a_cloud_of_ones_own(empty: Home) -> None:
    with running_agent(empty) as agent:
        agent.unlock("--key-file", str(empty.path / "key"))
        rows = "".join(f"sp-{n},{client_id(n)},{contoso.TENANT},{secret_of(n)}\n" for n in range(MANY))
        empty.write("table.csv", "name,client_id,tenant,secret\n" + rows)
        ended = run(empty, "--from", "csv", "table.csv", variables=ASKING)
        assert [result for _, result in results(ended)] == ["added"] * MANY
        az_folder(empty, [entry(secret=contoso.SECRETS["secret"])])
        run(empty, "--from", "az", "--no-input", status=LOCKED, variables=ASKING)
        dry = run(empty, "--from", "az", "--dry-run", variables=ASKING)
        assert results(dry) == [(contoso.APPLICATION, "would add")]
    assert len(profiles(empty)) == MANY


@pytest.fixture
def slow(stage: Stage, tmp_path: Path) -> Iterator[Home]:
    """A vault without profiles, and an emulator with many applications."""
    content = {
        "tenants": [
            {
                "id": contoso.TENANT,
                "name": "Contoso",
                "domains": [],
                "applications": [
                    {"clientId": client_id(n), "displayName": f"sp {n}", "secrets": [{"value": secret_of(n)}]}
                    for n in range(MANY)
                ],
            }
        ]
    }
    program = _program("ENTRA_EMULATOR", "entra-emulator")
    with running(program, stage.homes / f"many-{tmp_path.name}", content=content) as emulator:
        home = stage.home()
        home.run("remove", "ci", "prod/etl", "payroll", "--yes")
        variables = {**home.variables, "AUTHORITY": emulator.url, "VAULTCTL_CA_FILE": str(emulator.ca)}
        yield Home(home.path, home.programs, variables, home.user)


def test_a_kill_in_the_middle_loses_none_and_adds_none_twice(slow: Home) -> None:
    az_folder(slow, [entry(client_id(n), secret_of(n)) for n in range(MANY)])
    words = [slow.programs / "vaultctl", "import", "--from", "az", "--check", "--jobs", "4"]
    for wanted in (10, 30):
        process = slow.start(*words)
        wait_until(lambda: process.poll() is not None or len(profiles(slow)) >= wanted, "some are there")
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        assert process.returncode == -signal.SIGKILL, "it was killed in the middle"
        assert wanted <= len(profiles(slow)) < MANY
    last = run(slow, "--from", "az", "--check")
    counts = [result for _, result in results(last)]
    assert len(counts) == MANY and set(counts) == {"added", "there already"}
    assert sorted(profile["clientId"] for profile in profiles(slow).values()) == [client_id(n) for n in range(MANY)]
    slow.run("verify")
    slow.run("check", "--all")


@pytest.mark.parametrize("form", ["attributes", "base64", "environment"])
def test_a_key_where_a_path_belongs_is_not_shown(empty: Home, form: str) -> None:
    """OpenSSL writes attributes before PEM, and a PFX in base64 is none."""
    made = certificates.make("misplaced")
    key = made.key.replace("-----BEGIN", "Bag Attributes\n    localKeyID: 01\n-----BEGIN", 1)
    value = "MIIK" + "Qm9ndXM3+/".replace("/", "x") * 120 if form == "base64" else key
    if form == "environment":
        path = empty.write(
            "x.env", f"AZURE_TENANT_ID={contoso.TENANT}\nAZURE_CLIENT_ID={client_id(1)}\nAZURE_CLIENT_CERTIFICATE_PATH='{value}'\n"
        )
    else:
        objects = [{"name": "k", "clientId": client_id(1), "tenant": contoso.TENANT, "certificate": value}]
        path = empty.write("x.json", json.dumps(objects))
    kind = "env" if form == "environment" else "json"
    for words in (["import", "--from", kind, str(path)], ["scan", "--no-vault", str(path)]):
        ended = empty.run(*words, "-o", "json", status=None)
        assert ended.status in (0, 1, NOT_UNDERSTOOD), ended.shown()
        shown = ended.stdout + ended.stderr
        assert "BEGIN" not in shown and made.key.splitlines()[1] not in shown and value[:40] not in shown


def test_a_secret_where_a_cloud_belongs_is_not_shown(empty: Home) -> None:
    path = empty.write(
        "x.csv", f"name,client_id,tenant,secret,cloud\na,{client_id(1)},{contoso.TENANT},x,{secret_of(1).replace(',', '')}\n"
    )
    ended = run(empty, "--from", "csv", str(path), status=NOT_UNDERSTOOD)
    assert "its cloud is not known" in ended.stdout and secret_of(1) not in ended.stdout + ended.stderr


def test_variables_of_kubelogin(empty: Home) -> None:
    lines = [
        f"AZURE_TENANT_ID={contoso.TENANT}",
        f"AAD_SERVICE_PRINCIPAL_CLIENT_ID={client_id(1)}",
        f"export AAD_SERVICE_PRINCIPAL_CLIENT_SECRET='{secret_of(1)}'",
        "",
    ]
    told = json.loads(empty.run("import", "--from", "env", empty.write("x.env", "\n".join(lines)), "-o", "json").stdout)
    assert [(one["result"], one["tenant"], one["clientId"]) for one in told] == [("added", contoso.TENANT, client_id(1))]
    assert json.loads(empty.run("export", "--to", "json", "-", "--all", allowed=["secret"]).stdout)[0]["secret"] == secret_of(1)


def test_more_than_memory_can_be_locked_for_is_said(empty: Home) -> None:
    def table(name: str, count: int) -> str:
        rows = [f"{name}{at},{client_id(at)},{contoso.TENANT},s{at}" for at in range(count)]
        return str(empty.write(f"{name}.csv", "\n".join(["name,client_id,tenant,secret", *rows, ""])))

    ended = empty.run("import", "--from", "csv", table("a", 20_000), "--dry-run", status=NOT_UNDERSTOOD)
    assert "a.csv:10002: there are more credentials" in ended.errors[0]
    ended = run(empty, "--from", "csv", table("b", 9_000), table("c", 9_000), "--dry-run", status=NOT_UNDERSTOOD)
    assert "c.csv:1002: there are more credentials" in ended.stdout
    many = "\n".join(f"ARM_CLIENT_SECRET=abc8Q~Zy9-x.W_v~Zy9-x.W_v~Zy9-x.W{at:08}" for at in range(20_000))
    ended = empty.run("scan", "--no-vault", str(empty.write("many.txt", many)), status=USAGE)
    assert "more than 5000 secrets" in ended.errors[0]
