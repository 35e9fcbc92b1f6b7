"""`doctor`: each check is made to fail at least once, a healthy home ends with 0, and nothing is changed."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

import contoso
from agent import ANSWER, ASKING, LAST, Agent, frame, running_agent, socket_path, wait_until, wait_until_it_answers, wire
from conftest import REPOSITORY, Stage
from home import Ended, Home
from journal import journal
from older import make_format_1
from rotating import SECRET, Lab, laboratory

#: All of them, in their order: a contract.
CHECKS = [
    "program", "vault", "unlocking", "files", "file system", "disk space", "sqlite", "key slots", "derivation",
    "locked memory", "core dumps", "tracing", "swap", "clock", "certificate authorities", "proxy", "providers",
    "provider clocks", "anchor", "outside anchors", "verification", "rotations", "credentials", "settings", "copies",
    "agent", "az leftovers", "environment",
]  # fmt: skip
SEALED = CHECKS[CHECKS.index("providers") : CHECKS.index("copies") + 1]
NO_SWAP = "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"


@dataclass(frozen=True)
class Checkup:
    """What `doctor` said."""

    ended: Ended
    rows: list[dict[str, Any]]

    def of(self, check: str) -> list[dict[str, Any]]:
        return [row for row in self.rows if row["check"] == check]

    def results(self) -> dict[str, set[str]]:
        return {check: {row["result"] for row in self.of(check)} for check in CHECKS}

    def the(self, check: str) -> dict[str, Any]:
        [row] = self.of(check)
        return row

    def wrong(self) -> set[str]:
        return {row["check"] for row in self.rows if row["result"] not in ("ok", "skipped")}

    def is_(self, check: str, result: str, *words: str) -> None:
        """One row of this check has this result, and says each of these words."""
        rows = [row for row in self.of(check) if row["result"] == result]
        said = [f"{row['found']} {row['remedy'] or ''}" for row in rows]
        assert any(all(word in one for word in words) for one in said), (result, words, self.of(check))


def doctor(home: Home, *options: str, **more: Any) -> Checkup:
    ended = home.run("doctor", "-o", "json", *options, status=more.pop("status", None), **more)
    rows = json.loads(ended.stdout)
    seen = list(dict.fromkeys(row["check"] for row in rows))
    assert seen == CHECKS
    assert all(list(row) == ["check", "found", "remedy", "result"] for row in rows)
    harmless = all(row["result"] in ("ok", "skipped") for row in rows)
    assert ended.status == (0 if harmless else 1), ended.shown()
    return Checkup(ended, rows)


@pytest.fixture(scope="session")
def shim(stage: Stage) -> Path:
    """What makes this machine look like another one."""
    made = stage.programs / "stand_in.so"
    flags = ["-Wall", "-Wextra", "-Werror", "-O1", "-shared", "-fPIC"]
    source = REPOSITORY / "Tests/Faults/stand_in.c"
    subprocess.run([os.environ.get("CC", "cc"), *flags, "-o", str(made), str(source), "-ldl"], check=True)
    return made


@dataclass(frozen=True)
class Machine:
    """What the kernel tells, in place of what it does tell: by default a healthy machine."""

    home: Home
    shim: Path

    def put(self, path: str, text: str) -> None:
        file = self.home.path / "machine" / path.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        self.home.user.take(self.home.path / "machine")

    def variables(self, **more: str) -> dict[str, str]:
        return {
            "LD_PRELOAD": str(self.shim),
            "STAND_IN_FILES": str(self.home.path / "machine"),
            "STAND_IN_CLOCK": "kept",
            **{f"STAND_IN_{name.upper()}": value for name, value in more.items()},
        }


def machine_of(home: Home, shim: Path) -> Machine:
    machine = Machine(home, shim)
    machine.put("/proc/swaps", NO_SWAP)
    machine.put("/proc/sys/kernel/core_pattern", "core\n")
    machine.put("/proc/sys/kernel/yama/ptrace_scope", "1\n")
    return machine


@pytest.fixture
def machine(home: Home, shim: Path) -> Machine:
    return machine_of(home, shim)


def add(home: Home, name: str, authority: str, *options: str) -> None:
    cloud = ["--cloud", f"cloud-of-{name}", "--authority", authority, "--graph", authority, "--arm", authority]
    who = ["--client-id", contoso.APPLICATION, "--tenant", contoso.TENANT, "--resource", "arm"]
    home.run("add", name, *who, *cloud, "--secret-file", home.path / "secret", "--no-check", "-q", *options)


@pytest.fixture(scope="session")
def healthy_template(stage: Stage) -> Home:
    """A vault as `init` makes it when nothing is chosen: with today's cost, and a recovery code."""
    home = stage.empty_home()
    unlock = {"VAULTCTL_KEY_FILE": "", "VAULTCTL_PASSPHRASE_FILE": str(home.path / "passphrase")}
    home.run("init", allowed=["code"], variables=unlock)
    home.run("slot", "add", "--new-key-file", home.path / "key", variables=unlock)
    add(home, "ci", stage.emulator.url, "--secret-expires", "2099-01-01")
    return home


