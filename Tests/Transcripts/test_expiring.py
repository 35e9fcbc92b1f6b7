"""The expiry board as the vault alone tells it: dates, who will notice, metrics, the hook, the picture."""

from __future__ import annotations

import json
import re
import stat
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import terminal
from agent import running_agent
from conftest import REPOSITORY, Stage
from home import Ended, Home
from recorded import DAY, event, profile, record

Row = dict[str, Any]
NOW = int(time.time()) * 1000
LONG = "team/" + "a-very-long-name-of-a-service-principal-" * 2
GRAPH = "https://graph.microsoft.com"


def expiring(home: Home, *arguments: str, status: int | None = None) -> list[Row]:
    rows: list[Row] = json.loads(home.run("expiring", "-o", "json", *arguments, status=status).stdout)
    return rows


def states(rows: list[Row]) -> dict[str, str]:
    return {row["profile"]: row["state"] for row in rows}


def ends(days: float, **more: Any) -> dict[str, Any]:
    """When a credential ends, from now on."""
    return {"credential_expires": int(NOW + days * DAY), **more}


def rfc3339(milliseconds: int) -> str:
    return f"{datetime.fromtimestamp(milliseconds / 1000, UTC):%Y-%m-%dT%H:%M:%SZ}"


def due_vault(home: Home) -> Home:
    """Credentials of every state, and tokens that were given to several."""
    claimed = ["/usr/bin/vaultctl", "/usr/bin/terraform", "/usr/bin/bash"]
    entries = [event(NOW - 90 * DAY, "init")]
    entries += [
        event(NOW - 60 * DAY, "issue", "was-called", of="renamed", audience=GRAPH),
        event(NOW - 50 * DAY, "rename", "renamed", detail="was was-called"),
        event(NOW - 40 * DAY, "issue", "soon", user="bob", host="laptop-7", audience="api://old"),
        event(NOW - 9 * DAY, "issue", "soon", user="ada", host="desk", audience=GRAPH),
        event(NOW - 8 * DAY, "issue", "soon", "refused", user="eve", host="desk"),
        # Whoever asks chooses the reason, and hides nothing by it.
        event(
            NOW - 7 * DAY, "issue", "soon", user="ada", host="desk", audience="api://new", reason="to manage credentials"
        ),
        event(NOW - 5 * DAY, "issue", "soon", user="eve", host="desk", audience=GRAPH, detail="given to nobody"),
    ]
    tool = event(NOW - 6 * DAY, "issue", "soon", user="deploy", host="build", audience=GRAPH)
    tool["caller"]["claimed_executables"] = claimed
    # The last one by its time is not the last one on the record.
    entries.insert(-2, tool)
    return record(
        home,
        [
            profile("past", **ends(-3)),
            profile("soon", **ends(20, key_id="key-of-soon")),
            profile("later", **ends(40)),
            profile("nobody-knows"),
            profile("renamed", **ends(10, tags=["prod"])),
            profile("bound", credential_kind="federated"),
        ],
        entries,
    )


@pytest.mark.parametrize(
    "options, shown, status",
    [
        ([], {"past": "expired", "renamed": "due", "soon": "due"}, 1),
        (["--within", "15d"], {"past": "expired", "renamed": "due"}, 1),
        (["--within", "0s"], {"past": "expired"}, 1),
        (["--within", "60d"], {"past": "expired", "renamed": "due", "soon": "due", "later": "due"}, 1),
        (["later", "nobody-knows", "bound"], {}, 0),
        (["later", "nobody-knows", "bound", "--all"], {"later": "ok", "bound": "ok", "nobody-knows": "unknown"}, 0),
        (["--tag", "prod"], {"renamed": "due"}, 1),
        (["@both"], {"past": "expired", "soon": "due"}, 1),
    ],
)
def test_states(home: Home, options: list[str], shown: dict[str, str], status: int) -> None:
    home = due_vault(home)
    home.run("selection", "save", "both", "past", "soon", "-q")
    assert states(expiring(home, *options, status=status)) == shown


def test_the_first_to_end_comes_first_and_what_is_not_known_last(home: Home) -> None:
    rows = expiring(due_vault(home), "--all", status=1)
    assert [row["profile"] for row in rows] == ["past", "renamed", "soon", "later", "bound", "nobody-knows"]


