"""`exec`: the command is what runs, as if nothing had run it; what keeps its endpoint ends with it and leaves nothing."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import resource
import select
import signal
import subprocess
import termios
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

import canaries
import contoso
from agent import ASKING, running_agent, wait_until
from conftest import Stage
from home import DEADLINE, Ended, Home

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
    """What keeps the endpoint holds no end of it, nor of another one that the caller passed."""
    reading, writing = os.pipe()
    # The plain shell knows no descriptors of two digits.
    script = f"exec bash -c 'echo ready; exec >&- 2>&- {writing}>&-; exec sleep 600'"
    process = _running(home, script, pass_fds=[writing])
    os.close(writing)
    try:
        assert process.stdout is not None and process.stderr is not None
        for end in (process.stdout.fileno(), process.stderr.fileno(), reading):
            assert select.select([end], [], [], DEADLINE)[0], "somebody else has it open"
            assert os.read(end, 1) == b""
        assert process.poll() is None and _keepers(home)
    finally:
        os.close(reading)
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


def _take_signals() -> None:
    """A shell lets what it runs in the background ignore these, this run of the tests for one."""
    for number in (signal.SIGINT, signal.SIGQUIT):
        signal.signal(number, signal.SIG_DFL)


_started: list[subprocess.Popen[bytes]] = []


@pytest.fixture(autouse=True)
def _ends_what_a_failure_leaves() -> Iterator[None]:
    yield
    for process in _started:
        if process.poll() is None:
            process.kill()
            process.communicate()
    _started.clear()


def _running(home: Home, script: str, *options: str, name: str = "ci", **more: Any) -> subprocess.Popen[bytes]:
    """A script under `exec` that has said `ready`."""
    words = ["exec", name, *options, "--", "/bin/sh", "-c", script]
    process = home.start(home.programs / "vaultctl", *words, preexec_fn=_take_signals, **more)
    _started.append(process)
    assert process.stdout is not None
    line = process.stdout.readline()
    if line != b"ready\n":
        process.kill()
        pytest.fail(f"the command did not begin: {line!r} {process.communicate()[1]!r}")
    return process


# The terminal


class Terminal:
    """A program on a terminal of its own."""

    def __init__(self, home: Home, *words: str) -> None:
        self.master, slave = pty.openpty()

        def take_terminal() -> None:
            _take_signals()
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)

        self.process = home.start(*words, stdin=slave, stdout=slave, stderr=slave, preexec_fn=take_terminal)
        os.close(slave)
        self.seen = ""

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        os.close(self.master)

    def wait_for(self, text: str) -> None:
        """Reads until ``text`` has come after what was waited for before."""
        deadline = time.monotonic() + DEADLINE
        while text not in self.seen:
            if select.select([self.master], [], [], 0.1)[0]:
                try:
                    self.seen += os.read(self.master, 65536).decode()
                except OSError:
                    pytest.fail(f"the terminal was let go before {text!r}: {self.seen}")
            if time.monotonic() > deadline:
                pytest.fail(f"never seen {text!r}: {self.seen}")
        self.seen = self.seen.partition(text)[2]

    def type(self, keys: bytes) -> None:
        os.write(self.master, keys)


def _shell(home: Home, line: str) -> Terminal:
    """A shell with job control, which runs one line."""
    return Terminal(home, "/bin/bash", "--norc", "--noprofile", "-i", "-m", "-c", line)


def test_control_c_is_the_commands(home: Home) -> None:
    words = [str(home.programs / "vaultctl"), "exec", "ci", "--", "/bin/sh", "-c", "echo ready; exec sleep 600"]
    with Terminal(home, *words) as terminal:
        terminal.wait_for("ready")
        terminal.type(b"\x03")
        assert terminal.process.wait(DEADLINE) == -signal.SIGINT
    _all_ended(home)


def test_control_z_stops_the_command_and_fg_goes_on(home: Home) -> None:
    line = "vaultctl exec ci -- sh -c 'echo ready; read line; echo got $line'; echo stopped with $?; fg; echo then $?"
    with _shell(home, line) as terminal:
        terminal.wait_for("ready")
        terminal.type(b"\x1a")
        terminal.wait_for("stopped with 148")
        assert len(_keepers(home)) == 1
        terminal.wait_for("exec ci")
        terminal.type(b"a line\n")
        terminal.wait_for("got a line")
        terminal.wait_for("then 0")
    _all_ended(home)


def test_a_shell_in_it_has_the_terminal(home: Home) -> None:
    with _shell(home, "vaultctl exec ci -- bash --norc -i; echo ended with $?") as terminal:
        terminal.type(b"tty >/dev/tty && echo $((6 * 7)) $VAULTCTL_PROFILE; exit 5\n")
        terminal.wait_for("42 ci")
        terminal.wait_for("ended with 5")


def test_the_passphrase_is_asked_for_on_the_terminal(home: Home) -> None:
    with _shell(home, "VAULTCTL_KEY_FILE= vaultctl exec ci -- sh -c 'stty -a; echo ready; read x; echo $x'") as terminal:
        terminal.wait_for("passphrase for ")
        terminal.wait_for(": ")
        terminal.type(canaries.PASSPHRASE.encode() + b"\n")
        terminal.wait_for(" echo ")
        terminal.wait_for("ready")
        terminal.type(b"seen\n")
        terminal.wait_for("seen\r\nseen")


# What keeps the endpoint


def test_nothing_is_left_when_it_ends(home: Home) -> None:
    before = _files(home)
    assert _exec(home, command=["true"]).status == 0
    _all_ended(home)
    assert _files(home) == before
    assert '"anchorAgrees": true' in home.run("verify").stdout


def _links(process: int) -> list[str]:
    """What a process has open; it may open and close files meanwhile."""
    found = []
    for file in Path(f"/proc/{process}/fd").iterdir():
        with suppress(FileNotFoundError):
            found.append(os.readlink(file))
    return found


def test_the_keeper_is_no_child_and_in_no_session_of_the_command(home: Home) -> None:
    process = _running(home, "echo ready; exec sleep 600")
    (keeper,) = _keepers(home)
    assert Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text() == ""
    assert os.getsid(keeper) == keeper != os.getsid(process.pid)
    if os.geteuid() == 0:
        assert not [link for link in _links(keeper) if link.startswith("pipe:")], "an end of a pipe of somebody's"
    process.kill()
    process.communicate()
    _all_ended(home)


def test_a_command_goes_on_without_its_keeper(home: Home) -> None:
    script = "echo ready; read line; curl -s $IDENTITY_ENDPOINT; echo curl $?; exit 3"
    process = _running(home, script, stdin=subprocess.PIPE)
    (keeper,) = _keepers(home)
    os.kill(keeper, signal.SIGKILL)
    _all_ended(home)
    out, err = process.communicate(b"\n", timeout=60)
    # 7: could not connect.
    assert (out, err, process.returncode) == (b"curl 7\n", b"", 3)


def test_a_keeper_that_is_asked_to_end_leaves_the_anchor(home: Home) -> None:
    process = _running(home, "echo ready; exec sleep 600")
    (keeper,) = _keepers(home)
    os.kill(keeper, signal.SIGTERM)
    _all_ended(home)
    assert process.poll() is None
    process.kill()
    process.communicate()
    assert '"anchorAgrees": true' in home.run("verify").stdout


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_killed_before_the_command_runs_it_leaves_nothing(home: Home, how: signal.Signals) -> None:
    """At any time of the start, which the passphrase's derivation makes long."""
    before = _files(home)
    unlock = {"VAULTCTL_KEY_FILE": "", "VAULTCTL_PASSPHRASE_FILE": str(home.path / "passphrase")}
    words = ["exec", "ci", "--", "/bin/sh", "-c", "touch ran; sleep 600"]
    process = home.start(home.programs / "vaultctl", *words, variables=unlock)
    wait_until(lambda: bool(_keepers(home)) or process.poll() is not None, "a keeper starts", pause=0.001)
    process.send_signal(how)
    process.communicate(timeout=60)
    assert process.returncode == -how
    _all_ended(home)
    home.path.joinpath("ran").unlink(missing_ok=True)
    assert _files(home) == before