@pytest.fixture
def usual(stage: Stage, healthy_template: Home) -> Home:
    """A home in which nothing is wrong, as `init` makes it."""
    stage.emulator.clear()
    return healthy_template.copy(stage.homes)


@pytest.fixture(scope="session")
def quick_template(stage: Stage, healthy_template: Home) -> Home:
    home = healthy_template.copy(stage.homes)
    home.run("slot", "remove", "1", "--yes")
    return home


@pytest.fixture
def healthy(stage: Stage, quick_template: Home) -> Home:
    """The same without a passphrase, so that no guess at one need be timed."""
    stage.emulator.clear()
    return quick_template.copy(stage.homes)


# Healthy


def test_all_is_well(usual: Home, shim: Path) -> None:
    found = doctor(usual, variables=machine_of(usual, shim).variables(), status=0)
    assert found.results() == {check: {"skipped" if check == "agent" else "ok"} for check in CHECKS}
    assert found.ended.stderr == ""
    assert "profiles: 1, tokens: 0" in found.the("verification")["found"]


def test_all_is_well_through_an_agent(usual: Home, shim: Path) -> None:
    variables = machine_of(usual, shim).variables()
    with running_agent(usual) as agent:
        found = doctor(usual, variables={**ASKING, **variables}, status=0)
        assert found.results() == {check: {"ok"} for check in CHECKS}
        assert "the agent" in found.the("unlocking")["found"]
        assert f"pid {agent.pid}" in found.the("agent")["found"]


def test_what_is_left_out_on_purpose_is_no_finding(healthy: Home, shim: Path, stage: Stage) -> None:
    variables = machine_of(healthy, shim).variables()
    before = stage.emulator.routes()
    found = doctor(healthy, "--no-network", variables=variables, status=0)
    skipped = {"providers", "provider clocks", "agent"}
    assert found.results() == {check: {"skipped" if check in skipped else "ok"} for check in CHECKS}
    found = doctor(healthy, "--locked", variables=variables, status=0)
    skipped = {"unlocking", "agent", *SEALED}
    assert found.results() == {check: {"skipped" if check in skipped else "ok"} for check in CHECKS}
    assert stage.emulator.routes() == before


def content(folder: Path) -> dict[str, tuple[int, int, bytes]]:
    found = {}
    for path in folder.rglob("*"):
        status = path.lstat()
        found[str(path)] = (status.st_mode, status.st_mtime_ns, path.read_bytes() if path.is_file() else b"")
    return found


def test_nothing_is_changed(home: Home, machine: Machine) -> None:
    before = content(home.path)
    doctor(home, variables=machine.variables())
    doctor(home, "--locked", "--no-network", variables=machine.variables())
    assert content(home.path) == before
    # Nor is the anchor made that is missing.
    for file in home.state.glob("*.anchor"):
        file.unlink()
    before = content(home.path)
    doctor(home, variables=machine.variables()).is_("anchor", "warning", "none", "vaultctl list")
    assert content(home.path) == before


def test_one_request_for_each_authority(home: Home, stage: Stage, machine: Machine) -> None:
    # Three profiles have one.
    doctor(home, variables=machine.variables()).is_("providers", "ok", "localhost")
    assert len(stage.emulator.routes()) == 1
    assert stage.emulator.token_requests() == []


def test_each_format_says_the_same(home: Home, machine: Machine) -> None:
    def run(kind: str) -> list[str]:
        return home.run("doctor", "-o", kind, "--locked", status=1, variables=machine.variables()).stdout.splitlines()

    rows = [json.loads(line) for line in run("jsonl")]
    lines = [line.split("\t") for line in run("tsv")]
    assert [line[:2] for line in lines] == [[row["check"], row["result"]] for row in rows]
    assert {len(line) for line in lines} == {4}
    shown = run("table")
    assert shown[0].split() == ["CHECK", "RESULT", "FOUND"]
    assert len(shown) == 1 + len(rows) + sum(row["remedy"] is not None for row in rows)
    assert any("do: vaultctl slot add --recovery-code" in line for line in shown)
    assert not any(line != line.rstrip() for line in shown)


@pytest.mark.parametrize("options", [["--locked", "--key-file", "key"], ["--locked", "--passphrase-file", "passphrase"]])
def test_locked_goes_without_what_unlocks(home: Home, options: list[str]) -> None:
    home.run("doctor", *options, status=64)


def test_a_passphrase_file_that_is_not_there_is_said_at_once(home: Home) -> None:
    ended = home.run("doctor", "--passphrase-file", "nowhere", status=74)
    assert ended.stdout == ""


# The vault, from outside


