"""`import --shred` takes a secret out of a file only when the vault has it, and everything else in the file stays."""

from __future__ import annotations

import fcntl
import json
import os
import stat
import struct
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

import contoso
from agent import wait_until
from conftest import Stage
from home import Home
from rotating import certificates
from shredding import (
    COUNT,
    REVOKED,
    Principals,
    arguments,
    client_id,
    file,
    principals,
    run,
    secret,
    shred,
    stored,
    text,
    write_entries,
)
from striking import entries


@pytest.fixture(scope="module")
def some(stage: Stage) -> Iterator[Principals]:
    with principals(stage) as found:
        yield found


@pytest.fixture
def home(some: Principals) -> Home:
    return some.home()


def left_over(home: Home) -> list[str]:
    return [path.name for path in home.path.rglob("*.vaultctl-*")]


def test_thirty_principals(home: Home) -> None:
    told = shred(home)
    assert [(one["result"], one["shredded"]) for one in told] == [("added", True)] * COUNT
    assert file(home).read_bytes() == text(list(range(COUNT)), frozenset(range(COUNT))).encode()
    assert stored(home) == {secret(number) for number in range(COUNT)}
    assert left_over(home) == []
    # Twice is once.
    before = file(home).stat()
    told = shred(home)
    assert {one["result"] for one in told} == {"there already"}
    assert file(home).stat() == before
    assert len(stored(home)) == COUNT


def test_it_says_what_it_cannot_promise_once(home: Home) -> None:
    write_entries(home, [0, 1])
    told = run(home).stderr
    assert told.count("copy-on-write") == told.count("msal_token_cache.json") == told.count("backups") == 1
    assert "copy-on-write" not in run(home).stderr


def test_what_was_there_already_is_tried_before_it_goes(home: Home, some: Principals) -> None:
    write_entries(home, [0, 1])
    home.run("import", "--from", "az", *home.variables["CLOUD"].split())
    asked = len(some.emulator.token_requests())
    assert asked == 0
    assert [one["shredded"] for one in shred(home)] == [True, True]
    assert len(some.emulator.token_requests()) == 2


def test_what_is_not_proven_stays(home: Home, some: Principals) -> None:
    path = write_entries(home, [0, 1, REVOKED, 3])
    # Never made; in the vault with another secret; in the vault, and taken back since.
    path.write_text(path.read_text().replace(json.dumps(secret(0)), '"Wr99V~never-made-by-anybody-at-all-000000"'))
    where = ["--tenant", contoso.TENANT, *home.variables["CLOUD"].split()]
    home.run("add", "one", "--client-id", client_id(1), *where, "--secret-file", home.path / "secret", "--no-check")
    given = home.write("given", secret(REVOKED))
    home.run("add", "two", "--client-id", client_id(REVOKED), *where, "--secret-file", given, "--no-check")
    [key] = [one["keyId"] for one in some.emulator.credentials(client_id(REVOKED))["secrets"]]
    some.emulator.revoke(client_id(REVOKED), key)
    told = shred(home, status=76)
    assert [(one["result"], one["shredded"]) for one in told] == [
        ("refused", None),
        ("there already", False),
        ("there already", False),
        ("added", True),
    ]
    assert "the vault has another secret for one" in told[1]["detail"]
    assert "AADSTS" in told[2]["detail"]
    left = json.loads(path.read_text())
    assert [bool(entry["client_secret"]) for entry in left] == [True, True, True, False]


def write(home: Home, name: str, content: str, mode: int = 0o600) -> Path:
    return home.write(name, content, mode)