# Tokens


GET = """
import json, os, sys, urllib.error, urllib.request
def get(url, **headers):
    request = urllib.request.Request(url, headers={name.replace("_", "-"): value for name, value in headers.items()})
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=60) as answer: return json.load(answer)
    except urllib.error.HTTPError as error: return error.code
def identity(resource):
    query = f"?api-version=2019-08-01&resource={resource}&client_id={os.environ['AZURE_CLIENT_ID']}"
    return get(os.environ["IDENTITY_ENDPOINT"] + query, X_IDENTITY_HEADER=os.environ["IDENTITY_HEADER"])
"""


def _script(home: Home, script: str) -> list[str]:
    return [_python(home), "-c", GET + script]


def test_a_token_of_the_profile(home: Home) -> None:
    ended = _exec(home, command=_script(home, "print(identity('https://vault.azure.net')['access_token'], os.getpid())"))
    assert ended.status == 0 and ended.stdout.startswith("eyJ"), ended.shown()
    entries = json.loads(home.run("audit", "list", "-o", "json", "--limit", "1").stdout)
    entry = (entries if isinstance(entries, list) else entries["entries"])[0]
    assert (entry["action"], entry["profile"], entry["audience"]) == ("issue", "ci", "https://vault.azure.net")
    # Whom it was for, and who asked on its account.
    assert entry["caller"]["client"]["pid"] == int(ended.stdout.split()[1])