def test_without_a_vault_it_says_init(stage: Stage, shim: Path) -> None:
    home = stage.empty_home()
    found = doctor(home, variables=machine_of(home, shim).variables(), status=1)
    found.is_("vault", "problem", "there is no vault", "vaultctl init")
    assert found.wrong() == {"vault"}


def test_locked_is_not_well(healthy: Home, shim: Path) -> None:
    variables = {**machine_of(healthy, shim).variables(), "VAULTCTL_KEY_FILE": ""}
    for options in [], ["--no-input"]:
        found = doctor(healthy, *options, variables=variables, status=1)
        assert found.wrong() == {"unlocking"}
        found.is_("unlocking", "unknown", "locked")
        assert {row["found"] for check in SEALED for row in found.of(check)} == {"locked"}


def test_a_wrong_passphrase_keeps_the_rest_from_nothing(usual: Home, shim: Path) -> None:
    wrong = usual.write("wrong", "not-the-passphrase\n")
    variables = {**machine_of(usual, shim).variables(), "VAULTCTL_KEY_FILE": ""}
    found = doctor(usual, "--passphrase-file", str(wrong), variables=variables, status=1)
    assert found.wrong() == {"unlocking"}
    found.is_("unlocking", "unknown", "passphrase")
    found.is_("derivation", "ok", "3 passes over 256 MiB")


@pytest.mark.parametrize(
    ("which", "mode", "remedy"),
    [("vault", 0o644, "chmod 600"), ("folder", 0o755, "chmod 700"), ("state", 0o750, "chmod 700"),
     ("anchor", 0o604, "chmod 600"), ("lock", 0o660, "chmod 600"), ("key", 0o644, "chmod 600"),
     ("run", 0o755, "chmod 700"), ("copy", 0o644, "chmod 600")],
)  # fmt: skip
def test_what_others_can_reach(healthy: Home, shim: Path, which: str, mode: int, remedy: str) -> None:
    [anchor] = healthy.state.glob("*.anchor")
    (healthy.path / "run/vaultctl").mkdir(mode=0o700)
    healthy.write(".local/share/vaultctl/vault.db.format-1", "older")
    healthy.user.take(healthy.path / "run")
    place = {
        "vault": healthy.vault, "folder": healthy.vault.parent, "state": healthy.state, "anchor": anchor,
        "lock": Path(f"{healthy.vault}.lock"), "key": healthy.path / "key", "run": healthy.path / "run/vaultctl",
        "copy": Path(f"{healthy.vault}.format-1"),
    }[which]  # fmt: skip
    place.chmod(mode)
    found = doctor(healthy, variables=machine_of(healthy, shim).variables(), status=1)
    found.is_("files", "problem", f"{remedy} {place}")
    if which in ("vault", "folder"):
        found.is_("vault", "problem", remedy)
        assert found.results()["unlocking"] == {"skipped"}


def test_what_a_restoration_left(healthy: Home, shim: Path) -> None:
    names = [".before-restore-20261123T081500Z", ".before-restore-20261123T081500Z-journal", ".restore", ".bak"]
    kept, journal, copy, own = [healthy.write(f".local/share/vaultctl/vault.db{name}", "older") for name in names]
    (healthy.vault.parent / "vault.db.d").mkdir()
    machine = machine_of(healthy, shim)
    found = doctor(healthy, variables=machine.variables())
    assert found.wrong() == {"files"}
    assert len(found.of("files")) == 2, "the journal goes with its vault"
    found.is_("files", "warning", "still there with all its secrets", f"rm {kept}")
    found.is_("files", "warning", "left by a restoration that was stopped", f"rm {copy}")
    for place in (kept, journal, copy, own):
        place.chmod(0o644)
        found = doctor(healthy, variables=machine.variables(), status=1)
        found.is_("files", "problem", f"chmod 600 {place}")
        place.chmod(0o600)


def test_another_name_of_the_vault(healthy: Home, shim: Path) -> None:
    os.link(healthy.vault, healthy.path / "elsewhere")
    found = doctor(healthy, variables=machine_of(healthy, shim).variables())
    assert found.wrong() == {"files"}
    found.is_("files", "warning", "2 names", "-samefile")


def test_links_and_strange_things_in_place_of_files(healthy: Home, shim: Path) -> None:
    healthy.vault.rename(healthy.path / "moved")
    healthy.vault.symlink_to(healthy.path / "moved")
    [anchor] = healthy.state.glob("*.anchor")
    anchor.unlink()
    os.mkfifo(anchor, mode=0o600)
    found = doctor(healthy, variables=machine_of(healthy, shim).variables())
    found.is_("files", "problem", str(healthy.vault), "is a link")
    found.is_("vault", "problem", "no regular file")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_files_of_somebody_else(healthy: Home, shim: Path) -> None:
    os.chown(healthy.vault, 0, 0)
    found = doctor(healthy, variables=machine_of(healthy, shim).variables())
    found.is_("files", "problem", "belongs to another user (uid 0)")
    found.is_("vault", "problem", "belongs to another user")


