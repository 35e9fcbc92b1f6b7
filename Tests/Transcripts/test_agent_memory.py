"""What of secrets lies in the memory of an agent: while it is unlocked in locked pages alone, after `lock` nowhere."""

from __future__ import annotations

import base64
import errno
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote_plus

import pytest

import canaries
import contoso
from agent import Agent, running_agent, wait_until
from conftest import Stage
from home import Home
from memory import Canaries, Finding, core_file, mappings

import vault_format as fmt  # isort: skip
from vault_reader import Unlocker, Vault, find_root_key, take_snapshot  # isort: skip

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root may read the memory of an agent")
needs_gcore = pytest.mark.skipif(shutil.which("gcore") is None, reason="gcore is missing (package gdb)")


def _keys(home: Home) -> dict[str, bytes]:
    """Every key that the vault has, computed from the file as FORMAT.md says, without the program."""
    snapshot = take_snapshot(home.vault, check_permissions=False)
    root = find_root_key(snapshot, Unlocker.key_file(home.path / "key"))
    vault = Vault(snapshot, root)
    ring = vault.keyring
    keys = {
        "root key": root,
        "keyring key": fmt.keyring_key(root),
        "signing seed": ring.signing_seed,
        "anchor key": ring.anchor_key,
        "token-hash key": ring.token_hash_key,
        "audit key": vault.state.secret,
    }
    for epoch, key in ring.data_keys.items():
        keys[f"data key {epoch}"] = key
        keys |= {f"table key {number} of {epoch}": fmt.table_key(key, number) for number in range(1, 10)}
    return keys


SECRETS = {f"client secret {name}": contoso.SECRETS[name] for name in ("secret", "second-secret", "new-secret")}


@dataclass
class Busy:
    """An agent that was unlocked and has done everything once, at rest."""

    agent: Agent
    #: Passphrase, key file and root key: needed for a moment.
    passing: Canaries
    #: Client secrets and keys: needed as long as the vault is unlocked.
    lasting: Canaries
    tokens: Canaries
    #: What was found while it was unlocked, by what was looked for.
    found: dict[str, list[Finding]]
    was_unlocked_by_passphrase: bool

    @property
    def all(self) -> Canaries:
        return self.lasting | self.passing | self.tokens


def _rest(agent: Agent) -> None:
    """Waits until nothing is done any more: the anchor has caught up."""
    anchor = next(agent.home.state.glob("*.anchor"))
    key = Unlocker.key_file(agent.home.path / "key")

    def is_written() -> bool:
        vault = Vault.open(agent.home.vault, key, check_permissions=False)
        return bool(vault.check_anchor(anchor).transactions == vault.state.meta["transactions"])

    wait_until(is_written, "the anchor has caught up")


def _use(agent: Agent) -> dict[str, str]:
    """Every verb that a secret passes through; gives the tokens that came."""
    home = agent.home
    whose = ["--client-id", contoso.APPLICATION, "--tenant", contoso.TENANT, "--resource", "arm"]
    tokens = {}

    def issue(*arguments: str) -> None:
        value = agent.run("issue", *arguments, allowed=["token"]).stdout.strip()
        tokens[f"token {len(tokens)} of {' '.join(arguments)}"] = value

    issue("ci")
    issue("ci", "--force-refresh")
    issue("prod/etl")
    # Of the public cloud, because one's own takes the passphrase; which is not asked here.
    agent.run("add", "added", *whose, "--secret-file", home.path / "secret", "--no-check")
    agent.run("check", "ci", "payroll", "prod/etl")
    agent.run("rotate", "payroll", "--secret-file", home.path / "new-secret")
    issue("payroll", "--force-refresh")
    issue("ci")
    agent.run("edit", "ci", "--tag", "edited")
    for command in ("list", "show ci", "tokens", "audit list", "verify", "status"):
        agent.run(*command.split())
    agent.run("issue", "ci", "--resource", "api://not-there-at-all", status=76)
    agent.run("show", "ci", "--reveal", "--no-input", status=77)
    return tokens


@pytest.fixture(scope="module", params=["passphrase", "key-file"])
def busy(request: pytest.FixtureRequest, stage: Stage) -> Iterator[Busy]:
    """Unlocked by a client's passphrase, after a wrong one; or by the key file that its own command line names."""
    if os.geteuid() != 0:
        pytest.skip("only root may read the memory of an agent")
    stage.emulator.clear()
    home = stage.home()
    is_passphrase = request.param == "passphrase"
    with running_agent(home, unlocked=not is_passphrase) as agent:
        if is_passphrase:
            agent.run("unlock", "-q", "--passphrase-file", home.path / "wrong-secret", status=77)
            agent.run("unlock", "-q", "--passphrase-file", home.path / "passphrase")
        tokens = Canaries.of(_use(agent), {})
        key_file = (home.path / "key").read_text().strip()
        keys = _keys(home)
        unlocking = {"root key": keys.pop("root key")}
        passing = Canaries.of({"passphrase": canaries.PASSPHRASE, "key file": key_file}, unlocking)
        lasting = Canaries.of(SECRETS, keys)
        busy = Busy(agent, passing, lasting, tokens, {}, is_passphrase)
        _rest(agent)
        for finding in busy.all.in_process(agent.pid):
            kinds = {"passing": passing, "lasting": lasting, "tokens": tokens}
            kind = next(kind for kind, wanted in kinds.items() if finding.canary in wanted.names)
            busy.found.setdefault(kind, []).append(finding)
        yield busy


