"""Times the release build side by side with other programs, and holds the figures against thresholds.

Everything is measured in rounds: each round runs every command once, in an order of its own, so that whatever else the
machine does falls on all of them alike. Times are wall time from the start of a process to its end, medians over the
rounds. Needs nothing but Python's standard library; run it through scripts/benchmark.sh.
"""

import argparse
import contextlib
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

SIZES = [10, 1_000, 100_000]
SMALL, LARGE = SIZES[0], SIZES[-1]
NAME = "prod/databricks-ci"
CLIENT = "22222222-2222-4222-8222-222222222222"
TENANT = "11111111-1111-4111-8111-111111111111"
# What the emulator's built-in directory knows; it opens nothing else.
SECRET = "Xq38Q~example+secret/for=the%emulator.0"
DATABRICKS = "2ff814a6-3304-4ab8-85cb-cd0e6f879c1d"
# Memory of the default derivation, in MiB.
DERIVATION_MEMORY = 256
# Starts a command, its standard error in the first argument, and tells seconds, peak memory in KiB, and status. It is a
# process of its own with few modules, because the kernel never reports less memory for a child than its parent has.
STOPWATCH = """
import posix, sys, time
actions = [
    (posix.POSIX_SPAWN_OPEN, 0, "/dev/null", posix.O_RDONLY, 0),
    (posix.POSIX_SPAWN_OPEN, 1, "/dev/null", posix.O_WRONLY, 0),
    (posix.POSIX_SPAWN_OPEN, 2, sys.argv[1], posix.O_WRONLY | posix.O_CREAT | posix.O_TRUNC, 0o600),
]
start = time.perf_counter()
process = posix.posix_spawn(sys.argv[2], sys.argv[2:], posix.environ, file_actions=actions)
_, status, usage = posix.wait4(process, 0)
print(time.perf_counter() - start, usage.ru_maxrss, status)
"""


class Figure:
    """Samples of one thing: milliseconds, and for processes their peak memory in MiB."""

    def __init__(self, title):
        self.title = title
        self.times = []
        self.memory = []

    @property
    def median(self):
        return statistics.median(self.times)

    @property
    def least(self):
        return min(self.times)

    @property
    def peak(self):
        return statistics.median(self.memory) if self.memory else None

    def document(self):
        return {
            "title": self.title, "unit": "ms", "median": self.median, "least": self.least, "peakMiB": self.peak,
            "times": self.times, "memoryMiB": self.memory,
        }