@pytest.mark.parametrize("by_agent", [False, True])
def test_who_will_notice(home: Home, by_agent: bool) -> None:
    home = due_vault(home)
    if by_agent:
        with running_agent(home) as agent:
            rows = {row["profile"]: row for row in json.loads(agent.run("expiring", "-o", "json", status=1).stdout)}
    else:
        rows = {row["profile"]: row for row in expiring(home, status=1)}
    soon = rows["soon"]
    # Neither what was refused, nor what this program took for itself; the last on the record, whatever the clock said.
    assert (soon["lastIssued"]["user"], soon["lastIssued"]["audience"]) == ("ada", "api://new")
    assert [(one["user"], one["host"], one["executable"], one["tokens"]) for one in soon["givenTo"]] == [
        ("deploy", "build", "/usr/bin/terraform", 1),
        ("ada", "desk", None, 2),
    ]
    assert soon["keyId"] == "key-of-soon"
    # Found by the name that it had then, and too long ago to be told of who got it.
    assert rows["renamed"]["lastIssued"]["audience"] == GRAPH
    assert rows["renamed"]["givenTo"] == []
    assert rows["past"]["lastIssued"] == {"at": None, "audience": None, "host": None, "user": None}


@pytest.mark.parametrize("indexed", [False, True])
def test_a_long_record_tells_the_same_by_its_index(home: Home, indexed: bool) -> None:
    names = [f"p{number:02}" for number in range(40)]
    entries = [event(NOW - 300 * DAY, "init")]
    expected: dict[str, int] = {}
    for number in range(5000):
        name = names[number * 7 % 39]
        moment = NOW - 300 * DAY + number * DAY // 20
        entries.append(event(moment, "issue", name, "ok" if number % 3 else "failed", host=f"host-{number % 5}"))
        if number % 3:
            expected[name] = moment
    # One that was given a token once, long ago, under another name.
    entries[100] = event(entries[100]["time"], "issue", "before", of="p39")
    entries[200] = event(entries[200]["time"], "rename", "p39", detail="was before")
    expected["p39"] = entries[100]["time"]
    home = record(home, [profile(name, **ends(5)) for name in names], entries)
    if indexed:
        home.run("audit", "reindex", "-q")
    last = {row["profile"]: row["lastIssued"]["at"] for row in expiring(home, status=1)}
    found = {name: at for name, at in last.items() if at}
    assert found == {name: rfc3339(at) for name, at in expected.items()}


NOTE = "vaultctl: 1 profile has no known end"


@pytest.mark.parametrize(
    "options, note",
    [
        ([], f"{NOTE}; 'vaultctl edit --live' learns it, --all shows them"),
        (["--all"], f"{NOTE}; 'vaultctl edit --live' learns it"),
        (["nobody-knows", "bound"], f"{NOTE}; 'vaultctl edit --live' learns it, --all shows them"),
        (["past", "later", "bound"], None),
    ],
)
def test_of_how_many_no_end_is_known(home: Home, options: list[str], note: str | None) -> None:
    home = due_vault(home)
    status = 0 if "nobody-knows" in options else 1
    told = home.run("expiring", *options, status=status).stderr.splitlines()
    assert [line for line in told if "no known end" in line] == ([note] if note else [])
    assert home.run("expiring", *options, "-q", status=status).stderr == ""


def test_how_far_a_rotation_is(home: Home) -> None:
    states = {
        "kept": {"state": "promoted", "grace_until": NOW + DAY},
        "over": {"state": "promoted", "grace_until": NOW - DAY},
        "stuck": {"state": "planned"},
    }
    rotations = {name: {"started": NOW - 2 * DAY, "changed": NOW - 2 * DAY, **more} for name, more in states.items()}
    profiles = [profile(name, **ends(5)) for name in (*states, "none")]
    home = record(home, profiles, [event(NOW - 9 * DAY, "init")], rotations)
    fields = [line.split("\t") for line in home.run("expiring", "-o", "tsv", status=1).stdout.splitlines()]
    assert {one[0]: one[7] for one in fields} == {
        "kept": "in grace", "over": "grace over, to finish", "stuck": "unfinished: planned", "none": "",
    }  # fmt: skip