def test_a_network_file_system(healthy: Home, shim: Path) -> None:
    found = doctor(healthy, variables=machine_of(healthy, shim).variables(system="6969"))
    found.is_("file system", "problem", "NFS", "--vault")


@pytest.mark.parametrize("folder", ["Dropbox", "OneDrive - Contoso", "marked"])
def test_a_synchronized_folder(healthy: Home, shim: Path, folder: str) -> None:
    place = healthy.path / folder / "vaults"
    healthy.vault.parent.parent.joinpath("vaultctl").rename(healthy.path / "vaults")
    (healthy.path / folder).mkdir(mode=0o700)
    (healthy.path / "vaults").rename(place)
    if folder == "marked":
        (healthy.path / folder / ".stfolder").mkdir()
    healthy.user.take(healthy.path)
    found = doctor(healthy, "--vault", str(place / "vault.db"), variables=machine_of(healthy, shim).variables())
    assert found.wrong() == {"file system"}
    found.is_("file system", "warning", str(healthy.path / folder), "forked")


@pytest.mark.parametrize(("free", "result"), [(1 << 20, "problem"), ((4 << 20) + 5000, "warning"), (8 << 20, "ok")])
def test_a_full_disk(healthy: Home, shim: Path, free: int, result: str) -> None:
    found = doctor(healthy, variables=machine_of(healthy, shim).variables(free=str(free)))
    assert found.the("disk space")["result"] == result


def test_an_older_format_is_not_brought_over(home: Home, machine: Machine) -> None:
    make_format_1(home)
    before = home.vault.read_bytes()
    found = doctor(home, variables=machine.variables())
    found.is_("vault", "warning", "format 1", "newest is 2")
    assert found.the("unlocking")["result"] == "skipped"
    assert home.vault.read_bytes() == before


def test_a_newer_format(home: Home, machine: Machine) -> None:
    assert home.shell("sql $VAULT 'PRAGMA user_version = 99'").status == 0
    doctor(home, variables=machine.variables()).is_("vault", "problem", "format 99", "newer vaultctl")


def test_what_is_no_vault(home: Home, machine: Machine) -> None:
    home.vault.write_bytes(b"not a database at all " * 500)
    found = doctor(home, variables=machine.variables())
    assert found.the("vault")["result"] == "problem"


def test_sqlite_without_threads(healthy: Home, shim: Path) -> None:
    found = doctor(healthy, variables=machine_of(healthy, shim).variables(threads="0"))
    assert found.wrong() == {"sqlite"}


def test_slots(home: Home, machine: Machine) -> None:
    found = doctor(home, variables=machine.variables())
    assert found.wrong() == {"key slots", "derivation"}
    found.is_("key slots", "warning", "no recovery code", "vaultctl slot add --recovery-code")
    found.is_("derivation", "warning", "slot 1 takes 2 passes over 64 MiB", "vaultctl passwd --kdf-memory 256MiB")
    home.run("slot", "remove", "1", "--yes")
    found = doctor(home, variables=machine.variables())
    assert found.wrong() == {"key slots"}
    found.is_("key slots", "warning", "the only slot is a key-file")
    found.is_("derivation", "ok", "nothing that opens the vault could be guessed")
    home.run("slot", "add", "--recovery-code", allowed=["code"])
    doctor(home, variables=machine.variables(), status=0)


def test_a_machine_that_guesses_fast(usual: Home, shim: Path) -> None:
    found = doctor(usual, variables=machine_of(usual, shim).variables(guess="free"))
    assert found.wrong() == {"derivation"}
    found.is_("derivation", "warning", "only 0.0 s", "512MiB")


@pytest.mark.parametrize(
    ("mode", "result", "words"),
    [(0o757, "problem", ["everybody", "chmod o-w"]), (0o4755, "problem", ["as its owner", "chmod u-s"]),
     (0o775, "warning", ["its group"])],
)  # fmt: skip
def test_the_program_itself(healthy: Home, shim: Path, mode: int, result: str, words: list[str]) -> None:
    program = healthy.path / "vaultctl"
    program.write_bytes((healthy.programs / "vaultctl").read_bytes())
    program.chmod(0o755)
    healthy.user.take(healthy.path)
    program.chmod(mode)
    variables = machine_of(healthy, shim).variables()
    ended = healthy.end(healthy.start(program, "doctor", "-o", "json", variables=variables))
    found = Checkup(ended, json.loads(ended.stdout))
    found.is_("program", result, *words)
    assert ended.status == 1


# The machine


def limited(home: Home, limit: str, machine: Machine) -> Checkup:
    line = f"ulimit -l {limit}; exec vaultctl doctor -o json"
    ended = home.end(home.start("/bin/sh", "-c", line, variables=machine.variables()))
    return Checkup(ended, json.loads(ended.stdout))


