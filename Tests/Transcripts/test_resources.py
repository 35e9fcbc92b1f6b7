"""A planted slot that asks for enormous work is refused for what `--version` costs."""

from __future__ import annotations

import sqlite3
import subprocess
from dataclasses import dataclass

import pytest

from home import DEADLINE, Home

MIB = 1 << 20


@dataclass(frozen=True)
class Cost:
    status: int
    stderr: str
    #: Peak memory in bytes, and processor time in seconds.
    memory: int
    time: float


#: Starts a program and tells its status, peak memory in KiB, and processor time. A process with few modules of its own,
#: because the kernel reports no less memory for a child than its parent had when it began.
STOPWATCH = """
import posix, sys
quiet = [(posix.POSIX_SPAWN_OPEN, 1, "/dev/null", posix.O_WRONLY, 0)]
process = posix.posix_spawn(sys.argv[1], sys.argv[1:], posix.environ, file_actions=quiet)
_, status, usage = posix.wait4(process, 0)
print(posix.waitstatus_to_exitcode(status), usage.ru_maxrss, usage.ru_utime + usage.ru_stime)
"""


def _measure(home: Home, *arguments: str) -> Cost:
    """Runs ``vaultctl`` and asks the kernel what it took."""
    stopwatch = [home.programs / "python3", "-I", "-S", "-c", STOPWATCH]
    process = home.start(
        *stopwatch, home.programs / "vaultctl", *arguments, stdout=subprocess.PIPE, variables={"VAULTCTL_KEY_FILE": ""}
    )
    told, stderr = process.communicate(timeout=DEADLINE)
    status, memory, time = told.split()
    return Cost(int(status), stderr.decode(), int(memory) * 1024, float(time))


def _edit_slot(home: Home, offset: int, value: int) -> None:
    with sqlite3.connect(home.vault) as connection:
        (blob,) = connection.execute("select blob from keyslot where slot = 1").fetchone()
        blob = blob[:offset] + value.to_bytes(8, "little") + blob[offset + 8 :]
        connection.execute("update keyslot set blob = ? where slot = 1", [blob])
    connection.close()


@pytest.mark.parametrize(
    "offset, value",
    [
        pytest.param(32, 1, id="one pass"),
        pytest.param(32, 0, id="no pass"),
        pytest.param(32, 1 << 40, id="2^40 passes"),
        pytest.param(32, (1 << 64) - 1, id="2^64-1 passes"),
        pytest.param(40, 8 * MIB, id="8 MiB"),
        pytest.param(40, 0, id="no memory"),
        pytest.param(40, 1 << 31, id="2 GiB"),
        pytest.param(40, 1 << 45, id="2^45 bytes"),
        pytest.param(40, (1 << 64) - 1024, id="2^64-1024 bytes"),
        pytest.param(40, 64 * MIB + 1, id="an odd number of bytes"),
    ],
)
def test_refused_before_any_derivation(home: Home, offset: int, value: int) -> None:
    bare = _measure(home, "--version")
    honest = _measure(home, "list", "--passphrase-file", "passphrase")
    assert honest.status == 0
    # Mutation check: had it derived, this would have shown.
    assert honest.memory > bare.memory + 40 * MIB

    _edit_slot(home, offset, value)
    refused = _measure(home, "list", "--passphrase-file", "passphrase")
    assert refused.status == 65, refused.stderr
    assert "key slot 1: " in refused.stderr
    assert refused.memory < bare.memory + 24 * MIB
    assert refused.time < bare.time + 1.0

    _edit_slot(home, offset, 2 if offset == 32 else 64 * MIB)
    assert _measure(home, "list", "--passphrase-file", "passphrase").status == 0, "put back, it opens"


def test_status_and_slot_list_cost_nothing_either(home: Home) -> None:
    bare = _measure(home, "--version")
    for command in (["status"], ["slot", "list"]):
        assert _measure(home, *command).memory < bare.memory + 24 * MIB