def test_tokens_for_what_was_allowed_alone(home: Home) -> None:
    script = "print(type(identity('https://vault.azure.net')), identity('https://storage.azure.com'))"
    ended = _exec(home, "--allow-audience", "keyvault", command=_script(home, script))
    kind, status = ended.stdout.rsplit(" ", 1)
    assert kind == "<class 'dict'>" and 400 <= int(status) < 500, ended.shown()


def test_databricks_gets_tokens_from_the_metadata_service(brick: Home) -> None:
    script = (
        "print(get(os.environ['DATABRICKS_METADATA_SERVICE_URL'], X_Databricks_Metadata_Version='1',"
        " X_Databricks_Host=os.environ['DATABRICKS_HOST'])['access_token'])"
    )
    ended = _exec(brick, name="brick", command=_script(brick, script))
    assert ended.stdout.startswith("eyJ"), ended.shown()


def test_tokens_renew_for_as_long_as_the_command_runs(stage: Stage, home: Home) -> None:
    stage.emulator.set_token_lifetime(2)
    script = """
import time
end, seen = time.monotonic() + 7, set()
while time.monotonic() < end:
    answer = identity('https://vault.azure.net')
    assert int(answer['expires_on']) >= int(time.time()), answer['expires_on']
    seen.add(answer['access_token'])
    time.sleep(0.1)
print(len(seen))
"""
    ended = _exec(home, command=_script(home, script))
    assert ended.status == 0 and int(ended.stdout) > 3, ended.shown()