def test_nobody_is_meant(home: Home) -> None:
    home = due_vault(home)
    home.run("selection", "save", "nobody", "--tag", "env=test", "-q")
    for words in (["@nobody"], ["--tag", "prdo"], ["@nobody", "--tag", "prod"]):
        ended = home.run("expiring", *words, "--metrics", "m.prom", "--hook", "touch told", status=66)
        assert ended.errors == [f"error: no profile is meant by {' '.join(words)}"]
        assert ended.stdout == ""
    assert not (home.path / "m.prom").exists() and not (home.path / "told").exists()
    # A vault that has none yet is no mistake.
    assert expiring(record(home, [], [event(NOW - DAY, "init")]), status=0) == []


def test_tsv_has_its_columns(home: Home) -> None:
    lines = due_vault(home).run("expiring", "past", "soon", status=1).stdout.splitlines()
    fields = [line.split("\t") for line in lines]
    assert [len(one) for one in fields] == [11, 11]
    assert fields[1][0:2] == ["soon", "due"]
    assert fields[1][5:7] == ["deploy@build terraform, ada@desk", "api://new"]


# The picture


def picture(home: Home, columns: int, *options: str) -> list[str]:
    screen = terminal.run(home, " ".join(["vaultctl expiring -q", *options]), columns=columns)
    assert screen.status == 1
    return screen.lines


@pytest.mark.parametrize("columns", [60, 80, 120, 200])
@pytest.mark.parametrize("colour", [False, True])
def test_a_table_is_never_wider_than_the_terminal(home: Home, columns: int, colour: bool) -> None:
    users = [f"user-{number}" for number in range(9)]
    busy = [event(NOW - DAY, "issue", LONG, user=user, host="h" * 40, audience=GRAPH) for user in users]
    home = record(home, [profile(LONG, **ends(1)), profile("short", **ends(-1))], [event(NOW - 9 * DAY, "init"), *busy])
    command = "env -u NO_COLOR vaultctl expiring -q" if colour else "vaultctl expiring -q"
    screen = terminal.run(home, command, columns=columns)
    plain = [re.sub("\x1b\\[[0-9;]*m", "", line) for line in screen.lines]
    assert all(len(line) <= columns for line in plain), plain
    assert (plain != screen.lines) == colour
    assert len(plain) == 3
    # The states and dates stay, whatever else goes; the longest name is cut before that.
    assert plain[0].split()[:3] == ["PROFILE", "STATE", "EXPIRES"]
    assert plain[1].split()[:2] == ["short", "expired"]
    assert plain[2].startswith("team/a-very") and " due " in plain[2]
    assert "…" in plain[2]
    if colour:
        assert "\x1b[31mexpired\x1b[0m" in screen.lines[1]
        assert "\x1b[33mdue\x1b[0m" in screen.lines[2]


def test_at_80_columns_it_says_who_will_notice(home: Home) -> None:
    lines = picture(due_vault(home), 80)
    assert lines[0].split("  ")[0] == "PROFILE"
    assert "GIVEN TO" in lines[0]
    assert "deploy@build terraf" in lines[3]


# Metrics

#: name{labels} value, as Prometheus' text format 0.0.4 has it.
_SAMPLE = re.compile(r'([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (-?[0-9]+(?:\.[0-9]+)?(?:e[+-]?[0-9]+)?)')
_LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\\\|\\"|\\n)*)"(,|$)')


def parsed(text: str) -> dict[str, list[tuple[dict[str, str], float]]]:
    """What a scraper reads; refuses what the format does not allow."""
    assert text.endswith("\n")
    found: dict[str, list[tuple[dict[str, str], float]]] = {}
    typed, helped, current = set(), set(), None
    for line in text.removesuffix("\n").split("\n"):
        if line.startswith("# HELP "):
            name, _, words = line.removeprefix("# HELP ").partition(" ")
            assert words and name not in helped, line
            helped.add(name)
        elif line.startswith("# TYPE "):
            name, kind = line.removeprefix("# TYPE ").split(" ")
            assert kind == "gauge" and name in helped and name not in typed, line
            typed.add(name)
            current = name
            found[name] = []
        else:
            match = _SAMPLE.fullmatch(line)
            assert match and match[1] == current, line
            labels: dict[str, str] = {}
            rest = match[2] or ""
            while rest:
                label = _LABEL.match(rest)
                assert label and label[1] not in labels, line
                unescaped = re.sub(r"\\(.)", lambda one: {"n": "\n"}.get(one[1], one[1]), label[2])
                labels[label[1]] = unescaped
                assert label[3] or label.end() == len(rest), line
                rest = rest[label.end():]
            assert labels not in [seen for seen, _ in found[match[1]]], f"twice: {line}"
            found[match[1]].append((labels, float(match[3])))
    assert typed == helped == set(found)
    return found