def test_memory_that_cannot_be_locked(healthy: Home, shim: Path) -> None:
    machine = machine_of(healthy, shim)
    found = limited(healthy, "0", machine)
    found.is_("locked memory", "problem", "could not be locked", "ulimit -l")
    assert found.ended.status == 1
    found = limited(healthy, "800", machine)
    found.is_("locked memory", "warning", "1024 KiB cannot be locked", "may lock 800 KiB")
    # A command has little to lock, and an agent takes all that it may.
    found = limited(healthy, "unlimited 2>/dev/null; ulimit -S -l 800", machine)
    assert found.the("locked memory")["result"] == "ok"


def test_a_process_that_can_be_traced(healthy: Home, shim: Path) -> None:
    found = doctor(healthy, variables=machine_of(healthy, shim).variables(dumpable="1"))
    assert found.wrong() == {"core dumps", "tracing"}
    assert found.the("core dumps")["result"] == found.the("tracing")["result"] == "problem"


def test_shells_that_can_be_traced(healthy: Home, shim: Path) -> None:
    machine = machine_of(healthy, shim)
    machine.put("/proc/sys/kernel/yama/ptrace_scope", "0\n")
    found = doctor(healthy, variables=machine.variables())
    assert found.wrong() == {"tracing"}
    found.is_("tracing", "warning", "sysctl -w kernel.yama.ptrace_scope=1")


@pytest.mark.parametrize(
    ("device", "files", "result"),
    [
        ("/dev/sda2", {}, "warning"),
        ("/swapfile", {}, "warning"),
        ("/dev/dm-1", {"dm/uuid": "CRYPT-PLAIN-swap\n"}, "ok"),
        ("/dev/dm-1", {"dm/uuid": "LVM-abcdef\n"}, "warning"),
        ("/dev/zram0", {"backing_dev": "none\n"}, "ok"),
        ("/dev/zram0", {"backing_dev": "/dev/sda3\n"}, "warning"),
        ("/dev/zram0", {}, "ok"),
    ],
)
def test_swap(healthy: Home, shim: Path, device: str, files: Mapping[str, str], result: str) -> None:
    machine = machine_of(healthy, shim)
    machine.put("/proc/swaps", f"{NO_SWAP}/dev/zram9  partition\t10\t0\t-3\n{device}    partition\t8388604\t0\t-2\n")
    for name, text in files.items():
        machine.put(f"/sys/block/{Path(device).name}/{name}", text)
    row = doctor(healthy, variables=machine.variables()).the("swap")
    assert row["result"] == result
    assert device in row["found"]
    assert ("swapoff" in (row["remedy"] or "")) == (result == "warning")


def test_swap_where_memory_is_not_locked(healthy: Home, shim: Path) -> None:
    machine = machine_of(healthy, shim)
    machine.put("/proc/swaps", f"{NO_SWAP}/dev/sda2    partition\t8388604\t0\t-2\n")
    limited(healthy, "0", machine).is_("swap", "problem", "/dev/sda2", "could not be locked")


@pytest.mark.parametrize(("clock", "result"), [("free", "warning"), ("hidden", "unknown")])
def test_a_clock_that_nobody_keeps(healthy: Home, shim: Path, clock: str, result: str) -> None:
    found = doctor(healthy, variables=machine_of(healthy, shim).variables(clock=clock))
    assert found.wrong() == {"clock"}
    assert found.the("clock")["result"] == result


# The network


@pytest.mark.parametrize(
    ("seconds", "result", "words"),
    [(-20, "ok", ["agree"]), (120, "warning", ["behind"]), (-120, "warning", ["ahead of"]),
     (900, "problem", ["behind", "timedatectl"]), (-900, "problem", ["ahead of"])],
)  # fmt: skip
def test_clocks_of_providers(
    healthy: Home, shim: Path, stage: Stage, seconds: int, result: str, words: list[str]
) -> None:
    stage.emulator.set_fault("clock-skew", seconds=seconds)
    found = doctor(healthy, variables=machine_of(healthy, shim).variables())
    found.is_("provider clocks", result, *words)
    assert found.wrong() == (set() if result == "ok" else {"provider clocks"})
    if result != "ok":
        told = int(found.the("provider clocks")["found"].split(" s ")[0].rsplit(" ", 1)[1])
        # The way there and the rounding of the field are given to the provider.
        assert abs(seconds) - 30 <= told <= abs(seconds) + 1


def test_providers_that_are_not_there_or_not_trusted(healthy: Home, shim: Path) -> None:
    add(healthy, "nobody", "https://localhost:1")
    add(healthy, "stranger", healthy.variables["SELF_SIGNED_AUTHORITY"])
    found = doctor(healthy, variables=machine_of(healthy, shim).variables())
    assert found.wrong() == {"providers"}
    assert len(found.of("providers")) == 2
    found.is_("providers", "problem", "localhost:1", "cannot be reached", "HTTPS_PROXY")
    found.is_("providers", "problem", "is not trusted", "--ca-file")
    # The one that answered is still asked for its time.
    found.is_("provider clocks", "ok")
    healthy.run("remove", "ci", "--yes")
    found = doctor(healthy, variables=machine_of(healthy, shim).variables())
    found.is_("provider clocks", "unknown", "no provider answered")


