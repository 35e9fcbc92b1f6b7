"""The stage that all tests of this directory share: the programs, the emulators, and a vault to copy.

The programs are those of ``VAULTCTL`` and ``ENTRA_EMULATOR``, or the debug build of this repository.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

import canaries
import contoso
from emulator import Emulator, running
from home import Home

TESTS = Path(__file__).resolve().parent
REPOSITORY = TESTS.parents[1]

#: Emulators that must not be trusted: the prefix of their variables in transcripts, and how they are started.
UNTRUSTED = [
    ("EXPIRED", "--certificate", "expired"),
    ("WRONG_HOST", "--certificate", "wrong-host"),
    ("SELF_SIGNED", "--certificate", "self-signed"),
    ("OLD_TLS", "--tls-maximum", "1.1"),
]


# Who runs the tests in the background has these ignored, and every program that is started would inherit that.
for _ignored in (signal.SIGHUP, signal.SIGINT):
    if signal.getsignal(_ignored) is signal.SIG_IGN:
        signal.signal(_ignored, signal.default_int_handler if _ignored is signal.SIGINT else signal.SIG_DFL)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="strike every call, not a sample of them")
    parser.addoption(
        "--accept", action="store_true", help="write into the transcripts what happens; read the diff before keeping it"
    )


@dataclass(frozen=True)
class Stage:
    """Where tests play."""

    #: Holds ``vaultctl`` and the commands of transcripts; readable for every user.
    programs: Path
    homes: Path
    emulator: Emulator
    #: A home with a vault of three profiles, which tests copy and never change.
    template: Home
    shim: Path

    def home(self) -> Home:
        """A new home with the vault of three profiles, an anchor, a key file, and files with secrets."""
        return self.template.copy(self.homes)

    def empty_home(self) -> Home:
        """A new home without a vault."""
        home = self.home()
        shutil.rmtree(home.path / ".local")
        return home


@pytest.fixture(scope="session")
def stage() -> Iterator[Stage]:
    # A directory that other users may pass through, which pytest's own are not.
    with ExitStack() as stack:
        base = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="vaultctl-")))
        base.chmod(0o755)
        programs, homes = base / "bin", base / "homes"
        for directory in (programs, homes):
            directory.mkdir(mode=0o755)
        _install(programs)
        emulator_program = _program("ENTRA_EMULATOR", "entra-emulator")
        emulator = stack.enter_context(running(emulator_program, base / "emulator"))
        variables = {
            "AUTHORITY": emulator.url,
            "CA": str(emulator.ca),
            "VAULTCTL_CA_FILE": str(emulator.ca),
            "CLOUD": f"--cloud lab --authority {emulator.url} --graph {emulator.url} --arm {emulator.url}",
            "TENANT": contoso.TENANT,
            "APP": contoso.APPLICATION,
            "APP2": contoso.SECOND_APPLICATION,
            "TRANSCRIPTS": str(programs),
            "FAULT_SHIM": str(programs / "fault_shim.so"),
        }
        for name, *options in UNTRUSTED:
            other = stack.enter_context(running(emulator_program, base / name.lower(), *options))
            variables |= {f"{name}_AUTHORITY": other.url, f"{name}_CA": str(other.ca)}
        template = _template(Home.make(homes, programs, variables))
        yield Stage(programs, homes, emulator, template, programs / "fault_shim.so")


def _install(programs: Path) -> None:
    """Copies what commands run: the sources may lie where another user cannot read them."""
    shutil.copy(_program("VAULTCTL", "vaultctl"), programs / "vaultctl")
    for file in [*(TESTS / "commands").iterdir(), TESTS / "emulator.py", TESTS / "contoso.py"]:
        shutil.copy(file, programs)
    shim = TESTS.parent / "Faults" / "fault_shim.c"
    compiler = os.environ.get("CC", "cc")
    flags = ["-Wall", "-Wextra", "-Werror", "-O1", "-shared", "-fPIC"]
    subprocess.run([compiler, *flags, "-o", str(programs / "fault_shim.so"), str(shim), "-ldl"], check=True)
    # The interpreter of a virtual environment may lie where another user cannot run it.
    (programs / "python3").symlink_to(shutil.which("python3", path="/usr/bin:/usr/local/bin") or sys.executable)


def _program(variable: str, name: str) -> Path:
    named = os.environ.get(variable)
    path = Path(named) if named else REPOSITORY / ".build" / "debug" / name
    if path.is_file():
        return path.resolve()
    if named:
        pytest.fail(f"{variable} names {path}, which is no file")
    pytest.skip(f"no {name} has been built, and {variable} is not set")


def _template(home: Home) -> Home:
    for name, secret in contoso.SECRETS.items():
        home.write(name, secret + "\n")
    home.write("passphrase", canaries.PASSPHRASE + "\n")
    home.write("new-passphrase", canaries.NEW_PASSPHRASE + "\n")
    home.write("key", (key := "the-key-of-all-transcripts-4711") + "\n")
    canaries.SECRETS["key"] = {key}
    unlock = {"VAULTCTL_KEY_FILE": "", "VAULTCTL_PASSPHRASE_FILE": str(home.path / "passphrase")}
    home.run("init", "--no-recovery", "--kdf-memory", "64MiB", "--kdf-passes", "2", variables=unlock)
    home.run("slot", "add", "--new-key-file", home.path / "key", variables=unlock)
    destination = home.variables["CLOUD"].split()

    def add(name: str, application: str, secret: str, *options: str) -> None:
        file = home.path / secret
        where = ["--client-id", application, "--tenant", contoso.TENANT, *destination]
        home.run("add", name, *where, "--secret-file", file, "--no-check", *options)

    add("ci", contoso.APPLICATION, "secret", "--resource", "databricks", "--tag", "team=data")
    add(
        "prod/etl",
        contoso.SECOND_APPLICATION,
        "second-secret",
        "--resource",
        "arm",
        "--tag",
        "team=data",
        "--tag",
        "prod",
    )
    add("payroll", contoso.APPLICATION, "secret", "--resource", contoso.PAYROLL, "--description", "monthly run")
    return home


@pytest.fixture
def home(stage: Stage) -> Home:
    """A home with a vault; the emulator without faults and with nothing counted."""
    stage.emulator.clear()
    return stage.home()