def _told(findings: list[Finding]) -> str:
    return "\n".join(f"  {finding}" for finding in findings)


def test_unlocked_it_holds_secrets_in_locked_memory_alone(busy: Busy) -> None:
    outside = [finding for finding in busy.found["lasting"] if not finding.is_locked]
    assert outside == [], f"outside of locked memory:\n{_told(outside)}"


def test_unlocked_it_has_the_keys_that_are_looked_for(busy: Busy) -> None:
    """Or else finding none elsewhere would say nothing."""
    held = {finding.canary for finding in busy.found["lasting"]}
    assert {"anchor key", "token-hash key"} <= held


def test_unlocked_it_has_forgotten_what_unlocked_it(busy: Busy) -> None:
    assert busy.found.get("passing", []) == [], _told(busy.found["passing"])


def test_unlocked_tokens_lie_in_locked_memory_or_network_buffers(busy: Busy) -> None:
    """The buffers of libraries keep what they received last until `lock`, as SECURITY.md admits; how much, is told."""
    found = busy.found.get("tokens", [])
    outside = [finding for finding in found if not finding.is_locked]
    print(f"\ntokens: {len(found) - len(outside)} in locked memory, {len(outside)} parts elsewhere")
    on_stacks = [finding for finding in outside if finding.is_stack]
    assert on_stacks == [], _told(on_stacks)


def _skip_unless_needed(busy: Busy, config: pytest.Config) -> None:
    if not busy.was_unlocked_by_passphrase and not config.option.long:
        pytest.skip("one core file is enough, but for --long")


@needs_gcore
def test_a_core_file_of_an_unlocked_agent_has_nothing(busy: Busy, pytestconfig: pytest.Config) -> None:
    """Locked memory is left out of core files."""
    _skip_unless_needed(busy, pytestconfig)
    with core_file(busy.agent.pid) as core:
        found = (busy.lasting | busy.passing).in_core(core)
    assert found == [], _told(found)


def test_locked_it_holds_nothing(busy: Busy) -> None:
    """The agent of those before is locked here."""
    busy.agent.run("lock")
    assert busy.agent.is_running()
    found = busy.all.in_process(busy.agent.pid)
    assert found == [], _told(found)


@needs_gcore
def test_a_core_file_of_a_locked_agent_has_nothing(busy: Busy, pytestconfig: pytest.Config) -> None:
    """Also not in the registers of a thread."""
    _skip_unless_needed(busy, pytestconfig)
    busy.agent.run("lock")
    with core_file(busy.agent.pid) as core:
        found = busy.all.in_core(core)
    assert found == [], _told(found)


@needs_root
def test_once_the_vault_has_other_keys_it_holds_none(stage: Stage) -> None:
    """The agent locks by itself a vault that another process gave new keys."""
    stage.emulator.clear()
    home = stage.home()
    with running_agent(home) as agent:
        agent.run("issue", "ci", allowed=["token"])
        keys = Canaries.of(SECRETS, _keys(home))
        assert keys.in_process(agent.pid), "it holds none of what is looked for, so that nothing was shown"
        home.run("rekey", "--yes", "--no-recovery")
        agent.run("status", status=77)
        # The answer is given first; the uses that there are end, and then the keys go.
        wait_until(lambda: keys.in_process(agent.pid) == [], "the agent has forgotten the keys")


# The search itself

#: Holds what is planted in a page that is locked and in one that is not, and nowhere else: the text comes masked.
PLANTING = """
import ctypes, mmap, sys
pages = {"locked": mmap.mmap(-1, 4096), "plain": mmap.mmap(-1, 4096)}
start = ctypes.addressof(ctypes.c_char.from_buffer(pages["locked"]))
assert ctypes.CDLL(None).mlock(ctypes.c_void_p(start), ctypes.c_size_t(4096)) == 0
for at, byte in enumerate(bytes.fromhex(sys.argv[2])):
    pages[sys.argv[1]][100 + at] = byte ^ 0xA5
print("ready", flush=True)
sys.stdin.read()
"""
TEXT = "Pl4nted~in-a-child/of=this%test.of\"finding"
KEY = bytes(range(100, 132))
PLANTED = {
    "nothing": b"nothing of that at all, but something else",
    "text": TEXT.encode(),
    "its end": TEXT.encode()[-20:],
    "middle": TEXT.encode()[12:36],
    "utf-16": TEXT.encode("utf-16-le"),
    "base64": base64.b64encode(b"x" + TEXT.encode()),
    "form": quote_plus(TEXT).encode(),
    "key": KEY,
    "half a key": KEY[16:],
    "key in hex": KEY.hex().encode(),
}