def test_certificate_authorities_that_others_can_add_to(healthy: Home, shim: Path) -> None:
    own = healthy.write("ca.pem", Path(healthy.variables["CA"]).read_text(), mode=0o666)
    found = doctor(healthy, "--ca-file", str(own), variables=machine_of(healthy, shim).variables())
    assert found.wrong() == {"certificate authorities"}
    found.is_("certificate authorities", "problem", "can be written by others", "chmod 644")
    found = doctor(healthy, "--ca-file", "nowhere.pem", variables=machine_of(healthy, shim).variables())
    found.is_("certificate authorities", "problem", "cannot be read")
    assert found.the("providers")["result"] == "problem"


def test_a_proxy(healthy: Home, shim: Path) -> None:
    machine = machine_of(healthy, shim)
    # The loopback is asked without it.
    found = doctor(healthy, variables={**machine.variables(), "HTTPS_PROXY": "http://proxy.example:3128"}, status=0)
    found.is_("proxy", "ok", "HTTPS_PROXY")
    found = doctor(healthy, variables={**machine.variables(), "https_proxy": "http://ada:pw-4711@proxy.example:1"})
    assert found.wrong() == {"proxy"}
    found.is_("proxy", "warning", "https_proxy")
    assert "pw-4711" not in found.ended.stdout + found.ended.stderr


# What is sealed


def test_a_vault_that_was_put_back(healthy: Home, shim: Path) -> None:
    older = healthy.vault.read_bytes()
    healthy.run("issue", "ci", allowed=["token"])
    healthy.vault.write_bytes(older)
    found = doctor(healthy, variables=machine_of(healthy, shim).variables())
    assert found.wrong() == {"unlocking", "verification"}
    found.is_("unlocking", "problem", "rolled back", "audit anchor accept")
    found.is_("verification", "problem", "rolled back", "vaultctl audit verify")


def test_an_anchor_that_is_damaged(healthy: Home, shim: Path) -> None:
    [anchor] = healthy.state.glob("*.anchor")
    anchor.write_bytes(anchor.read_bytes()[:-1] + b"\0")
    found = doctor(healthy, variables=machine_of(healthy, shim).variables())
    found.is_("unlocking", "problem", "anchor on this machine is damaged")


def tamper(home: Home) -> None:
    """Changes one entry of the record behind the program's back."""
    ended = home.shell("sql $VAULT 'UPDATE audit SET meta = patch(meta, 60, meta) WHERE seq = 1'")
    assert ended.status == 0, ended.shown()


def test_a_record_that_was_tampered_with(home: Home, machine: Machine) -> None:
    tamper(home)
    found = doctor(home, variables=machine.variables())
    found.is_("verification", "problem", "vaultctl audit verify")


def test_a_record_that_was_tampered_with_under_an_agent(home: Home, machine: Machine) -> None:
    with running_agent(home):
        tamper(home)
        found = doctor(home, variables={**ASKING, **machine.variables()})
        found.is_("unlocking", "ok", "the agent")
        found.is_("verification", "problem", "vaultctl audit verify")
        found.is_("anchor", "unknown")


KEEPING = '#!/bin/sh\ncase $VAULTCTL_ANCHOR in put) cat >"$HOME/note";; get) cat "$HOME/note";; esac\n'
FAILING = KEEPING.replace("put)", "put) echo 'no route to the notary' >&2; exit 3; ")


def test_outside_anchors(healthy: Home, shim: Path) -> None:
    variables = machine_of(healthy, shim).variables()
    command = healthy.write("anchor", KEEPING, mode=0o700)
    healthy.run("config", "set", "anchor.command", command)
    note = healthy.path / "note"
    wait_until(note.exists, "the note got there")
    doctor(healthy, variables=variables, status=0).is_("outside anchors", "ok", "anchor.command agrees")
    note.write_text("")
    found = doctor(healthy, variables=variables)
    assert found.the("outside anchors")["result"] in ("warning", "problem")
    command.write_text(FAILING)
    healthy.run("issue", "ci", allowed=["token"])
    wait_until(lambda: bool(list(healthy.state.glob("*.note-failed"))), "the failure is noted")
    found = doctor(healthy, variables=variables)
    assert found.wrong() == {"outside anchors"}
    found.is_("outside anchors", "warning", "the last note was not kept", "no route to the notary")


@pytest.fixture(scope="module")
def lab(stage: Stage) -> Iterator[Lab]:
    with laboratory(stage, count=8) as lab:
        yield lab


