"""Many clients at once: how much an agent gives out, how long each waits, and whether all of it is on the record."""

import concurrent.futures
import contextlib
import json
import statistics
import subprocess
import time

from benchmarks.agent import Agent
from benchmarks.figure import Figure
from benchmarks.place import NAME, end, note

FEW, MANY = 32, 128
# How many wrong passphrases are tried at once, and for how long somebody else's latency is looked at, in seconds: the
# agent takes wrong ones later and later, so that most derivations fall into the first.
GUESSES = 20
GUESSING = 10
WRONG, TOO_MANY = 77, 75  # Exit codes.
PROFILES = 500
LATENCY = 100  # In milliseconds.


class Load:
    """What `vault-benchmark load` told, and what one durable commit took in the same seconds, in milliseconds."""

    def __init__(self, told, commits=()):
        self.told = told
        self.commits = list(commits)
        self.clients = told["clients"]
        self.issued = told["issued"]
        self.rate = told["perSecond"]
        self.median = told["latency"]["median"]
        self.hundredth = told["latency"]["hundredth"]
        self.highest = told["latency"]["maximum"]

    @property
    def commit(self):
        return statistics.median(self.commits) if self.commits else None

    def against(self, commit):
        """The rate as a multiple of what would be if each commit, of so many milliseconds, served each client once."""
        return self.rate * commit / 1e3 / self.clients

    def document(self):
        return {**self.told, "commits": self.commits}


@contextlib.contextmanager
def loading(agent, clients, seconds):
    """Puts an agent under load. Gives the process, for what is done meanwhile, and a list that has the Load at the end;
    no request may have failed."""
    place = agent.place
    command = [
        place.program("vault-benchmark"), "load", "--socket", agent.socket, "--vault", agent.vault, "--profile", NAME,
        "--clients", clients, "--seconds", seconds,
    ]
    loads = []
    with open(place.errors, "w+", encoding="utf-8") as errors:
        process = subprocess.Popen(
            [str(part) for part in command], env=agent.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=errors, text=True)
        try:
            yield process, loads
            output, _ = process.communicate(timeout=seconds + 60)
        except BaseException:
            end(process)
            raise
        if process.returncode != 0:
            raise SystemExit(
                f"the load of {clients} clients ended with {process.returncode}: {place.errors.read_text()}")
    told = json.loads(output)
    if not told["issued"]:
        raise SystemExit(f"the load of {clients} clients was given nothing")
    loads.append(Load(told))


def load(agent, clients, seconds, commit=None):
    """- commit: is timed a few times a second meanwhile."""
    commits = []
    with loading(agent, clients, seconds) as (process, loads):
        while commit and process.poll() is None:
            commits.append(commit())
            time.sleep(0.25)
    loads[0].commits = commits
    return loads[0]


def load_while_guessing(agent):
    """One client, while others try wrong passphrases. Their processes are there before, and wait for what to try: what
    it costs to start so many at once is no figure of the agent's."""
    command = agent.vaultctl("unlock", "-q", "--passphrase-fd", 0)
    guesses = []
    try:
        guesses += [
            subprocess.Popen(
                command, env=agent.environment, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL, text=True)
            for _ in range(GUESSES)
        ]
        time.sleep(1)
        with loading(agent, 1, GUESSING) as (process, loads):
            time.sleep(1)  # It looks on from before the first guess.
            for guess in guesses:
                guess.stdin.write("wrong horse battery staple, for a benchmark\n")
                guess.stdin.close()
            process.wait()
        statuses = [guess.poll() for guess in guesses]
    finally:
        for guess in guesses:  # Those that still wait for their turn.
            end(guess)
    refused = statuses.count(WRONG)
    note(f"{refused} wrong passphrases refused, {statuses.count(TOO_MANY)} turned away, {statuses.count(None)} waiting")
    if refused == 0 or not set(statuses) <= {WRONG, TOO_MANY, None}:
        raise SystemExit(f"wrong passphrases were not refused as they should be: {statuses}")
    return loads[0]


def entries_of_issuances(place, vault):
    """How many there are on the record, which must have no gap. Read without the agent, whose memory is a figure."""
    command = [str(part) for part in place.vaultctl("audit list", "-o", "tsv", vault=vault)]
    issuances, expected = 0, None
    with open(place.errors, "w+", encoding="utf-8") as errors:
        with subprocess.Popen(
            command, env=place.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors, text=True
        ) as listing:
            for line in listing.stdout:
                entry, _, action, outcome, *_ = line.split("\t")
                if expected is not None and int(entry) != expected:
                    raise SystemExit(f"the record goes on with entry {entry} where {expected} should be")
                expected = int(entry) + 1
                issuances += (action, outcome) == ("issue", "ok")
        if listing.returncode != 0:
            raise SystemExit(f"the record could not be read: {place.errors.read_text()}")
    return issuances


def check_record(place, vault, before, loads):
    """Everything that was given out is on the record once, and the vault is whole."""
    issued = sum(load.issued for load in loads)
    note(f"checking the record of {issued:,} issuances")
    entries = entries_of_issuances(place, vault) - before
    if entries != issued:
        raise SystemExit(f"{issued:,} tokens were given out, and the record has {entries:,} entries of that")
    place.call(*place.vaultctl("verify", vault=vault))


def measure_check(place, runs):
    """`check --all` by an agent, with the identity provider at a distance. Gives figures by key: the first has its
    connections to make."""
    note(f"making a vault of {PROFILES} profiles of the emulator's")
    vault = place.make_vault("vault-check", 1)
    title = f"check of {PROFILES} through the agent, answers {LATENCY} ms late"
    first, others = Figure(f"first {title}"), Figure(title)
    # By key file: a cloud of one's own takes what unlocks, agent or not.
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        list(pool.map(
            lambda number: place.call(
                *place.vaultctl("add", f"team/service-{number:03}", "--no-check", *place.profile(), vault=vault)),
            range(1, PROFILES)))
    with Agent(place, vault) as agent:
        with place.latency(LATENCY):
            note(f"checking all of them, {runs + 1} times")
            first.add(agent.measure("check", "--all"))
            for _ in range(runs):
                others.add(agent.measure("check", "--all"))
            results = [line.split("\t")[1] for line in agent.call("check", "--all", "-o", "tsv").splitlines()]
            if results != ["ok"] * PROFILES:
                raise SystemExit(f"of {PROFILES} profiles {results.count('ok')} were found to be accepted")
    return {"check-first": first, "check": others}
