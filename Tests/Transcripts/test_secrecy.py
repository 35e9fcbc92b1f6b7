"""What is secret is found nowhere but where it was asked for: not in files, not in /proc, not in other output."""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

import canaries
import contoso
from conftest import Stage
from home import OUTPUTS, Ended, Home, Leak
from striking import Strike

#: Words that are in no program and no format, one for each thing that a profile holds.
PROFILES = {
    "quarterly-ledger-export": (contoso.APPLICATION, "secret", contoso.PAYROLL, "owner=wilhelmina"),
    "turbine/telemetry-writer": (contoso.SECOND_APPLICATION, "second-secret", "databricks", "hydropower-plant"),
    "archive.restorer": (contoso.APPLICATION, "secret", "https://storage.azure.com", "retention=decade"),
}
DESCRIPTION = "moves the minutes of the board"


@pytest.fixture
def busy_home(stage: Stage) -> tuple[Home, list[str]]:
    """A vault of three profiles after a session with all of them, and every word that must not be found."""
    stage.emulator.clear()
    home = stage.empty_home()
    unlock = {"VAULTCTL_KEY_FILE": ""}
    passphrase = ["--passphrase-file", str(home.path / "passphrase")]
    ended = home.run(
        "init", "--kdf-memory", "64MiB", "--kdf-passes", "2", *passphrase, variables=unlock, allowed=["code"]
    )
    words = [ended.stderr.splitlines()[1], canaries.PASSPHRASE, (home.path / "key").read_text().strip(), DESCRIPTION]
    home.run("slot", "add", "--new-key-file", home.path / "key", *passphrase, variables=unlock)
    for name, (application, secret, resource, tag) in PROFILES.items():
        where = ["--client-id", application, "--tenant", contoso.TENANT, *home.variables["CLOUD"].split()]
        about = ["--resource", resource, "--tag", tag, "--description", DESCRIPTION]
        home.run("add", name, *where, *about, "--secret-file", home.path / secret)
        words += [name, application, contoso.SECRETS[secret], tag, *(word for word in tag.split("=") if len(word) > 6)]
        words += [resource] if resource != "databricks" else ["2ff814a6-3304-4ab8-85cb-cd0e6f879c1d"]
        for _ in range(2):
            words.append(home.run("issue", name, "--reason", "an audit of secrecy", allowed=["token"]).stdout.strip())
    home.run("rotate", "quarterly-ledger-export", "--secret-file", home.path / "new-secret")
    home.run("check", "--all")
    home.run("show", "archive.restorer", "--reveal", allowed=["secret"])
    home.run("rename", "archive.restorer", "archive.restorer-renamed")
    home.run("issue", "turbine/telemetry-writer", "--resource", "api://not-there-at-all", status=76)
    words += [contoso.SECRETS["new-secret"], contoso.TENANT, home.variables["AUTHORITY"], "an audit of secrecy"]
    words += ["archive.restorer-renamed", "api://not-there-at-all", home.user.name + "@", "AADSTS500011"]
    return home, words


def _finds(directory: Path, words: list[str]) -> Iterator[str]:
    """Where a word stands in a file below ``directory``, or in the name of one, however encoded."""
    needles = [(word, encoding) for word in words for encoding in canaries.encodings(word)]
    for path in directory.rglob("*"):
        content = os.fsencode(path.name) + b"\n" + (path.read_bytes() if path.is_file() else b"")
        for word, encoding in needles:
            if encoding in content:
                yield f"{path}: {word!r} as {encoding!r}"


def test_no_file_tells_what_the_vault_holds(busy_home: tuple[Home, list[str]]) -> None:
    home, words = busy_home
    files = [path for directory in (".local", "run") for path in (home.path / directory).rglob("*") if path.is_file()]
    assert {path.suffix for path in files} >= {".db", ".lock", ".anchor"}
    assert [*_finds(home.path / ".local", words), *_finds(home.path / "run", words)] == []


def test_nor_does_what_a_killed_command_leaves(stage: Stage, busy_home: tuple[Home, list[str]]) -> None:
    """Killed as it commits, SQLite leaves its journal beside the vault, and the anchor's temporary file stays."""
    home, words = busy_home
    left: set[str] = set()
    for calls in (("unlink",), ("rename",)):
        with tempfile.NamedTemporaryFile(dir=stage.homes) as record:
            strike = Strike(1, "before", calls)
            variables = strike.variables(home, stage.shim, Path(record.name))
            name = "turbine/telemetry-writer"
            killed = home.run("issue", name, "--force-refresh", variables=variables, status=137, allowed=["token"])
            words += [killed.stdout.strip()] if killed.stdout else []
        left |= {path.name.rsplit(".", 1)[-1] for path in (home.path / ".local").rglob("*")}
        assert [*_finds(home.path / ".local", words)] == []
    assert "db-journal" in left, "no journal was left, so that none was searched"


@pytest.mark.parametrize("encode", range(len(list(canaries.encodings("a word to hide")))))
def test_the_search_finds_what_is_there(tmp_path: Path, encode: int) -> None:
    hidden = list(canaries.encodings("a word to hide"))[encode]
    (tmp_path / "file").write_bytes(b"\x00\xff" * 50 + hidden + b"\xff" * 50)
    assert [*_finds(tmp_path, ["a word to hide"])]


def test_what_a_command_writes_is_searched_for_tokens(home: Home) -> None:
    with pytest.raises(Leak, match="what nobody asked for: token"):
        home.run("issue", "ci")
    # A proof, as it is by chance: `eyJ` is in it, and a token is not.
    assert [*canaries.leaks("+nIVm91DMywthzOo/eyJdcwctmP5SpsdivEVIoXTClpCeO1P5s=")] == []