def test_a_rotation_that_was_killed(lab: Lab, shim: Path) -> None:
    home = lab.home()
    variables = machine_of(home, shim).variables()
    lab.add(home, "etl", SECRET)
    lab.emulator.clear()
    lab.emulator.set_fault("slow", seconds=60, path="graph-add-password")
    process = home.start(home.programs / "vaultctl", "rotate", "etl")
    wait_until(lambda: "graph-add-password" in lab.emulator.routes(), "a new secret is asked for")
    process.kill()
    home.end(process)
    lab.emulator.clear()
    found = doctor(home, variables=variables)
    found.is_("rotations", "warning", "that of etl is unfinished (planned)", "vaultctl rotation resume etl")
    home.run("rotation", "resume", "etl")
    doctor(home, variables=variables).is_("rotations", "ok")


def test_rotations_past_their_grace(lab: Lab, shim: Path) -> None:
    home = lab.home()
    variables = machine_of(home, shim).variables()
    lab.emulator.clear()
    lab.add(home, "kept", SECRET).rotate("--grace", "1d")
    doctor(home, variables=variables).is_("rotations", "ok", "kept for their grace: 1")
    for name in ("a", "b", "c", "d"):
        lab.add(home, name, SECRET).rotate("--grace", "1s")

    wait_until(lambda: "4 are unfinished" in doctor(home, variables=variables).of("rotations")[0]["found"], "all are late")
    found = doctor(home, variables=variables)
    found.is_("rotations", "warning", "vaultctl rotation resume --all")
    home.run("rotation", "resume", "--all")
    doctor(home, variables=variables).is_("rotations", "ok", "kept for their grace: 1")


@pytest.mark.parametrize(
    ("date", "result", "words"),
    [("2020-01-01", "problem", ["expired: 1", "ci", "vaultctl expiring"]), ("2098-01-01", "ok", ["none of 1"])],
)
def test_credentials(healthy: Home, shim: Path, date: str, result: str, words: list[str]) -> None:
    healthy.run("edit", "ci", "--secret-expires", date)
    doctor(healthy, variables=machine_of(healthy, shim).variables()).is_("credentials", result, *words)


def test_credentials_that_expire_soon(healthy: Home, shim: Path) -> None:
    soon = datetime.now(timezone.utc) + timedelta(days=5, hours=12)
    healthy.run("edit", "ci", "--secret-expires", soon.strftime("%Y-%m-%dT%H:%M:%SZ"))
    found = doctor(healthy, variables=machine_of(healthy, shim).variables())
    assert found.wrong() == {"credentials"}
    found.is_("credentials", "warning", "within 30 days: 1", "ci in 5 days")


def test_copies_that_do_not_get_there(healthy: Home, shim: Path) -> None:
    variables = machine_of(healthy, shim).variables()
    folder = healthy.path / "copies"
    folder.mkdir(mode=0o700)
    healthy.user.take(folder)
    healthy.run("config", "set", "sink.file", folder / "audit.jsonl")
    doctor(healthy, variables=variables, status=0).is_("copies", "ok", "sink.file")
    (folder / "audit.jsonl").chmod(0o666)
    doctor(healthy, variables=variables).is_("copies", "warning", "can be written by others", "config get sink.file")
    (folder / "audit.jsonl").unlink()
    folder.rmdir()
    found = doctor(healthy, variables=variables)
    assert found.wrong() == {"copies"}
    found.is_("copies", "warning", "sink.file", "no such file")


def test_copies_that_an_agent_lost(healthy: Home, shim: Path) -> None:
    with journal(healthy) as end:
        healthy.run("config", "set", "sink.journald", end.path)
    # Its socket is there still, and nobody listens.
    with running_agent(healthy) as agent:
        agent.run("issue", "ci", allowed=["token"])
        found = doctor(healthy, variables={**ASKING, **machine_of(healthy, shim).variables()})
        found.is_("copies", "warning", "sink.journald", "failed")


# The agent


def test_an_agent_that_cannot_lock_its_memory(healthy: Home, shim: Path) -> None:
    process = healthy.start("/bin/sh", "-c", "ulimit -l 0; exec vaultctl agent --unlock -q")
    agent = Agent(healthy, process, socket_path(healthy))
    wait_until_it_answers(agent)
    found = doctor(healthy, variables={**ASKING, **machine_of(healthy, shim).variables()})
    assert found.wrong() == {"agent"}
    found.is_("agent", "warning", "could not lock all of its memory", f"kill {agent.pid}")
    agent.stop()


def test_an_agent_that_is_locked(healthy: Home, shim: Path) -> None:
    with running_agent(healthy, unlocked=False):
        found = doctor(healthy, variables={**machine_of(healthy, shim).variables(), "VAULTCTL_NO_AGENT": ""}, status=0)
        found.is_("agent", "ok", "locked")
        found.is_("unlocking", "ok", "this process")


#: Answers one `status` as another agent would, and `profiles` with nothing.
OTHER_AGENT = """
import os, socket, struct, sys
end = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
end.bind(sys.argv[1])
end.listen(4)
print("ready", flush=True)
answer = bytes.fromhex(sys.argv[2])
while True:
    peer, _ = end.accept()
    peer.recv(65536)
    peer.sendall(answer)
    peer.recv(65536)
    peer.close()
"""