@needs_root
@pytest.mark.parametrize("place", ["locked", "plain"])
@pytest.mark.parametrize("what", PLANTED)
def test_the_search_finds_what_is_there(place: str, what: str) -> None:
    masked = bytes(byte ^ 0xA5 for byte in PLANTED[what]).hex()
    child = subprocess.Popen(
        [sys.executable, "-c", PLANTING, place, masked], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        assert child.stdout and child.stdout.readline() == b"ready\n"
        found = Canaries.of({"text": TEXT}, {"key": KEY}).in_process(child.pid)
    finally:
        child.kill()
        child.communicate()
    assert [finding.is_locked for finding in found] == ([] if what == "nothing" else [place == "locked"]), _told(found)


@needs_root
@needs_gcore
def test_the_search_of_a_core_file_finds_what_is_there() -> None:
    masked = bytes(byte ^ 0xA5 for byte in TEXT.encode()).hex()
    child = subprocess.Popen(
        [sys.executable, "-c", PLANTING, "plain", masked], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        assert child.stdout and child.stdout.readline() == b"ready\n"
        with core_file(child.pid) as core:
            assert len(Canaries.of({"text": TEXT}, {"key": KEY}).in_core(core)) == 1
    finally:
        child.kill()
        child.communicate()


# What keeps others away from it


@needs_root
def test_no_process_of_the_same_user_may_read_its_memory(home: Home) -> None:
    script = (
        "import os, sys\n"
        "for name in ('mem', 'maps', 'environ'):\n"
        "    try:\n"
        "        os.read(os.open(f'/proc/{sys.argv[1]}/{name}', os.O_RDONLY), 1)\n"
        "        print(name, 'was read')\n"
        "    except OSError as error:\n"
        "        print(name, error.errno)\n"
    )

    def asked(pid: int) -> list[str]:
        return home.end(home.start(home.programs / "python3", "-c", script, str(pid))).stdout.splitlines()

    refused = [f"{name} {errno.EACCES}" for name in ("mem", "maps", "environ")]
    with running_agent(home) as agent:
        assert asked(agent.pid) == refused
        # Its threads have the same memory, and what it was started as belongs to root.
        assert os.stat(f"/proc/{agent.pid}/mem").st_uid == 0
    other = home.start("/bin/sleep", "60")
    try:
        assert asked(other.pid) != refused, "any other process of that user may be read"
    finally:
        other.kill()
        other.communicate()


@pytest.mark.parametrize("how", [signal.SIGQUIT, signal.SIGSEGV, signal.SIGABRT], ids=lambda how: how.name)
def test_no_core_file_is_left(home: Home, how: signal.Signals) -> None:
    def allow_cores() -> None:
        resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))

    with running_agent(home, preexec_fn=allow_cores) as agent:
        limits = Path(f"/proc/{agent.pid}/limits").read_text().splitlines()
        assert next(line for line in limits if line.startswith("Max core file size")).split()[4:6] == ["0", "0"]
        before = sorted(path for path in home.path.rglob("*") if not path.is_socket())
        status = _killed(agent, how)
    assert status & 0x80 == 0, "the kernel says that a core was dumped"
    assert sorted(path for path in home.path.rglob("*") if not path.is_socket()) == before


def _killed(agent: Agent, how: signal.Signals) -> int:
    """Kills the agent; gives the status as the kernel tells it, before Python drops the bit for a core file."""
    agent.status = 128 + how
    agent.process.send_signal(how)
    status = os.waitid(os.P_PID, agent.pid, os.WEXITED | os.WNOWAIT)
    assert status is not None and status.si_status == how
    agent.stop(0)
    return 0x80 if status.si_code == os.CLD_DUMPED else 0


@pytest.mark.parametrize("limit", [0, None])
def test_status_tells_whether_memory_is_locked(home: Home, limit: int | None) -> None:
    def take_away() -> None:
        if limit is not None:
            resource.setrlimit(resource.RLIMIT_MEMLOCK, (limit, limit))

    if os.geteuid() != 0 and resource.getrlimit(resource.RLIMIT_MEMLOCK)[1] < 1 << 20:
        pytest.skip("this user may lock next to nothing")
    with running_agent(home, preexec_fn=take_away) as agent:
        agent.run("issue", "ci", allowed=["token"])
        status = json.loads(agent.run("status", "-o", "json").stdout)
        assert status["agent"]["memoryIsLocked"] is (limit is None)
        if os.geteuid() == 0:
            locked = [mapped for mapped in mappings(agent.pid) if mapped.is_locked]
            assert bool(locked) is (limit is None), "status says so and the kernel otherwise"
        warned = "could not be locked" in agent.run("unlock", "--key-file", home.path / "key").stderr
        assert warned is (limit == 0)