def test_the_agent_gives_the_tokens_where_it_can(home: Home) -> None:
    with running_agent(home) as agent:
        ended = _exec(home, command=_script(home, "print(identity('https://vault.azure.net')['access_token'])"),
                      variables=ASKING)  # fmt: skip
        assert ended.status == 0 and ended.stdout.startswith("eyJ"), ended.shown()
        _all_ended(home)
        # A keeper with the vault open itself would have been asked for what opens it.
        assert _probe(home, variables=ASKING)["environment"]["VAULTCTL_PROFILE"] == "ci"
        # Locked meanwhile, it gives none; and the next time there is nobody to ask.
        script = "print('ready', flush=True); input(); print(identity('https://vault.azure.net'))"
        process = home.start(home.programs / "vaultctl", "exec", "ci", "--", *_script(home, script), variables=ASKING,
                             stdin=subprocess.PIPE)  # fmt: skip
        assert process.stdout is not None and process.stdout.readline() == b"ready\n"
        agent.run("lock")
        out, _ = process.communicate(b"\n", timeout=60)
        assert 400 <= int(out) < 600
        refused = home.run("exec", "ci", "--", "true", variables=ASKING, status=77)
        assert refused.errors


# Environment


def _changed(home: Home, run: Mapping[str, Any], variables: Mapping[str, str]) -> tuple[dict[str, str], set[str]]:
    before = {**home.environment, **variables}
    after = run["environment"]
    after.pop("LC_CTYPE", None)
    return {name: after[name] for name in after if before.get(name) != after[name]}, before.keys() - after.keys()


#: As people have them who used other tools before.
OTHERS = {
    name: "of-somebody-else"
    for name in (
        "DATABRICKS_TOKEN DATABRICKS_CLIENT_ID DATABRICKS_CLIENT_SECRET DATABRICKS_CONFIG_PROFILE DATABRICKS_HOST"
        " DATABRICKS_AUTH_TYPE DATABRICKS_AZURE_RESOURCE_ID ARM_CLIENT_ID ARM_CLIENT_SECRET ARM_TENANT_ID ARM_USE_MSI"
        " ARM_OIDC_TOKEN ARM_CLIENT_CERTIFICATE_PATH AZURE_CLIENT_ID AZURE_TENANT_ID AZURE_CLIENT_SECRET"
        " AZURE_FEDERATED_TOKEN_FILE AZURE_TOKEN_CREDENTIALS IDENTITY_SERVER_THUMBPRINT IMDS_ENDPOINT MSI_ENDPOINT"
        " MSI_SECRET AZURE_POD_IDENTITY_AUTHORITY_HOST UNRELATED AZURE_CONFIG_DIR"
    ).split()
}
_OF_ARM = {"ARM_CLIENT_ID", "ARM_CLIENT_SECRET", "ARM_USE_MSI", "ARM_OIDC_TOKEN", "ARM_CLIENT_CERTIFICATE_PATH"}
_OF_DATABRICKS = {"DATABRICKS_TOKEN", "DATABRICKS_CLIENT_ID", "DATABRICKS_CLIENT_SECRET", "DATABRICKS_CONFIG_PROFILE",
                  "DATABRICKS_AZURE_RESOURCE_ID", "ARM_TENANT_ID"}  # fmt: skip
_OF_ENDPOINTS = {"MSI_ENDPOINT", "MSI_SECRET", "AZURE_POD_IDENTITY_AUTHORITY_HOST"}
_OF_AZURE = {"AZURE_CLIENT_SECRET", "AZURE_FEDERATED_TOKEN_FILE", "AZURE_TOKEN_CREDENTIALS",
             "IDENTITY_SERVER_THUMBPRINT", "IMDS_ENDPOINT"}  # fmt: skip