def test_an_agent_of_another_version(healthy: Home, shim: Path) -> None:
    place = healthy.path / "run/vaultctl"
    place.mkdir(mode=0o700)
    healthy.user.take(place)
    status = {"pid": 4711, "version": "9.9.9", "memory_is_locked": 1}
    words = [str(place / "agent.sock"), frame(LAST, wire.encode(ANSWER, {"status": status})).hex()]
    process = healthy.start(healthy.programs / "python3", "-c", OTHER_AGENT, *words)
    try:
        assert process.stdout and process.stdout.readline() == b"ready\n"
        (place / "agent.sock").chmod(0o600)
        variables = {**machine_of(healthy, shim).variables(), "VAULTCTL_NO_AGENT": ""}
        found = doctor(healthy, variables=variables)
        assert found.wrong() == {"agent"}
        found.is_("agent", "warning", "version 9.9.9", "kill 4711, then vaultctl unlock")
    finally:
        process.kill()
        process.communicate()


def test_a_socket_that_is_none(healthy: Home, shim: Path) -> None:
    (healthy.path / "run/vaultctl").mkdir(mode=0o700)
    healthy.write("run/vaultctl/agent.sock", "")
    healthy.user.take(healthy.path / "run")
    variables = {**machine_of(healthy, shim).variables(), "VAULTCTL_NO_AGENT": ""}
    doctor(healthy, variables=variables).is_("files", "problem", "is no socket")
    variables["VAULTCTL_AGENT_SOCKET"] = "relative.sock"
    doctor(healthy, variables=variables).is_("agent", "problem", "VAULTCTL_AGENT_SOCKET")


# Leftovers


@pytest.mark.parametrize(
    ("file", "text", "result", "words"),
    [
        ("service_principal_entries.json",
         '[{"client_id": "a", "client_secret": "SECRET"},{"client_id": "b", "client_secret": "SECRET"}]',
         "problem", ["client secrets in clear: 2", "vaultctl import --from az --shred"]),
        ("service_principal_entries.json", '[{"client_id": "a", "certificate": "/c.pem"}]', "ok", []),
        ("service_principal_entries.json", '{"client_secret": "SECRET"}' + " " * 32_750 + '"client_secret":"SECRET"',
         "problem", ["clear: 2"]),
        ("msal_token_cache.json", '{"AccessToken": {"x": {"secret": "SECRET"}}}', "warning",
         ["tokens in clear: 1", "az account clear"]),
        ("msal_token_cache.json", '{"AccessToken": {}}', "ok", []),
        ("accessTokens.json", '[{"accessToken": "SECRET"}]', "problem", ["clear: 1"]),
    ],
    ids=["secrets", "certificate", "across-chunks", "tokens", "no-tokens", "old-tokens"],
)  # fmt: skip
@pytest.mark.parametrize("named", [False, True])
def test_leftovers_of_az(
    healthy: Home, shim: Path, file: str, text: str, result: str, words: list[str], named: bool
) -> None:
    folder = healthy.path / ("other-azure" if named else ".azure")
    folder.mkdir(mode=0o700)
    (folder / file).write_text(text.replace("SECRET", contoso.SECRETS["secret"]))
    (folder / file).chmod(0o644)
    healthy.user.take(folder)
    variables = machine_of(healthy, shim).variables() | ({"AZURE_CONFIG_DIR": "other-azure"} if named else {})
    found = doctor(healthy, variables=variables)
    assert found.wrong() == (set() if result == "ok" else {"az leftovers"})
    found.is_("az leftovers", result, *words)
    if result != "ok":
        found.is_("az leftovers", result, "others can read it", str(folder / file))


def test_a_leftover_that_cannot_be_read_and_one_that_is_a_pipe(healthy: Home, shim: Path) -> None:
    folder = healthy.path / ".azure"
    folder.mkdir(mode=0o700)
    os.mkfifo(folder / "msal_token_cache.json")
    (folder / "service_principal_entries.json").write_text("[]")
    healthy.user.take(folder)
    (folder / "service_principal_entries.json").chmod(0)
    found = doctor(healthy, variables=machine_of(healthy, shim).variables())
    found.is_("az leftovers", "unknown", "service_principal_entries.json")


def test_secrets_in_variables(healthy: Home, shim: Path) -> None:
    planted = {"AZURE_CLIENT_SECRET": contoso.SECRETS["secret"], "DATABRICKS_TOKEN": contoso.SECRETS["new-secret"]}
    found = doctor(healthy, variables={**machine_of(healthy, shim).variables(), **planted, "ARM_CLIENT_SECRET": ""})
    assert found.wrong() == {"environment"}
    found.is_("environment", "warning", "AZURE_CLIENT_SECRET, DATABRICKS_TOKEN", "unset AZURE_CLIENT_SECRET")
    assert "ARM_CLIENT_SECRET" not in found.ended.stdout