def test_every_form(home: Home) -> None:
    tenant = contoso.TENANT
    env = f"# mine\nexport A_AZURE_TENANT_ID={tenant}\nA_AZURE_CLIENT_ID={client_id(0)}\n"
    kept = "PATH=/bin  # kept\nLAST=1"
    path = write(home, "x.env", f"{env}A_AZURE_CLIENT_SECRET='{secret(0)}'\n{kept}")
    shred(home, path, form="env")
    assert path.read_text() == f"{env}A_AZURE_CLIENT_SECRET=''\n{kept}"
    quoted = secret(1).replace("\\", "\\\\").replace('"', '\\"')
    hcl = 'x = { a = {\n tenant_id = "%s" # t\n client_id = "%s"\n%s region = "west" } }\n'
    path = write(home, "x.tfvars", hcl % (tenant, client_id(1), f' client_secret = "{quoted}"\n'))
    shred(home, path, form="terraform")
    assert quoted not in path.read_text() and 'region = "west"' in path.read_text() and "# t" in path.read_text()
    login = {"appId": client_id(2), "displayName": "p", "password": secret(2), "tenant": tenant}
    path = write(home, "login.json", json.dumps(login, indent=3))
    shred(home, path, form="rbac")
    assert path.read_text() == json.dumps({**login, "password": ""}, indent=3)
    field = '"' + secret(3).replace('"', '""') + '"'
    table = "name,client_id,tenant,secret,description\r\na,%s,%s,%s,\"x, y\"\r\n"
    path = write(home, "x.csv", table % (client_id(3), tenant, field))
    shred(home, path, form="csv")
    assert secret(3) not in path.read_text() and field not in path.read_text()
    assert '"x, y"\r\n' in path.read_bytes().decode()
    objects = [{"name": "b", "clientId": client_id(4), "tenant": tenant, "secret": secret(4), "tags": ["x"]}]
    path = write(home, "x.json", json.dumps(objects))
    shred(home, path, form="json")
    assert json.loads(path.read_text()) == [{**objects[0], "secret": ""}]
    ini = "; c\n[DEFAULT]\nhost = https://x.azuredatabricks.net\n"
    section = f"azure_tenant_id = {tenant}\nazure_client_id = {client_id(5)}\n"
    plain = secret(5)
    path = write(home, "cfg", f"{ini}{section}azure_client_secret = {plain}\n[other]\nhost = x\n")
    shred(home, path, form="databricks")
    assert path.read_text() == f"{ini}{section}azure_client_secret = \n[other]\nhost = x\n"
    assert stored(home) == {secret(number) for number in range(6)}
    # Whoever runs it again is told that all are there.
    for name, form in [("x.env", "env"), ("x.tfvars", "terraform"), ("login.json", "rbac"), ("x.csv", "csv"), ("cfg", "databricks")]:
        assert {one["result"] for one in shred(home, home.path / name, form=form)} == {"there already"}


def test_certificates(home: Home, some: Principals) -> None:
    made = certificates.make("shred")
    some.emulator.add_certificate(contoso.KEYLESS_APPLICATION, made.pem)
    pem = write(home, "both.pem", made.key + made.pem)
    entry = {"client_id": contoso.KEYLESS_APPLICATION, "tenant": contoso.TENANT, "certificate": str(pem)}
    file(home).write_text(json.dumps([entry]))
    before = (file(home).read_bytes(), file(home).stat(), pem.read_bytes())
    ended = run(home)
    assert f"its key stay in {pem}" in ended.stderr
    assert [one["shredded"] for one in json.loads(ended.stdout)] == [None]
    assert before == (file(home).read_bytes(), file(home).stat(), pem.read_bytes())
    # In a file of our own the key itself goes.
    home.run("remove", contoso.KEYLESS_APPLICATION, "--yes")
    objects = [{"name": "k", "clientId": contoso.KEYLESS_APPLICATION, "tenant": contoso.TENANT, "certificate": made.key + made.pem}]
    path = write(home, "x.json", json.dumps(objects))
    assert [one["shredded"] for one in shred(home, path, form="json")] == [True]
    assert json.loads(path.read_text())[0]["certificate"] == ""
    some.emulator.remove_certificates(contoso.KEYLESS_APPLICATION)