@pytest.mark.parametrize(
    "options, name, expected, gone",
    [
        ([], "ci", AZURE, _OF_AZURE | _OF_ENDPOINTS),
        (["--env", "azure"], "brick", AZURE, _OF_AZURE | _OF_ENDPOINTS),
        ([], "brick", AZURE | DATABRICKS, _OF_AZURE | _OF_ENDPOINTS | _OF_DATABRICKS | _OF_ARM),
        (["--env", "databricks"], "brick", DATABRICKS, _OF_DATABRICKS | _OF_ARM),
        (["--endpoint"], "ci", AZURE | _OF_ENDPOINTS, _OF_AZURE),
        (["--env", "none", "--endpoint"], "brick", AZURE | DATABRICKS | _OF_ENDPOINTS,
         _OF_AZURE | _OF_DATABRICKS | _OF_ARM),
        (["--env", "none"], "ci", set(), set()),
        (["--env", "arm"], "brick", ARM | {"ARM_SUBSCRIPTION_ID", "PATH"}, _OF_ARM),
        (["--env", "arm"], "ci", ARM | {"PATH"}, _OF_ARM),
        (["--env", "none", "--az"], "ci", {"PATH"}, set()),
    ],
)  # fmt: skip
def test_environment(brick: Home, options: list[str], name: str, expected: set[str], gone: set[str]) -> None:
    run = _probe(brick, *options, name=name, variables=OTHERS)
    changed, removed = _changed(brick, run, OTHERS)
    has_az = "PATH" in expected
    assert changed.keys() == expected | NAMED
    assert removed == gone | (set() if has_az else UNLOCKING)
    assert changed["VAULTCTL_PROFILE"] == name and changed["VAULTCTL_VAULT"] == str(brick.vault)
    values = {
        "AZURE_TENANT_ID": contoso.TENANT, "AZURE_CLIENT_ID": contoso.APPLICATION, "ARM_TENANT_ID": contoso.TENANT,
        "DATABRICKS_HOST": WORKSPACE, "DATABRICKS_AUTH_TYPE": "metadata-service", "ARM_USE_CLI": "true",
    }  # fmt: skip
    for variable in changed.keys() & values.keys():
        assert changed[variable] == values[variable]
    for variable in ("IDENTITY_ENDPOINT", "DATABRICKS_METADATA_SERVICE_URL"):
        assert changed.get(variable, "http://127.0.0.1:").startswith("http://127.0.0.1:")
    assert contoso.SECRETS["secret"] not in json.dumps(run)
    if has_az:
        directory = brick.path / "run/vaultctl/bin"
        assert changed["PATH"] == f"{directory}:{brick.environment['PATH']}"
        assert os.readlink(directory / "az") == str(brick.programs / "vaultctl")
        assert sorted(file.name for file in directory.iterdir()) == ["az"]


def test_a_principal_of_databricks_own(home: Home) -> None:
    what = ["--provider", "databricks", "--client-id", contoso.APPLICATION, "--workspace", WORKSPACE, "--no-check"]
    home.run("add", "own", *what, "--secret-file", home.path / "secret")
    changed, _ = _changed(home, _probe(home, name="own"), {})
    assert changed.keys() == DATABRICKS | NAMED and changed["DATABRICKS_HOST"] == WORKSPACE
    for options in (["--env", "azure"], ["--env", "arm"], ["--az"]):
        ended = home.run("exec", "own", *options, "--", "touch", "ran", status=64)
        assert len(ended.errors) == 1
    assert not (home.path / "ran").exists()


def test_what_changes_is_told_with_v(home: Home) -> None:
    ended = _exec(home, "-v", command=["true"], variables={"AZURE_CLIENT_SECRET": "x"})
    assert "takes away AZURE_CLIENT_SECRET, VAULTCTL_KEY_FILE" in ended.stderr
    assert "IDENTITY_HEADER" in ended.stderr


@pytest.mark.parametrize(
    "variables, expected",
    [
        ({}, {}),
        ({"https_proxy": "http://proxy:1"}, {}),
        ({"http_proxy": "http://proxy:1"}, {"no_proxy": "127.0.0.1", "NO_PROXY": "127.0.0.1"}),
        ({"ALL_PROXY": "http://proxy:1", "NO_PROXY": "a.example"},
         {"no_proxy": "a.example,127.0.0.1", "NO_PROXY": "a.example,127.0.0.1"}),
        ({"HTTP_PROXY": "http://proxy:1", "no_proxy": "*"}, {}),
        ({"HTTP_PROXY": "http://proxy:1", "no_proxy": "127.0.0.1", "NO_PROXY": "b, 127.0.0.1"}, {}),
    ],
)  # fmt: skip
def test_the_endpoint_is_not_asked_through_a_proxy(
    home: Home, variables: dict[str, str], expected: dict[str, str]
) -> None:
    home.run("tokens", "forget", "ci")
    changed, _ = _changed(home, _probe(home, variables=variables), variables)
    assert {name: value for name, value in changed.items() if "proxy" in name.lower()} == expected