class Place:
    """A directory with the emulator beside it, and how commands are run there: in an environment of their own, without
    proxies and certificate bundles of the machine's."""

    def __init__(self, directory, programs):
        self.directory = directory
        self.programs = programs
        self.environment = {
            "PATH": os.environ.get("PATH", os.defpath), "HOME": str(directory), "LANG": "C.UTF-8",
            "XDG_DATA_HOME": str(directory / "data"), "XDG_STATE_HOME": str(directory / "state"),
        }
        self.errors = directory / "errors"
        self.passphrase = self.write("passphrase", "correct horse battery staple, for a benchmark\n")
        self.secret = self.write("secret", SECRET)
        self.key_file = directory / "key"
        self.authority = None

    def write(self, name, text):
        path = self.directory / name
        path.write_text(text)
        return path

    @contextlib.contextmanager
    def emulator(self):
        ready, authority = self.directory / "ready", self.directory / "ca.pem"
        with open(self.directory / "emulator.log", "wb") as log:
            process = subprocess.Popen(
                [self.program("entra-emulator"), "--port", "0", "--ca-out", authority, "--ready-file", ready],
                env=self.environment, stdout=log, stderr=log)
            try:
                deadline = time.monotonic() + 60
                while not ready.exists():
                    if process.poll() is not None or time.monotonic() > deadline:
                        raise SystemExit("the emulator did not start: " + (self.directory / "emulator.log").read_text())
                    time.sleep(0.05)
                self.authority, self.ca_file = ready.read_text().strip(), authority
                yield self
            finally:
                process.terminate()
                try:
                    process.wait(10)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()

    def program(self, name):
        return str(self.programs / name)

    def call(self, *command):
        """Runs a command that must succeed; gives its output."""
        done = subprocess.run([str(part) for part in command], env=self.environment, capture_output=True, text=True)
        if done.returncode != 0:
            raise SystemExit(f"{command[0]} failed ({done.returncode}): {done.stderr}")
        return done.stdout

    def measure(self, command):
        """Runs a command; gives the milliseconds it took and its peak memory in MiB."""
        path = shutil.which(str(command[0]), path=self.environment["PATH"]) or command[0]
        told = self.call(sys.executable, "-I", "-S", "-c", STOPWATCH, self.errors, path, *command[1:])
        elapsed, memory, status = told.split()
        if status != "0":
            raise SystemExit(f"{command[0]} ended with status {status}: {self.errors.read_text()}")
        return float(elapsed) * 1e3, int(memory) / 1024

    # What is run

    def vaultctl(self, verb, *arguments, vault, key_file=True):
        unlock = ["--key-file", self.key_file] if key_file else ["--passphrase-file", self.passphrase]
        return [
            self.program("vaultctl"), *verb.split(), "--vault", vault, *unlock, "--ca-file", self.ca_file, *arguments,
        ]

    def inside(self, verb, *arguments, vault):
        return [
            self.program("vault-benchmark"), verb, "--vault", vault, "--key-file", self.key_file,
            "--state-directory", self.directory / "state" / "vaultctl", *arguments,
        ]

    def post(self):
        fields = ["-d", "grant_type=client_credentials", "-d", f"client_id={CLIENT}"]
        fields += ["--data-urlencode", f"client_secret@{self.secret}"]
        fields += ["--data-urlencode", f"scope={DATABRICKS}/.default"]
        url = f"{self.authority}/{TENANT}/oauth2/v2.0/token"
        return ["curl", "--silent", "--show-error", "--fail", "--cacert", self.ca_file, *fields, url]

    def make_vault(self, name, profiles):
        """A vault with a passphrase at the default cost, a key file, a profile of the emulator's and a cached token."""
        path = self.directory / name / "vault.db"
        self.call(
            self.program("vaultctl"), "init", "--vault", path, "--passphrase-file", self.passphrase, "--no-recovery")
        self.call(*self.vaultctl("slot add", "--new-key-file", self.key_file, vault=path, key_file=False))
        places = [part for option in ("authority", "graph", "arm") for part in (f"--{option}", self.authority)]
        self.call(
            *self.vaultctl(
                "add", NAME, "--client-id", CLIENT, "--tenant", TENANT, "--cloud", "emulator", *places, "--resource",
                "databricks", "--secret-file", self.secret, vault=path))
        self.call(*self.inside("fill", "--count", profiles, vault=path))
        self.call(*self.vaultctl("issue", NAME, vault=path))
        return path


class DurableCommit:
    """One SQLite transaction that rewrites a row and adds one, with the vault's settings: the least one can take."""

    def __init__(self, path):
        self.database = sqlite3.connect(path, isolation_level=None)
        for pragma in ("journal_mode = DELETE", "synchronous = EXTRA", "secure_delete = ON", "mmap_size = 0"):
            self.database.execute(f"PRAGMA {pragma}")
        self.database.execute("CREATE TABLE state (id INTEGER PRIMARY KEY, meta BLOB)")
        self.database.execute("CREATE TABLE audit (seq INTEGER PRIMARY KEY, meta BLOB)")
        self.database.execute("INSERT INTO state VALUES (1, zeroblob(2200))")

    def __call__(self):
        start = time.perf_counter()
        self.database.execute("BEGIN IMMEDIATE")
        self.database.execute("UPDATE state SET meta = randomblob(2200)")
        self.database.execute("INSERT INTO audit (meta) VALUES (randomblob(600))")
        self.database.execute("COMMIT")
        return (time.perf_counter() - start) * 1e3


def durable_replacement(path):
    """Milliseconds to replace a small file so that a crash leaves the old or the new one: how an anchor is written."""
    start = time.perf_counter()
    with open(f"{path}.new", "wb") as file:
        file.write(os.urandom(400))
        file.flush()
        os.fsync(file.fileno())
    os.rename(f"{path}.new", path)
    directory = os.open(os.path.dirname(path), os.O_RDONLY | os.O_DIRECTORY)
    os.fsync(directory)
    os.close(directory)
    return (time.perf_counter() - start) * 1e3