def test_the_file_keeps_its_mode_and_the_link_to_it(home: Home) -> None:
    path = write_entries(home, [0])
    real = home.path / "elsewhere.json"
    path.rename(real)
    path.symlink_to(real)
    real.chmod(0o640)
    os.setxattr(real, "user.note", b"kept") if _has_attributes(real) else None
    before = real.stat()
    # What was open before is overwritten, too.
    with real.open("rb") as old:
        shred(home)
        old.seek(0)
        assert set(old.read()) == {0}
    assert path.is_symlink() and path.resolve() == real
    after = real.stat()
    assert (after.st_mode, after.st_uid, after.st_gid) == (before.st_mode, before.st_uid, before.st_gid)
    assert after.st_ino != before.st_ino
    if _has_attributes(real):
        assert os.getxattr(real, "user.note") == b"kept"


def _has_attributes(path: Path) -> bool:
    try:
        os.setxattr(path, "user.probe", b"")
    except OSError:
        return False
    return True


def refused(home: Home, status: int) -> str:
    """Refused before anything is stored or changed."""
    before, recorded = file(home).read_bytes(), entries(home)
    ended = run(home, status=status)
    assert file(home).read_bytes() == before
    assert entries(home) == recorded
    return ended.errors[0]


def test_a_file_with_other_names_is_refused(home: Home) -> None:
    os.link(file(home), home.path / "second-name")
    assert "it has 2 names (hard links)" in refused(home, 74)


def test_a_file_that_cannot_be_written_is_refused(home: Home) -> None:
    file(home).chmod(0o400)
    assert "it cannot be written: permission denied" in refused(home, 77)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_a_file_of_somebody_else_is_refused(home: Home) -> None:
    os.chown(file(home), 12345, -1)
    file(home).chmod(0o666)
    assert "it belongs to another user (uid 12345)" in refused(home, 77)


@pytest.mark.skipif(os.geteuid() != 0, reason="a folder that the user may not write")
def test_a_folder_that_cannot_be_written_leaves_the_file(home: Home) -> None:
    write_entries(home, [0])
    os.chown(file(home).parent, 0, 0)
    file(home).parent.chmod(0o755)
    before = file(home).read_bytes()
    [one] = shred(home, status=77)
    assert one["result"] == "added" and one["shredded"] is False and "no file can be made beside it" in one["detail"]
    assert file(home).read_bytes() == before


def test_a_file_that_is_locked_is_refused(home: Home) -> None:
    with file(home).open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert "has" in refused(home, 75) and "locked" in refused(home, 75)


def test_what_an_ended_run_left_goes(home: Home) -> None:
    write_entries(home, [0])
    left = write(home, f".azure/.{file(home).name}.vaultctl-shred", "half of a secret")
    with left.open("rb") as held:
        shred(home)
        assert set(held.read()) == {0}
    assert left_over(home) == []


def candidate(home: Home) -> Path:
    return file(home).parent / f".{file(home).name}.vaultctl-new"


def test_a_run_that_was_ended_while_the_files_changed_places(home: Home) -> None:
    """Before, and the new file is not needed; behind, and the old one has its place again."""
    home.write(f".azure/{candidate(home).name}", text([0, 1], frozenset([0])))
    write_entries(home, [0, 1])
    assert [one["shredded"] for one in shred(home)] == [True, True]
    assert left_over(home) == []
    home.run("remove", client_id(0), client_id(1), "--yes")
    write_entries(home, [0, 1]).rename(candidate(home))
    home.write(f".azure/{file(home).name}", text([0, 1], frozenset([0, 1])))
    with candidate(home).open("rb") as old:
        assert [(one["result"], one["shredded"]) for one in shred(home)] == [("added", True)] * 2
        assert set(old.read()) == {0}
    assert file(home).read_bytes() == text([0, 1], frozenset([0, 1])).encode()
    assert left_over(home) == []


@pytest.mark.parametrize(
    "left", [text([0, 1]), text([1], frozenset([1])), text([0]) + "\n", text([0])[:-9], "{", "", "\0" * 40]
)
def test_what_somebody_wrote_in_that_moment_is_not_lost(home: Home, left: str) -> None:
    """Whatever is there that the file does not have: only a person can tell."""
    write_entries(home, [0])
    home.write(f".azure/{candidate(home).name}", left)
    assert "has something that is not in" in refused(home, 73)
    assert candidate(home).read_bytes() == left.encode()
    candidate(home).unlink()
    assert [one["shredded"] for one in shred(home)] == [True]


