"""Times the release build side by side with other programs, and holds the figures against thresholds.

Single commands are measured in rounds: each round runs every command once, in an order of its own, so that whatever
else the machine does falls on all of them alike. Times are wall time from the start of a process to its end, medians
over the rounds. Then many clients ask one agent at once, and the record is checked for all that they were given.

Needs nothing but Python's standard library, and another Python with msal to compare az with; run it through
scripts/benchmark.sh. The parts lie in scripts/benchmarks.
"""

import argparse
import json
import os
import pathlib
import platform
import random
import shutil
import signal
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time

from benchmarks import audit, expiry, importing, load, outside, report, rotation, stand_in
from benchmarks.agent import Agent
from benchmarks.disk import DurableCommit
from benchmarks.place import Place, note
from benchmarks.rounds import SMALL, measure_rounds


def measure(place, options, chance):
    """Gives the results, and how busy the machine was before we put it under load."""
    commit = DurableCommit(place.directory / "commit.db")
    note("making the vault of the agent")
    vault = place.make_vault("vault-agent", SMALL)
    with Agent(place, vault) as agent:
        figures = measure_rounds(place, agent, commit, options.rounds, chance)
        note("the az stand-in")
        figures |= stand_in.measure_stand_in(place, agent, options.python, options.rounds)
        busy = os.getloadavg()[1]

        before = load.entries_of_issuances(place, vault)
        loads = {}
        for clients in (load.FEW, load.MANY):
            note(f"{clients} clients for {options.load_seconds:g} s")
            loads[clients] = load.load(agent, clients, options.load_seconds, commit)
        peak = agent.peak
        note("one client, alone and then while wrong passphrases are tried")
        quiet = load.load(agent, 1, load.GUESSING)
        guessed = load.load_while_guessing(agent)
    load.check_record(place, vault, before, [*loads.values(), quiet, guessed])
    note("sinks and anchors that get nowhere")
    figures |= outside.measure_outside(place, options.rounds)
    figures |= load.measure_check(place, min(options.rounds, 5))
    figures |= importing.measure_import(place)
    figures |= expiry.measure_expiry(place, min(options.rounds, 5))
    record = audit.measure_record(place, options.audit_entries, min(options.rounds, 5))
    rotations = rotation.measure_rotations(place)
    return report.Results(figures | record.figures, loads, quiet, guessed, peak, record, rotations), busy


def time_az():
    """Milliseconds that `az account get-access-token` takes here, as the user has it set up."""
    if not shutil.which("az"):
        print("\naz account get-access-token: not installed")
        return None
    times = []
    for _ in range(5):
        start = time.perf_counter()
        done = subprocess.run(["az", "account", "get-access-token"], capture_output=True)
        times.append((time.perf_counter() - start) * 1e3)
        if done.returncode != 0:
            print("\naz account get-access-token: installed, but gives no token; az login")
            return None
    return times


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--programs", type=pathlib.Path, required=True, help="the directory of the release build")
    parser.add_argument("--directory", type=pathlib.Path, required=True, help="on which disk vaults are made")
    parser.add_argument("--python", type=pathlib.Path, default=sys.executable, help="one that has msal and requests")
    parser.add_argument("--rounds", type=int, default=21, help="how often each command is run (default: 21)")
    parser.add_argument(
        "--load-seconds", type=float, default=30, help="how long many clients ask at once (default: 30)")
    parser.add_argument(
        "--audit-entries", type=int, default=1_000_000, help="of the record that is verified (default: 1000000)")
    parser.add_argument(
        "--long", dest="audit_entries", action="store_const", const=10_000_000, help="ten million of them")
    parser.add_argument("--seed", type=int, default=None, help="of the order in each round")
    parser.add_argument("--json", type=pathlib.Path, help="write every sample to this file")
    parser.add_argument("--against", choices=["az"], help="time another tool that does the same")
    options = parser.parse_args()
    options.rounds = max(options.rounds, 1)
    options.load_seconds = max(options.load_seconds, 1)

    os.umask(0o077)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # So that the emulator ends and the vaults go.
    seed = options.seed if options.seed is not None else random.randrange(1 << 32)
    note(f"seed {seed}")
    with tempfile.TemporaryDirectory(prefix="benchmark-", dir=options.directory.resolve()) as directory:
        place = Place(pathlib.Path(directory), options.programs.resolve())
        with place.emulator():
            results, busy = measure(place, options, random.Random(seed))

    thresholds = json.loads((pathlib.Path(__file__).parent / "benchmark-thresholds.json").read_text())
    judgements = report.judge(results, thresholds)
    report.show(results, judgements)
    processors = os.cpu_count()
    if busy > processors:
        print(f"\nThe machine was busy (load {busy:.1f} on {processors} processors): these figures are too high.")
    az = time_az() if options.against == "az" else None
    if az:
        report.show_az(statistics.median(az), results.figures["issue-agent"].median)
    if options.json:
        options.json.write_text(json.dumps({
            "seed": seed, "rounds": options.rounds, "processors": processors, "load": busy,
            "kernel": platform.release(), "sqlite": sqlite3.sqlite_version, "az": az, "thresholds": judgements,
            **results.document(),
        }, indent=2) + "\n")
    sys.exit(0 if all(judged["ok"] for judged in judgements.values()) else 1)


if __name__ == "__main__":
    main()