def measure(place, rounds, chance):
    """Gives all figures by key."""
    vaults = {}
    for size in SIZES:
        note(f"making a vault of {size:,} profiles")
        vaults[size] = place.make_vault(f"vault-{size}", size)
    small = vaults[SMALL]
    scratch = place.make_vault("vault-scratch", SMALL)

    commands = {
        "version": ("vaultctl --version", [place.program("vaultctl"), "--version"]),
        "sqlite": ("sqlite3 FILE 'select 1'", ["sqlite3", small, "select 1"]),
        "post": ("curl, one POST to the token endpoint", place.post()),
        "issue": ("cached issue by passphrase", place.vaultctl("issue", NAME, vault=small, key_file=False)),
        "issue-uncached": (
            "uncached issue by key file", place.vaultctl("issue", NAME, "--force-refresh", vault=small)),
    }
    for size in SIZES:
        at = f"at {size:,} profiles"
        vault = vaults[size]
        commands[f"issue-{size}"] = (f"cached issue by key file {at}", place.vaultctl("issue", NAME, vault=vault))
        commands[f"show-{size}"] = (f"show by key file {at}", place.vaultctl("show", NAME, vault=vault))
        commands[f"list-{size}"] = (f"list by key file {at}", place.vaultctl("list", "-o", "tsv", vault=vault))
    figures = {key: Figure(title) for key, (title, _) in commands.items()}
    figures["commit"] = Figure("one durable commit (SQLite alone)")
    figures["replacement"] = Figure("one file replaced durably")
    figures["transaction"] = Figure("one write transaction in process")
    figures["derivation"] = Figure("key derivation (issue by passphrase less by key file)")
    for size in SIZES:
        figures[f"open-{size}"] = Figure(f"opening in process at {size:,} profiles")
        figures[f"look-up-{size}"] = Figure(f"look-up in process at {size:,} profiles")

    commit = DurableCommit(place.directory / "commit.db")
    for key in commands:  # The first run of each fills the file cache.
        place.measure(commands[key][1])
    for number in range(rounds):
        note(f"round {number + 1} of {rounds}")
        for key in chance.sample(list(commands), len(commands)):
            elapsed, memory = place.measure(commands[key][1])
            figures[key].times.append(elapsed)
            figures[key].memory.append(memory)
        figures["derivation"].times.append(figures["issue"].times[-1] - figures[f"issue-{SMALL}"].times[-1])
        for _ in range(3):
            figures["commit"].times.append(commit())
            figures["replacement"].times.append(durable_replacement(str(place.directory / "replaced")))
        if number % 4 == 0:
            for size in chance.sample(SIZES, len(SIZES)):
                told = json.loads(place.call(*place.inside("lookup", "--opens", 3, vault=vaults[size])))
                figures[f"open-{size}"].times.append(told["open"]["median"])
                figures[f"look-up-{size}"].times.append(told["lookup"]["median"])
            told = json.loads(place.call(*place.inside("commit", "--samples", 10, vault=scratch)))
            figures["transaction"].times.append(told["median"])
    return figures


def verdicts(figures):
    """Gives what the thresholds are about: a title and a number by key."""
    median = {key: figure.median for key, figure in figures.items()}
    # All that an issuance by passphrase does but the derivation; a difference of two medians would add up their noise.
    issue = median[f"issue-{SMALL}"]
    rest = issue - median["version"] - median["commit"]
    return {
        "issue-without-derivation": ("cached issue without the derivation (by key file)", issue),
        "start-to-commit": (
            "of it: a bare process, as a multiple of one durable commit", median["version"] / median["commit"]),
        "rest-to-commit": ("of it: all else, as a multiple of one durable commit", rest / median["commit"]),
        "uncached-to-post": (
            "uncached issue less the cached, as a multiple of curl's POST",
            (median["issue-uncached"] - median[f"issue-{SMALL}"]) / median["post"]),
        "look-up-growth": (
            f"look-up at {LARGE:,} as a multiple of that at {SMALL}",
            median[f"look-up-{LARGE}"] / median[f"look-up-{SMALL}"]),
        "set-check": (
            f"check of all {LARGE:,} rows at unlock (opening less that at {SMALL})",
            median[f"open-{LARGE}"] - median[f"open-{SMALL}"]),
        "list-large": (f"list of {LARGE:,}", median[f"list-{LARGE}"]),
        "memory-beyond-derivation": (
            f"peak memory of issue less the derivation's {DERIVATION_MEMORY} MiB",
            figures["issue"].peak - DERIVATION_MEMORY),
    }


