"""`scan` finds secrets wherever tools and people leave them, tells which are in the vault, and shows nothing of any."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

import canaries
import contoso
from home import Home
from rotating import certificates

CLIENT = "77777777-7777-4777-8777-777777777777"
#: None of them is in the vault; every one is looked for in all that the commands of this suite write.
ENTRA = "abc8Q~" + "Zy9-x.W_v~" * 3 + "abcd"
OLD_ENTRA = "0ld-style+secret/that=has~no.shape1"
DATABRICKS = "dose" + "0123456789abcdef" * 2
TOKEN = "dapi" + "fedcba9876543210" * 2 + "-3"
PASSWORD = "hunter2-of-a-person"
canaries.SECRETS["secret"] |= {ENTRA, OLD_ENTRA, DATABRICKS, TOKEN, PASSWORD}


def scan(home: Home, *words: str | os.PathLike[str], status: int = 1) -> list[dict[str, Any]]:
    ended = home.run("scan", *words, "-o", "json", status=status)
    found: list[dict[str, Any]] = json.loads(ended.stdout)
    assert bool(found) == (status == 1)
    return found


def write(home: Home, name: str, content: str | bytes) -> Path:
    (home.path / name).parent.mkdir(parents=True, exist_ok=True)
    home.user.take(home.path)
    return home.write(name, content)


def rows(found: list[dict[str, Any]], home: Home) -> list[tuple[str, int, str, str | None, Any]]:
    """Path below the home, line, kind, client id, whose in the vault."""
    return [
        (str(Path(one["path"]).relative_to(home.path)), one["line"], one["kind"], one["clientId"], one["profiles"])
        for one in found
    ]


def test_the_usual_places(home: Home) -> None:
    entries = [
        {"client_id": contoso.APPLICATION, "tenant": contoso.TENANT, "client_secret": contoso.SECRETS["secret"]},
        {"client_id": CLIENT, "tenant": contoso.TENANT, "client_secret": OLD_ENTRA},
    ]
    write(home, ".azure/service_principal_entries.json", json.dumps(entries, indent=1))
    write(home, ".azure/msal_token_cache.json", '{"RefreshToken": {"x": {"credential_type": "RefreshToken"}}}')
    write(home, ".azure/cliextensions/x/test.py", f'client_secret = "{ENTRA}"\n')
    write(
        home,
        ".databrickscfg",
        f"[dev]\nhost = https://adb-1.2.azuredatabricks.net\nclient_id = {CLIENT}\nclient_secret = {DATABRICKS}\n"
        f"[old]\nhost = https://adb-1.2.azuredatabricks.net\ntoken = {TOKEN}\n",
    )
    history = [
        "ls",
        f"az login --service-principal -u {CLIENT} -p '{contoso.SECRETS['second-secret']}' --tenant x",
        f"ARM_CLIENT_ID={CLIENT} ARM_CLIENT_SECRET={ENTRA} terraform plan",
        f"az login -u ada@contoso.com --password={PASSWORD}",
        "az login --service-principal -u $ID -p $SECRET --tenant x",
        "az login --service-principal -u x -p ~/both.pem --tenant x",
        'export ARM_CLIENT_SECRET="$(pass azure/ci)"',
        "vaultctl issue ci",
    ]
    write(home, ".bash_history", "\n".join(history) + "\n")
    write(home, ".zsh_history", f": 1690000000:0;databricks configure --token {TOKEN}\n")
    write(home, ".local/share/fish/fish_history", f"- cmd: export AZURE_CLIENT_SECRET={ENTRA}\n  when: 1\n")
    write(home, ".env", f"AZURE_TENANT_ID={contoso.TENANT}\nAZURE_CLIENT_ID={CLIENT}\nAZURE_CLIENT_SECRET='{ENTRA}'\n")
    write(home, "prod.tfvars", f'client_id = "{CLIENT}"\ntenant_id = "t"\nclient_secret = "{ENTRA}"\n')
    assert rows(scan(home), home) == [
        (".databrickscfg", 4, "databricks secret", CLIENT, []),
        (".databrickscfg", 7, "databricks token", None, []),
        (".bash_history", 2, "client secret", CLIENT, ["prod/etl"]),
        (".bash_history", 3, "client secret", CLIENT, []),
        (".bash_history", 4, "password", None, []),
        (".zsh_history", 1, "databricks token", None, []),
        (".local/share/fish/fish_history", 1, "client secret", None, []),
        (".env", 3, "client secret", CLIENT, []),
        ("prod.tfvars", 3, "client secret", CLIENT, []),
        (".azure/msal_token_cache.json", 1, "tokens of az", None, None),
        (".azure/service_principal_entries.json", 5, "client secret", contoso.APPLICATION, ["ci", "payroll"]),
        (".azure/service_principal_entries.json", 10, "client secret", CLIENT, []),
    ]


def test_nothing_of_a_secret_is_shown(home: Home) -> None:
    path = write(home, "notes.txt", f"the secret is {ENTRA}\n")
    for form in ("tsv", "json", "jsonl", "table"):
        shown = home.run("scan", path, "-v", "-o", form, status=1)
        # Not even a part of it.
        for start in range(len(ENTRA) - 5):
            assert ENTRA[start : start + 6] not in shown.stdout + shown.stderr
    assert home.run("scan", path, status=1).stdout == f"{path}:1\tclient secret\t\tnot in vault\n"


def test_a_vault_is_asked_for_only_where_something_was_found(home: Home) -> None:
    locked = {"VAULTCTL_KEY_FILE": ""}
    clean = write(home, "clean.txt", "client_secret = ${SECRET}\n")
    assert home.run("scan", clean, variables=locked).stdout == ""
    found = write(home, "found.txt", f"client_secret = {OLD_ENTRA}\n")
    ended = home.run("scan", found, variables=locked, status=77)
    assert "--no-vault" in ended.stderr
    assert not ended.stdout
    assert rows(scan(home, found, "--no-vault"), home) == [("found.txt", 1, "client secret", None, None)]
    assert json.loads(home.run("scan", found, "--no-vault", "-o", "json", status=1).stdout)[0]["inVault"] is None


def test_without_a_vault(home: Home) -> None:
    found = write(home, "found.txt", f"client_secret = {OLD_ENTRA}\n")
    home.vault.unlink()
    assert rows(scan(home, found), home) == [("found.txt", 1, "client secret", None, None)]
    home.run("scan", found, "--vault", home.path / "other.db", status=66)


def test_a_folder_is_walked_without_links_and_what_is_no_text(home: Home) -> None:
    line = f"client_secret={OLD_ENTRA}\n"
    write(home, "tree/a/b/deep.sh", "#!/bin/sh\n\n" + line)
    write(home, "tree/binary", b"\0" + line.encode())
    write(home, "tree/late-binary", line.encode() + b"x" * 10_000 + b"\0")
    write(home, "tree/huge", line + "x" * (16 << 20))
    write(home, "elsewhere/target", line)
    (home.path / "tree/link").symlink_to(home.path / "elsewhere/target")
    (home.path / "tree/folder-link").symlink_to(home.path / "elsewhere")
    os.mkfifo(home.path / "tree/pipe")
    home.user.take(home.path)
    assert rows(scan(home, home.path / "tree"), home) == [("tree/a/b/deep.sh", 3, "client secret", None, [])]
    told = home.run("scan", home.path / "tree", "-v", status=1).stderr
    for name, why in [("binary", "no text"), ("huge", "longer than 16 MiB"), ("link", "a link"), ("pipe", "no file")]:
        assert f"passed over {home.path}/tree/{name}: {why}" in told
    # A link that somebody names is what it leads to.
    assert len(scan(home, home.path / "tree/link")) == 1


def test_what_cannot_be_read_is_said(home: Home) -> None:
    write(home, "tree/open", "nothing\n")
    write(home, "tree/closed", "x\n").chmod(0)
    ended = home.run("scan", home.path / "tree", status=74)
    assert f"could not be read: {home.path}/tree/closed: permission denied" in ended.stderr
    home.run("scan", home.path / "nowhere", status=66)
    home.run("scan", home.path / "tree/closed", status=74)
    # What was named and not looked at is not clean.
    for name, content in [("utf16", f"client_secret={OLD_ENTRA}".encode("utf-16")), ("long", b"x" * ((16 << 20) + 1))]:
        ended = home.run("scan", write(home, name, content), status=74)
        assert f"not looked at: {home.path}/{name}: " in ended.stderr
    # A certificate or a path that cannot be looked at hides no finding.
    write(home, "shut/sp.pem", "x")
    entry = {"client_id": CLIENT, "tenant": contoso.TENANT, "certificate": str(home.path / "shut/sp.pem")}
    named = write(home, "service_principal_entries.json", json.dumps([entry]))
    found = write(home, "found.txt", f"client_secret = {OLD_ENTRA}\n")
    (home.path / "shut").chmod(0)
    try:
        for paths in ([named], [home.path / "shut/sp.pem"]):
            assert "could not be read" in home.run("scan", *paths, status=74).stderr
            assert len(scan(home, *paths, found)) == 1
    finally:
        (home.path / "shut").chmod(0o700)


def test_a_file_of_one_line(home: Home) -> None:
    """Quadratic work would take minutes."""
    one = '{"a":"%s","clientSecret":"%s"},'
    content = "[" + "".join(one % ("x" * 2400, f"0ld-style+secret/{number:06}") for number in range(1500)) + "{}]"
    assert len(scan(home, write(home, "bundle.js", content), "--no-vault")) == 1500


@pytest.mark.parametrize(
    "name, content",
    [
        ("x.json", '{"clientId": "%s", "tenantId": "t", "clientSecret": "CANARY"' % CLIENT),
        ("x.env", "A='\nAZURE_CLIENT_SECRET=CANARY\n"),
        ("x.yaml", "client-secret: 'CANARY'\n"),
        ("x.py", 'ClientSecretCredential(tenant_id="t", client_secret="CANARY")\n'),
        ("x.log", 'body: "{\\"client_secret\\":\\"CANARY\\"}"\n'),
        ("x.sh", "terraform apply -var client_secret=CANARY\n"),
        ("x.ps1", "az login --service-principal -u x -pCANARY\r\n"),
        ("quoted.sh", "az login --service-principal -u x --password='CANARY'\n"),
        ("equals.sh", 'az login --service-principal -u x -p="CANARY" --tenant t\n'),
        ("sticking.sh", "az login --service-principal -u x -p'CANARY'\n"),
        ("x.utf8", "\ufeffclient_secret=CANARY"),
    ],
)
def test_a_secret_that_no_reader_finds(home: Home, name: str, content: str) -> None:
    path = write(home, name, content.replace("CANARY", contoso.SECRETS["second-secret"]))
    [found] = scan(home, path)
    assert found["profiles"] == ["prod/etl"]


@pytest.mark.parametrize(
    "content",
    [
        "client_secret = var.client_secret\n",
        "client_secret_id = abcdef0123456789abcdef\n",
        'client_secret: "<your-client-secret-1>"\n',
        "client_secret: 11111111-1111-4111-8111-111111111111\n",
        "client_secret=changeme\n",
        "abc8Q~short\n",
        "xabc8Q~" + "a" * 34 + "\n",
        "dose0123456789abcdef0123456789abcde\n",
        "az loginx -p hunter2hunter2\n",
    ],
)
def test_what_is_no_secret(home: Home, content: str) -> None:
    assert scan(home, write(home, "x", content), status=0) == []


def test_keys_of_certificates(home: Home) -> None:
    made = certificates.make("both")
    path = write(home, "both.pem", made.key + made.pem)
    where = ["--client-id", contoso.KEYLESS_APPLICATION, "--tenant", contoso.TENANT]
    home.run("add", "keyed", *where, *home.variables["CLOUD"].split(), "--certificate", path, "--no-check")
    # Named by an entry of az, wherever it lies.
    entry = {"client_id": contoso.KEYLESS_APPLICATION, "tenant": contoso.TENANT, "certificate": str(path)}
    write(home, ".azure/service_principal_entries.json", json.dumps([entry]))
    assert rows(scan(home), home) == [("both.pem", 1, "certificate key", None, ["keyed"])]
    assert scan(home, write(home, "public.pem", made.pem), status=0) == []
    locked = made.encrypted_key("a password of a key") + made.pem
    assert scan(home, write(home, "locked.pem", locked), status=0) == []