@dataclass
class Watch:
    """What `/proc` told of some processes while they ran."""

    samples: int = 0
    environments: int = 0
    texts: set[str] = field(default_factory=set)

    def look(self, session: int) -> None:
        """Reads the command line and environment of every process of a session."""
        for directory in Path("/proc").glob("[0-9]*"):
            try:
                if os.getsid(int(directory.name)) != session:
                    continue
                self.texts.add((directory / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace"))
                self.samples += 1
                self.texts.add((directory / "environ").read_bytes().replace(b"\0", b"\n").decode(errors="replace"))
                self.environments += 1
            except (ProcessLookupError, FileNotFoundError, PermissionError):
                continue


@contextmanager
def _watching(session: int) -> Iterator[Watch]:
    """Looks again and again until the block ends."""
    watch, done = Watch(), threading.Event()

    def look() -> None:
        while not done.is_set():
            watch.look(session)

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield watch
    finally:
        done.set()
        thread.join()


def _run_watched(home: Home, *arguments: str, allowed: list[str], stdin: str | None = None) -> tuple[Ended, Watch]:
    read, write = os.pipe()
    # It waits for its input, so that it is looked at from its first instruction on.
    process = home.start(home.programs / "vaultctl", *arguments, stdin=read, variables={"VAULTCTL_KEY_FILE": ""})
    os.close(read)
    with _watching(process.pid) as watch:
        os.write(write, (stdin or "").encode())
        os.close(write)
        ended = home.end(process, allowed)
    return ended, watch


@pytest.mark.parametrize("verb", ["init", "add", "issue", "rotate", "passwd", "reveal", "slot", "rekey"])
def test_no_process_shows_a_secret(stage: Stage, home: Home, verb: str) -> None:
    where = ["--tenant", contoso.TENANT, *home.variables["CLOUD"].split(), "--resource", "arm"]
    passphrase = ["--passphrase-file", "passphrase"]
    cost = ["--kdf-memory", "64MiB", "--kdf-passes", "2"]
    arguments = {
        "init": ["init", "--vault", f"{home.path}/new/v.db", "--passphrase-fd", "0", *cost],
        "add": ["add", "x", "--client-id", contoso.APPLICATION, *where, *passphrase, "--secret-stdin"],
        "issue": ["issue", "ci", "--passphrase-fd", "0"],
        "rotate": ["rotate", "ci", *passphrase, "--secret-stdin"],
        "passwd": ["passwd", *passphrase, "--new-passphrase-fd", "0", *cost],
        "reveal": ["show", "ci", "--reveal", "--passphrase-fd", "0"],
        "slot": ["slot", "add", "--recovery-code", "--passphrase-fd", "0"],
        "rekey": ["rekey", "--yes", "--passphrase-fd", "0", "--keep-key-file", "key"],
    }[verb]
    stdin = {"add": contoso.SECRETS["secret"], "rotate": contoso.SECRETS["new-secret"]}.get(verb, canaries.PASSPHRASE)
    allowed = {"init": ["code"], "slot": ["code"], "rekey": ["code"], "issue": ["token"], "reveal": ["secret"]}.get(verb, [])
    # Held back at the provider, the process is looked at while it has the secret in its memory.
    stage.emulator.set_fault("latency", milliseconds=300)
    ended, watch = _run_watched(home, *arguments, allowed=allowed, stdin=stdin)
    assert ended.status == 0, ended.shown()
    assert watch.samples >= 3, "it was hardly looked at"
    if os.geteuid() == 0:
        # For anybody else the kernel hides the environment of a process that is not dumpable.
        assert watch.environments >= 3
    leaked = [text for text in watch.texts if any(canaries.leaks(text))]
    assert leaked == []


def test_watching_sees_what_is_there(home: Home) -> None:
    secret = contoso.SECRETS["secret"]
    # The shell's arguments hold it, and in the shell's place `sleep` does not: only its environment does.
    process = home.start("/bin/sh", "-c", f"LEFT={secret} exec sleep 60")
    with _watching(process.pid) as watch:
        while not any("secret" in canaries.leaks(text) for text in set(watch.texts)):
            assert process.poll() is None, "it was not seen"
    process.kill()
    process.communicate()


def test_an_output_nobody_asked_for_is_found(home: Home) -> None:
    for arguments in (["issue", "ci"], ["show", "ci", "--reveal"], ["slot", "add", "--recovery-code"]):
        with pytest.raises(Leak):
            home.run(*arguments)


@pytest.mark.parametrize(
    "command",
    [
        "list", "show ci", "tokens", "check ci", "verify", "status", "slot list", "audit list -o json",
        "issue ci -o table", "edit ci --tag new", "rename ci other", "remove payroll --yes", "tokens forget prod/etl",
        "rotate ci --secret-file new-secret", "add ci --client-id x --tenant y --secret-file secret",
        "rotate ci --secret-file wrong-secret", "issue ci --resource api://nobody",
        "list --passphrase-file wrong-secret",
    ],
)  # fmt: skip
def test_nothing_else_shows_a_secret(home: Home, command: str) -> None:
    """With every detail on standard error; Home.run looks at what comes."""
    home.run("issue", "ci", allowed=["token"])
    seen = OUTPUTS.seen
    variables = {"VAULTCTL_KEY_FILE": ""} if "passphrase" in command else None
    home.run(*command.split(), "-v", status=None, variables=variables)
    assert OUTPUTS.seen == seen + 2