def table(rows):
    """Prints rows aligned: the first column to the left, the others to the right."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        cells = [cell.rjust(width) for cell, width in zip(row[1:], widths[1:])]
        print("  ".join([row[0].ljust(widths[0]), *cells]).rstrip())


def number(value, unit):
    digits = 3 if abs(value) < 1 else 2 if abs(value) < 100 else 0
    return f"{value:,.{digits}f} {unit}" if unit != "ratio" else f"{value:.2f} ×"


def show(figures, results):
    bare = figures["sqlite"].median
    rows = [("", "median", "least", "× sqlite3", "peak memory")]
    for figure in figures.values():
        ratio = figure.median / bare
        rows.append((
            figure.title, number(figure.median, "ms"), number(figure.least, "ms"),
            f"{ratio:,.{1 if ratio >= 0.1 else 3}f}", number(figure.peak, "MiB") if figure.peak else ""))
    table(rows)
    beyond = figures["issue"].peak - figures["version"].peak - DERIVATION_MEMORY
    print(f"\nPeak memory of issue less that of --version and the derivation's: {number(beyond, 'MiB')}\n")
    table([("", "measured", "at most", "")] + [
        (result["title"], number(result["value"], result["unit"]), number(result["most"], result["unit"]),
         ("ok" if result["ok"] else "OVER") if result["judged"] else "not judged: this disk's commits are too cheap")
        for result in results.values()
    ])


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
    print(f"\naz account get-access-token: {number(statistics.median(times), 'ms')}")
    return times


def note(text):
    print(f"== {text}", file=sys.stderr)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--programs", type=pathlib.Path, required=True, help="the directory of the release build")
    parser.add_argument("--directory", type=pathlib.Path, required=True, help="on which disk vaults are made")
    parser.add_argument("--rounds", type=int, default=21, help="how often each command is run (default: 21)")
    parser.add_argument("--seed", type=int, default=None, help="of the order in each round")
    parser.add_argument("--json", type=pathlib.Path, help="write every sample to this file")
    parser.add_argument("--against", choices=["az"], help="time another tool that does the same")
    options = parser.parse_args()

    os.umask(0o077)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # So that the emulator ends and the vaults go.
    seed = options.seed if options.seed is not None else random.randrange(1 << 32)
    note(f"seed {seed}")
    with tempfile.TemporaryDirectory(prefix="benchmark-", dir=options.directory.resolve()) as directory:
        place = Place(pathlib.Path(directory), options.programs.resolve())
        with place.emulator():
            figures = measure(place, max(options.rounds, 1), random.Random(seed))

    thresholds = json.loads((pathlib.Path(__file__).parent / "benchmark-thresholds.json").read_text())
    # That a commit is the largest part can hold only where one costs more than starting a process: not on a disk whose
    # fsync is next to free. There the figure is printed and not judged.
    judged = {"slow": figures["commit"].median >= figures["version"].median, None: True}
    results = {
        key: {
            "title": title, "value": value, **thresholds[key], "judged": judged[thresholds[key].get("disk")],
            "ok": value <= thresholds[key]["most"] or not judged[thresholds[key].get("disk")],
        }
        for key, (title, value) in verdicts(figures).items()
    }
    show(figures, results)
    load, processors = os.getloadavg()[1], os.cpu_count()
    if load > processors:
        print(f"\nThe machine was busy (load {load:.1f} on {processors} processors): these figures are too high.")
    az = time_az() if options.against == "az" else None
    if options.json:
        options.json.write_text(json.dumps({
            "seed": seed, "rounds": options.rounds, "processors": processors, "load": load,
            "kernel": platform.release(), "sqlite": sqlite3.sqlite_version, "az": az, "thresholds": results,
            "figures": {key: figure.document() for key, figure in figures.items()},
        }, indent=2) + "\n")
    sys.exit(0 if all(result["ok"] for result in results.values()) else 1)


if __name__ == "__main__":
    main()