def test_the_passphrase_cannot_be_read_again(home: Home) -> None:
    """From the descriptor it came from, which is the caller's file."""
    with open(home.path / "passphrase", "rb") as file:
        options: dict[str, Any] = {"variables": {"VAULTCTL_KEY_FILE": ""}, "pass_fds": [file.fileno()]}
        run = _probe(home, "--passphrase-fd", str(file.fileno()), **options)
        assert run["open"] == [0, 1, 2]
        os.lseek(file.fileno(), 0, os.SEEK_SET)
        rewind = "import os; os.lseek(0, 0, 0); print(os.read(0, 99))"
        ended = _exec(home, "--passphrase-fd", "0", command=[_python(home), "-c", rewind], stdin=file, variables=options["variables"])
        assert ended.status == 0 and ended.stdout == "b''\n", ended.shown()


# az


def test_az_needs_what_opens_the_vault(home: Home) -> None:
    """It never asks: the passphrase that `exec` could ask for does not help it."""
    for options in (["--az"], ["--env", "arm"], ["--az", "--passphrase-fd", "0"]):
        process = home.start(home.programs / "vaultctl", "exec", "ci", *options, "--", "touch", "ran",
                             variables={"VAULTCTL_KEY_FILE": ""})  # fmt: skip
        ended = home.end(process)
        assert ended.status == 77 and "vaultctl unlock" in ended.stderr, ended.shown()
    assert not (home.path / "ran").exists() and not (home.path / "run/vaultctl").exists()


def test_az_is_told_what_opens_the_vault(home: Home) -> None:
    for option, variable in (("--key-file", "VAULTCTL_KEY_FILE"), ("--passphrase-file", "VAULTCTL_PASSPHRASE_FILE")):
        name = "key" if option == "--key-file" else "passphrase"
        variables = {"VAULTCTL_KEY_FILE": "", "VAULTCTL_CA_FILE": "ca"}
        run = _probe(home, "--env", "arm", option, name, variables=variables)
        assert run["environment"][variable] == str(home.path / name)
        assert run["environment"]["VAULTCTL_CA_FILE"] == str(home.path / "ca")
    with running_agent(home):
        environment = _probe(home, "--az", variables={"VAULTCTL_NO_AGENT": ""})["environment"]
        assert "VAULTCTL_KEY_FILE" not in environment, "the agent answers"


def test_a_wrong_link_is_made_right(home: Home) -> None:
    directory = home.path / "run/vaultctl/bin"
    directory.mkdir(parents=True, mode=0o700)
    directory.parent.chmod(0o700)
    for make in (lambda link: link.symlink_to("/bin/false"), lambda link: link.write_text("#!/bin/sh\n")):
        (directory / "az").unlink(missing_ok=True)
        make(directory / "az")
        home.user.take(home.path)
        _probe(home, "--az")
        assert os.readlink(directory / "az") == str(home.programs / "vaultctl")


@pytest.mark.parametrize("name", ["run/vaultctl", "run/vaultctl/bin"])
def test_a_directory_that_others_reach_is_refused(home: Home, name: str) -> None:
    directory = home.path / "run/vaultctl/bin"
    directory.mkdir(parents=True)
    for path in (directory, directory.parent):
        path.chmod(0o700)
    (home.path / name).chmod(0o770)
    home.user.take(home.path / "run")
    ended = home.run("exec", "ci", "--az", "--", "touch", "ran", status=77)
    assert len(ended.errors) == 1 and not (home.path / "ran").exists()