def test_two_runs_of_one_file(home: Home, some: Principals) -> None:
    write_entries(home, [0])
    some.emulator.set_fault("slow", seconds=3, count=1, path="token")
    process = home.start(home.programs / "vaultctl", *arguments(home), "-o", "json")
    wait_until(lambda: len(some.emulator.token_requests()) == 1, "the secret is tried")
    assert "has" in refused(home, 75)
    ended = home.end(process)
    assert [one["shredded"] for one in json.loads(ended.stdout)] == [True]
    assert file(home).read_bytes() == text([0], frozenset([0])).encode()


@pytest.mark.parametrize("name", ["vaultctl-shred", "vaultctl-new"])
def test_what_another_run_holds_is_not_touched(home: Home, name: str) -> None:
    left = home.write(f".azure/.{file(home).name}.{name}", "of somebody")
    with left.open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert "locked" in refused(home, 75)
        assert held.read() == b"of somebody"


def test_what_others_left_there_is_not_touched(home: Home) -> None:
    precious = write(home, "precious", "not to be overwritten")
    place = file(home).parent / f".{file(home).name}.vaultctl-shred"
    place.symlink_to(precious)
    assert "vaultctl did not leave" in refused(home, 73)
    place.unlink()
    os.link(precious, place)
    assert "vaultctl did not leave" in refused(home, 73)
    assert precious.read_text() == "not to be overwritten"


@pytest.mark.parametrize("way", ["in place", "by another file", "its mode", "a second name"])
def test_a_file_that_somebody_changes_meanwhile(home: Home, some: Principals, way: str) -> None:
    path = write_entries(home, [0])
    some.emulator.set_fault("slow", seconds=3, count=1, path="token")
    process = home.start(home.programs / "vaultctl", *arguments(home), "-o", "json")
    wait_until(lambda: len(some.emulator.token_requests()) == 1, "the secret is tried")
    if way == "in place":
        with path.open("a") as appended:
            appended.write(" ")
    elif way == "its mode":
        path.chmod(0o400)
    elif way == "a second name":
        os.link(path, home.path / "snapshot")
    else:
        new = home.write(".azure/new", text([0, 1]))
        new.rename(path)
    changed = path.read_bytes()
    ended = home.end(process)
    assert ended.status == 75, ended.shown()
    [one] = json.loads(ended.stdout)
    assert (one["result"], one["shredded"]) == ("added", False)
    assert "changed by somebody else meanwhile" in one["detail"]
    assert path.read_bytes() == changed
    assert left_over(home) == []
    assert stat.S_IMODE(path.stat().st_mode) == (0o400 if way == "its mode" else 0o600)
    path.chmod(0o600)
    (home.path / "snapshot").unlink(missing_ok=True)
    # What it has now is taken out by the next run.
    assert all(entry["shredded"] for entry in shred(home))


def test_what_somebody_puts_in_the_way_meanwhile_stays(home: Home, some: Principals) -> None:
    path = write_entries(home, [0])
    before = path.read_bytes()
    some.emulator.set_fault("slow", seconds=3, count=1, path="token")
    process = home.start(home.programs / "vaultctl", *arguments(home), "-o", "json")
    wait_until(lambda: len(some.emulator.token_requests()) == 1, "the secret is tried")
    candidate(home).write_text("of somebody")
    ended = home.end(process)
    assert ended.status == 73, ended.shown()
    [one] = json.loads(ended.stdout)
    assert (one["result"], one["shredded"]) == ("added", False)
    assert "vaultctl did not leave" in one["detail"]
    assert candidate(home).read_text() == "of somebody"
    assert path.read_bytes() == before
    candidate(home).unlink()
    assert left_over(home) == []


