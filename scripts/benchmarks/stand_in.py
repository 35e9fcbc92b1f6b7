"""The az stand-in: what the runs of one databricks-sdk login cost, and how soon a locked vault says so."""

import resource
import subprocess
import time

from benchmarks.figure import Figure
from benchmarks.place import DATABRICKS, NAME, TENANT

# What databricks-sdk runs for one azure-cli login (wire reference, 7.2).
LOGIN = [
    ["account", "show", "--output", "json"],
    ["account", "get-access-token", "--resource", DATABRICKS, "--output", "json", "--tenant", TENANT],
    ["account", "show", "--output", "json"],
    [
        "account", "get-access-token", "--resource", "https://management.core.windows.net/", "--output", "json",
        "--tenant", TENANT,
    ],
]
# azure-cli loads these in each of its runs, and more: it is not installed where this is measured.
AZ_AT_LEAST = "import msal, requests"


def measure_stand_in(place, agent, python, runs):
    """Gives figures by key. - python: one that has msal and requests."""
    login, least = Figure("processor time of a databricks-sdk login by az"), Figure(f"as many python3 -c {AZ_AT_LEAST!r}")
    locked = Figure("az account get-access-token while the vault is locked")
    directory = place.directory / "az"
    directory.mkdir()
    az = directory / "az"
    az.symlink_to(place.program("vaultctl"))
    unlocked = {**agent.environment, "VAULTCTL_VAULT": str(agent.vault), "VAULTCTL_PROFILE": NAME}
    without_agent = {**unlocked, "VAULTCTL_NO_AGENT": "1"}
    for number in range(runs + 1):
        times = [processor_time([az, *words], unlocked, 0) for words in LOGIN]
        least_times = [processor_time([python, "-c", AZ_AT_LEAST], place.environment, 0) for _ in LOGIN]
        start = time.perf_counter()
        processor_time([az, *LOGIN[1]], without_agent, 1)
        elapsed = time.perf_counter() - start
        if number > 0:  # The first run fills the file cache, and has its tokens to get.
            login.times.append(sum(times) * 1e3)
            least.times.append(sum(least_times) * 1e3)
            locked.times.append(elapsed * 1e3)
    return {"az-login": login, "az-least": least, "az-locked": locked}


def processor_time(command, environment, status):
    """Seconds of user and system time of a process, which must end with `status`."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [str(part) for part in command], env=environment, cwd="/bin", stdin=subprocess.DEVNULL, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != status:
        raise SystemExit(f"{command[0]} ended with {done.returncode}, not {status}: {done.stderr.decode()}")
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