def test_metrics(home: Home) -> None:
    odd = 'a"b\\c\nd=é'
    home = record(
        home,
        [profile("odd", **ends(20, tenant=odd, key_id="k1")), profile("past", **ends(-1)), profile("none")],
        [event(NOW - 9 * DAY, "init"), event(NOW - DAY, "issue", "odd")],
    )
    file = home.path / "vaultctl.prom"
    before = int(time.time())
    expiring(home, "--metrics", "vaultctl.prom", status=1)
    found = parsed(file.read_text())
    assert stat.S_IMODE(file.stat().st_mode) == 0o644
    labels = {
        "profile": "odd", "tenant": odd, "client_id": "22222222-2222-4222-8222-222222222222", "kind": "client-secret",
        "key_id": "k1",
    }  # fmt: skip
    dates = found["vaultctl_credential_expiry_timestamp_seconds"]
    assert (labels, (NOW + 20 * DAY) // 1000) in dates
    assert {one["profile"] for one, _ in dates} == {"odd", "past"}
    assert found["vaultctl_credential_last_issued_timestamp_seconds"] == [(labels, (NOW - DAY) // 1000)]
    assert found["vaultctl_credentials_due"] == [({}, 2)]
    assert found["vaultctl_credentials_unknown"] == [({}, 1)]
    [(_, run)] = found["vaultctl_expiring_run_timestamp_seconds"]
    assert before <= run <= time.time()
    asked = {"vaultctl_credential_missing", "vaultctl_credentials_unasked"}
    assert asked.isdisjoint(found), "nobody asked"
    # Also where nothing is shown, and over an older one.
    expiring(home, "none", "--metrics", "vaultctl.prom", status=0)
    assert parsed(file.read_text())["vaultctl_credentials_due"] == [({}, 0)]
    assert sorted(path.name for path in home.path.glob("vaultctl.prom*")) == ["vaultctl.prom"]


def test_metrics_go_nowhere_else(home: Home) -> None:
    home = due_vault(home)
    vault = home.vault.read_bytes()
    ended = home.run("expiring", "--metrics", str(home.vault), status=64)
    assert ended.stdout == ""
    assert home.vault.read_bytes() == vault
    (home.path / "link").symlink_to("elsewhere")
    home.run("expiring", "--metrics", "link", status=73)
    assert not (home.path / "elsewhere").exists()
    home.run("expiring", "--metrics", "no/such/directory/file", status=73)


def test_metrics_replace_metrics_alone(home: Home) -> None:
    home = due_vault(home)
    home.run("list")
    notes = home.write("notes", "mine\n")
    (home.path / "key-link").symlink_to("key")
    for path, status, words in [
        (notes, 73, "holds no metrics of vaultctl"),
        (home.path / "key", 64, "the file that opens the vault lies there"),
        (home.path / "passphrase", 73, "holds no metrics of vaultctl"),
        (next(home.state.glob("*.anchor")), 64, "what this machine remembers of vaults lies there"),
    ]:
        content = path.read_bytes()
        ended = home.run("expiring", "--metrics", path, status=status)
        assert words in ended.errors[0] and ended.stdout == ""
        assert path.read_bytes() == content
    home.run("expiring", "--metrics", "key", status=64, variables={"VAULTCTL_KEY_FILE": str(home.path / "key-link")})
    ended = home.run("expiring", "--passphrase-file", "passphrase", "--metrics", "./passphrase", status=64)
    assert "the file that opens the vault lies there" in ended.errors[0]
    authorities = home.write("ca.pem", Path(home.variables["CA"]).read_bytes())
    ended = home.run("expiring", "--ca-file", "ca.pem", "--metrics", authorities, status=64)
    assert "the certificate authorities that are trusted lie there" in ended.errors[0]
    home.write("empty", "")
    for name in ("empty", "empty"):
        home.run("expiring", "--metrics", name, status=1)
        assert (home.path / name).read_text().startswith("# HELP vaultctl_")


# The hook


def test_the_hook_is_told_what_json_tells(home: Home) -> None:
    home = due_vault(home)
    variables = {"VAULTCTL_SECRET_OF_OURS": "x", "CREDENTIALS_DIRECTORY": "/nowhere", "THEIRS": "y"}
    hook = "cat >told; env >environment; echo to-nobody"
    ended = home.run("expiring", "-o", "json", "--hook", hook, variables=variables, status=1)
    assert (home.path / "told").read_text() == ended.stdout
    environment = (home.path / "environment").read_text()
    assert "VAULTCTL_" not in environment
    assert "CREDENTIALS_DIRECTORY" not in environment
    assert "THEIRS=y" in environment
    # The same for whoever looks at a table.
    assert home.run("expiring", "-o", "table", "--hook", "cat >told", status=1).stdout.startswith("PROFILE")
    assert [row["profile"] for row in json.loads((home.path / "told").read_text())] == ["past", "renamed", "soon"]


def test_the_hook_is_run_only_when_something_is_due(home: Home) -> None:
    home = due_vault(home)
    expiring(home, "later", "bound", "--all", "--hook", "touch told", status=0)
    assert not (home.path / "told").exists()


@pytest.mark.parametrize(
    "hook, error",
    [
        ("exit 3", "error: the hook failed: it ended with status 3"),
        ("echo first; echo no mail >&2; exit 1", "error: the hook failed: it ended with status 1: no mail"),
        ("kill -9 $$", "error: the hook failed: it was killed"),
        ("/no/such/command", "error: the hook failed: it ended with status 127: sh: 1: /no/such/command: not found"),
    ],
)
def test_a_hook_that_fails_loses_nothing(home: Home, hook: str, error: str) -> None:
    home = due_vault(home)
    ended = home.run("expiring", "-o", "tsv", "--hook", hook, "--metrics", "m.prom", status=74)
    assert error in ended.stderr.splitlines()
    assert len(ended.stdout.splitlines()) == 3
    assert parsed((home.path / "m.prom").read_text())["vaultctl_credentials_due"] == [({}, 3)]


def test_a_hook_gets_all_of_a_long_document(home: Home) -> None:
    """More than a pipe takes at once, to one that reads late and to one that does not read."""
    names = [f"profile-with-a-rather-long-name-{number:04}" for number in range(400)]
    home = record(home, [profile(name, **ends(3)) for name in names], [event(NOW - 9 * DAY, "init")])
    expiring(home, "--hook", "wc -c >length; true", status=1)
    assert int((home.path / "length").read_text()) > 2 * 65536
    expiring(home, "--hook", "true", status=1)


def test_usage(stage: Stage) -> None:
    home = stage.template
    for arguments, message in [
        (["--using", "ci"], "--using goes with --live"),
        (["--jobs", "0"], "--jobs is 1 to 64"),
        (["--hook", ""], "--hook and --metrics take something that is not empty"),
        (["ci", "--tag", "x"], "give profile names or --tag; a label narrows selections alone"),
    ]:
        assert home.run("expiring", *arguments, status=64).errors == [f"error: {message}"]
    home.run("expiring", "nobody", status=66)


def test_the_units_run_it(stage: Stage) -> None:
    """What the units pass is understood, and being due is no failure of theirs."""
    for folder in ("system", "user"):
        unit = (REPOSITORY / "systemd" / folder / "vaultctl-expiring.service").read_text()
        [command] = re.findall(r"^ExecStart=/usr/bin/vaultctl (.*)$", unit, re.MULTILINE)
        assert "SuccessExitStatus=1" in unit.splitlines()
        words = [re.sub("(%t|/run)/vaultctl-expiring", ".", word) for word in command.split()]
        home = stage.home()
        # The applications of this vault may not ask; what the vault knows is told all the same.
        home.run(*words, status=76)
        assert parsed((home.path / "vaultctl.prom").read_text())
        assert (REPOSITORY / "systemd" / folder / "vaultctl-expiring.timer").is_file()
