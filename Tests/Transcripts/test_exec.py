"""`exec`: the command is what runs, as if nothing had run it; what keeps its endpoint ends with it and leaves nothing."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

import contoso
from agent import ASKING, running_agent, wait_until
from conftest import Stage
from home import Ended, Home, status_of

#: Tells on standard output what it was given.
PROBE = """
import json, os, resource, sys
status = dict(line.split(":\\t", 1) for line in open("/proc/self/status").read().splitlines() if ":\\t" in line)
open_files = [int(name) for name in os.listdir("/proc/self/fd")]
try:
    os.waitpid(-1, os.WNOHANG)
    children = True
except ChildProcessError:
    children = False
json.dump({
    "environment": dict(os.environ),
    "signals": {name: status[name] for name in ("SigBlk", "SigIgn", "SigCgt", "SigPnd", "ShdPnd")},
    "open": sorted(number for number in open_files if os.path.exists(f"/proc/self/fd/{number}")),
    "children": children,
    "umask": status["Umask"],
    "limits": [resource.getrlimit(number) for number in range(16)],
    "dumpable": os.stat("/proc/self/environ").st_uid == os.getuid(),
    "session": [os.getpid() == os.getsid(0), os.getpid() == os.getpgrp()],
    "parent": os.getppid(),
    "directory": os.getcwd(),
    "seccomp": status["NoNewPrivs"],
}, sys.stdout)
"""
#: What every command gets to be set.
NAMED = {"VAULTCTL_PROFILE", "VAULTCTL_VAULT"}
AZURE = {"IDENTITY_ENDPOINT", "IDENTITY_HEADER", "AZURE_TENANT_ID", "AZURE_CLIENT_ID"}
DATABRICKS = {"DATABRICKS_HOST", "DATABRICKS_METADATA_SERVICE_URL", "DATABRICKS_AUTH_TYPE"}
ARM = {"ARM_USE_CLI", "ARM_TENANT_ID"}
#: What unlocks, which a command does not get that has no az.
UNLOCKING = {"VAULTCTL_KEY_FILE"}
WORKSPACE = "https://adb-1.2.azuredatabricks.net"


def _python(home: Home) -> str:
    return str(home.programs / "python3")


def _exec(home: Home, *options: str, command: list[str], name: str = "ci", **more: Any) -> Ended:
    process = home.start(home.programs / "vaultctl", "exec", name, *options, "--", *command, **more)
    return home.end(process, ["token"])


def _probe(home: Home, *options: str, name: str = "ci", **more: Any) -> dict[str, Any]:
    ended = _exec(home, *options, name=name, command=[_python(home), "-c", PROBE], **more)
    assert ended.status == 0, ended.shown()
    found: dict[str, Any] = json.loads(ended.stdout)
    return found


def _bare(home: Home, **more: Any) -> dict[str, Any]:
    """The same command, run by nobody."""
    ended = home.end(home.start(_python(home), "-c", PROBE, **more))
    assert ended.status == 0, ended.shown()
    found: dict[str, Any] = json.loads(ended.stdout)
    return found


def _keepers(home: Home) -> list[int]:
    """Processes of this home that keep an endpoint, or are about to."""
    found = []
    for directory in Path("/proc").iterdir():
        if directory.name.isdigit():
            try:
                words = (directory / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if b"exec-keeper" in words and os.fsencode(home.vault) in words:
                found.append(int(directory.name))
    return found


def _all_ended(home: Home) -> None:
    wait_until(lambda: not _keepers(home), "what keeps the endpoint has ended")


def _files(home: Home) -> dict[str, str]:
    """Every path below the home, with what tells files, links and their modes apart."""
    return {
        str(path.relative_to(home.path)): f"{path.lstat().st_mode:o} {os.readlink(path) if path.is_symlink() else ''}"
        for path in home.path.rglob("*")
    }


def _brick(home: Home) -> None:
    """Adds a profile with a workspace."""
    where = ["--client-id", contoso.APPLICATION, "--tenant", contoso.TENANT, *home.variables["CLOUD"].split()]
    what = ["--workspace", WORKSPACE, "--subscription", "77777777-7777-4777-8777-777777777777", "--no-check"]
    home.run("add", "brick", *where, *what, "--secret-file", home.path / "secret")


@pytest.fixture
def brick(home: Home) -> Home:
    _brick(home)
    return home


# As if it were not there


def test_the_command_is_what_it_would_be_by_itself(home: Home) -> None:
    bare, run = _bare(home), _probe(home)
    _all_ended(home)
    changed = {name for name in {*bare["environment"], *run["environment"]}
               if bare["environment"].get(name) != run["environment"].get(name)}  # fmt: skip
    assert changed == NAMED | AZURE | UNLOCKING
    del bare["environment"], run["environment"]
    assert run == bare
    assert run["open"] == [0, 1, 2] and not run["children"]


def test_what_the_caller_set_is_passed_on(home: Home) -> None:
    """Signals ignored and blocked, limits, the umask, open files, the allocator's settings."""

    def unusual() -> None:
        signal.signal(signal.SIGQUIT, signal.SIG_IGN)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        signal.signal(signal.SIGPIPE, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
        resource.setrlimit(resource.RLIMIT_CORE, (4096, 8192))
        resource.setrlimit(resource.RLIMIT_NOFILE, (99, 1000))
        os.umask(0o027)

    reading, writing = os.pipe()
    variables = {"GLIBC_TUNABLES": "glibc.malloc.check=1"}
    options = {"preexec_fn": unusual, "pass_fds": [reading], "variables": variables, "restore_signals": False}
    bare, run = _bare(home, **options), _probe(home, **options)
    os.close(reading)
    os.close(writing)
    assert run["environment"]["GLIBC_TUNABLES"] == variables["GLIBC_TUNABLES"]
    assert run["open"] == [0, 1, 2, reading]
    assert run["limits"][resource.RLIMIT_CORE] == [4096, 8192]
    del bare["environment"], run["environment"]
    assert run == bare


def test_signals_not_ignored_stay_so(home: Home) -> None:
    """SIGPIPE is ignored here, and was not there."""
    options = {"restore_signals": True}
    assert _probe(home, **options)["signals"] == _bare(home, **options)["signals"]


def test_missing_standard_descriptors_stay_missing(home: Home) -> None:
    def close() -> None:
        os.close(0)

    command = ["/bin/sh", "-c", "test ! -e /proc/$$/fd/0 && test -e /proc/$$/fd/1"]
    assert _exec(home, command=command, preexec_fn=close).status == 0


def test_output_and_input_are_the_commands(home: Home) -> None:
    process = home.start(home.programs / "vaultctl", "exec", "ci", "--", "cat", stdin=subprocess.PIPE)
    content = bytes(range(256)) * 4096
    out, err = process.communicate(content, timeout=60)
    assert (out, err, process.returncode) == (content, b"", 0)


def test_a_pipe_ends_with_the_command(home: Home) -> None:
    """What keeps the endpoint holds no end of it."""
    ended = home.shell("vaultctl exec ci -- sh -c 'exec >&-; sleep 600' 2>/dev/null & cat <&3 3<&-; kill $!", [])
    del ended
    process = home.start(home.programs / "vaultctl", "exec", "ci", "--",
                         "/bin/sh", "-c", "echo ready; exec >&- 2>&-; exec sleep 600")  # fmt: skip
    try:
        assert process.stdout is not None and process.stderr is not None
        assert process.stdout.read() == b"ready\n", "read to the end while the command runs"
        assert process.stderr.read() == b""
        assert process.poll() is None and _keepers(home)
    finally:
        process.kill()
        process.wait()
    _all_ended(home)


@pytest.mark.parametrize("status", [0, 1, 77, 255])
def test_the_exit_status_is_the_commands(home: Home, status: int) -> None:
    assert _exec(home, command=["/bin/sh", "-c", f"exit {status}"]).status == status


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL, signal.SIGSEGV, signal.SIGHUP])
def test_a_signal_ends_the_command_as_it_would(home: Home, how: signal.Signals) -> None:
    before = _files(home)
    process = _running(home, "echo ready; exec sleep 600")
    process.send_signal(how)
    process.wait(60)
    assert process.returncode == -how
    _all_ended(home)
    assert _files(home) == before


def test_a_command_may_ignore_signals(home: Home) -> None:
    process = _running(home, "trap '' TERM INT; echo ready; read line; echo $line", stdin=subprocess.PIPE)
    for how in (signal.SIGTERM, signal.SIGINT):
        process.send_signal(how)
    out, _ = process.communicate(b"still here\n", timeout=60)
    assert (out, process.returncode) == (b"still here\n", 0)
    _all_ended(home)


def _running(home: Home, script: str, *options: str, name: str = "ci", **more: Any) -> subprocess.Popen[bytes]:
    """A script under `exec` that has said `ready`."""
    process = home.start(home.programs / "vaultctl", "exec", name, *options, "--", "/bin/sh", "-c", script, **more)
    assert process.stdout is not None
    line = process.stdout.readline()
    if line != b"ready\n":
        process.kill()
        pytest.fail(f"the command did not begin: {line!r} {process.communicate()[1]!r}")
    return process