def test_without_a_runtime_directory_az_lies_beside_the_vault(home: Home) -> None:
    run = _probe(home, "--az", variables={"XDG_RUNTIME_DIR": ""})
    assert run["environment"]["PATH"].startswith(f"{home.vault.parent}/run/bin:")


def test_az_answers_from_wherever_it_is_run(home: Home) -> None:
    """As the libraries run it: from `/bin`, with nothing to read; whatever directory and vault the user named."""
    (home.path / "elsewhere").mkdir(mode=0o700)
    (home.path / ".local/share/vaultctl/vault.db").rename(home.path / "elsewhere/v.db")
    home.user.take(home.path)
    script = "cd /bin && az account get-access-token --resource https://vault.azure.net -o json </dev/null"
    options = ["--env", "arm", "--vault", "elsewhere/v.db", "--key-file", "key"]
    ended = _exec(home, *options, command=["/bin/sh", "-c", script], variables={"VAULTCTL_KEY_FILE": ""})
    assert ended.status == 0, ended.shown()
    assert json.loads(ended.stdout)["accessToken"].startswith("eyJ")


# Bad input


@pytest.mark.parametrize(
    "words, status",
    [
        (["exec", "ci"], 64),
        (["exec", "ci", "true"], 64),
        (["exec", "ci", "--"], 64),
        (["exec", "--", "true"], 64),
        (["exec", "ci", "--env", "aws", "--", "touch", "ran"], 64),
        (["exec", "ci", "--env", "databricks", "--", "touch", "ran"], 64),
        (["exec", "ci", "--env", "none", "--allow-audience", "arm", "--", "touch", "ran"], 64),
        (["exec", "ci", "--allow-audience", "a b", "--", "touch", "ran"], 64),
        (["exec", "nobody", "--", "touch", "ran"], 66),
        (["exec", "nobody", "--env", "none", "--", "touch", "ran"], 66),
        (["exec", "ci", "--vault", "nowhere.db", "--", "touch", "ran"], 66),
        (["exec", "ci", "--", "no-such-command"], 127),
        (["exec", "ci", "--", "./no-such-command"], 127),
        (["exec", "ci", "--", ""], 127),
        (["exec", "ci", "--", "./secret"], 126),
        (["exec", "ci", "--", "/"], 126),
        (["exec-keeper", "ci", "--unlocking", "agent", "--detached"], 64),
    ],
)
def test_one_clear_error_and_nothing_left(home: Home, words: list[str], status: int) -> None:
    before = _files(home)
    ended = home.run(*words, status=status)
    assert len(ended.errors) == 1 and ended.stdout == "", ended.shown()
    _all_ended(home)
    assert _files(home) == before


def test_a_wrong_passphrase(home: Home) -> None:
    home.write("wrong", "not the passphrase\n")
    words = ["exec", "ci", "--passphrase-file", "wrong", "--", "touch", "ran"]
    ended = home.run(*words, status=77)
    assert len(ended.errors) == 1
    _all_ended(home)
    assert not (home.path / "ran").exists()


def test_nesting_is_refused_unless_it_is_meant(brick: Home) -> None:
    inner = ["vaultctl", "exec", "ci", "--", "touch", "ran"]
    ended = _exec(brick, name="brick", command=inner, variables={"KEY": str(brick.path / "key")})
    assert ended.status == 64 and "brick" in ended.stderr and "--nest" in ended.stderr, ended.shown()
    assert not (brick.path / "ran").exists()
    key = str(brick.path / "key")
    command = ["vaultctl", "exec", "ci", "--nest", "--key-file", key, "--", _python(brick), "-c", PROBE]
    ended = _exec(brick, name="brick", command=command)
    environment = json.loads(ended.stdout)["environment"]
    assert environment["VAULTCTL_PROFILE"] == "ci" and environment["AZURE_CLIENT_ID"] == contoso.APPLICATION
    # Nothing of the other one is left.
    assert not environment.keys() & DATABRICKS
    _all_ended(brick)