def test_nobody_gets_at_the_new_file_who_could_not_at_the_old(home: Home) -> None:
    """The list that a folder gives its new files: here another user may read them."""
    path = write_entries(home, [0])
    path.chmod(0o640)
    # acl(5) as it lies in an attribute: version, then tag, permissions and id of each entry.
    named, group, mask, other = (0x02, 4, 12345), (0x04, 0, -1), (0x10, 7, -1), (0x20, 0, -1)
    listed = [(0x01, 6, -1), named, group, mask, other]
    value = struct.pack("<I", 2) + b"".join(struct.pack("<HHi", *entry) for entry in listed)
    try:
        os.setxattr(path.parent, "system.posix_acl_default", value)
    except OSError:
        pytest.skip("a file system without access lists")
    probe = home.write(".azure/probe", "")
    assert "system.posix_acl_access" in os.listxattr(probe)
    probe.unlink()
    shred(home)
    assert os.listxattr(path) == []
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_file_that_is_named_twice(home: Home) -> None:
    path = write_entries(home, [0])
    link = home.path / "link"
    link.symlink_to(path)
    ended = run(home, path, link, status=64)
    assert "are the same file" in ended.errors[0]
    assert [one["shredded"] for one in shred(home, link)] == [True]


def test_one_secret_of_two_principals_stays_until_both_are_proven(home: Home) -> None:
    """Both families of variables name the same secret, and one of them is of nobody."""
    path = write(
        home,
        "x.env",
        f"AZURE_TENANT_ID={contoso.TENANT}\nAZURE_CLIENT_ID={client_id(0)}\nAZURE_CLIENT_SECRET='{secret(0)}'\n"
        f"ARM_TENANT_ID={contoso.TENANT}\nARM_CLIENT_ID={client_id(1)}\nARM_CLIENT_SECRET='{secret(0)}'\n",
    )
    told = shred(home, path, form="env", status=76)
    assert [(one["result"], one["shredded"]) for one in told] == [("added", False), ("refused", None)]
    assert "taken out of the file, but it still stands in line 6 of" in told[0]["detail"]
    assert path.read_text().count(secret(0)) == 1


@pytest.mark.parametrize("where", ["under another key", "in another entry", "in a comment"])
def test_a_secret_that_stands_in_the_file_twice(home: Home, where: str) -> None:
    """Under a name that nobody asks for it, too: what is left is said, and where."""
    entry = {"client_id": client_id(0), "tenant": contoso.TENANT, "client_secret": secret(0)}
    env = f"AZURE_TENANT_ID={contoso.TENANT}\nAZURE_CLIENT_ID={client_id(0)}\nAZURE_CLIENT_SECRET='{secret(0)}'\n"
    form, content, line = {
        "under another key": ("az", json.dumps([{**entry, "note": secret(0)}], indent=1), 6),
        "in another entry": ("az", json.dumps([entry, {"x": [secret(0)]}], indent=0), 9),
        "in a comment": ("env", f"# was {secret(0)} once\n{env}", 1),
    }[where]
    path = write(home, "file", content)
    told = shred(home, path, form=form, status=78 if where == "in another entry" else 1)
    one = told[0]
    assert (one["result"], one["shredded"]) == ("added", False)
    assert f"taken out of the file, but it still stands in line {line} of" in one["detail"]
    assert "''" in path.read_text() or '"client_secret": ""' in path.read_text()


def test_a_script_goes_on(home: Home) -> None:
    lines = f"export ARM_TENANT_ID={contoso.TENANT} # t\nexport ARM_CLIENT_ID={client_id(0)}\n"
    script = "if true; then\n  export ARM_CLIENT_SECRET=%s # kept\nfi\n"
    path = write(home, "x.sh", lines + script % f"'{secret(0)}'")
    assert [one["shredded"] for one in shred(home, path, form="env")] == [True]
    assert path.read_text() == lines + script % "''"
    assert subprocess.run(["sh", "-eu", path]).returncode == 0

def test_usage(home: Home) -> None:
    home.run("import", "--from", "az", "--shred", "--dry-run", status=64)
    home.run("import", "--from", "env", "--shred", "-", stdin="x", status=64)
    locked = {"VAULTCTL_KEY_FILE": ""}
    home.run(*arguments(home), variables=locked, status=77)
    assert stat.S_IMODE(file(home).stat().st_mode) == 0o600
