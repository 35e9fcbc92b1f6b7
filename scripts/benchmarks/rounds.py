"""Single commands, side by side: each round runs every one of them once, in an order of its own, so that whatever else
the machine does falls on all of them alike."""

import json

from benchmarks.disk import durable_replacement
from benchmarks.figure import Figure
from benchmarks.place import NAME, note

SIZES = [10, 1_000, 100_000]
SMALL, LARGE = SIZES[0], SIZES[-1]


def measure_rounds(place, agent, commit, rounds, chance):
    """Gives figures by key.

    - agent: its vault is its own, so that the other commands do not change what it knows."""
    vaults = {}
    for size in SIZES:
        note(f"making a vault of {size:,} profiles")
        vaults[size] = place.make_vault(f"vault-{size}", size)
    small = vaults[SMALL]
    scratch = place.make_vault("vault-scratch", SMALL)

    commands = {
        "true": ("true", ["true"]),
        "version": ("vaultctl --version", [place.program("vaultctl"), "--version"]),
        "sqlite": ("sqlite3 FILE 'select 1'", ["sqlite3", small, "select 1"]),
        "post": ("curl, one POST to the token endpoint", place.post()),
        "issue-agent": ("cached issue through the agent", agent.vaultctl("issue", NAME)),
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
    environments = {"issue-agent": agent.environment}
    figures = {key: Figure(title) for key, (title, _) in commands.items()}
    figures["commit"] = Figure("one durable commit (SQLite alone)")
    figures["replacement"] = Figure("one file replaced durably")
    figures["transaction"] = Figure("one write transaction in process")
    figures["derivation"] = Figure("key derivation (issue by passphrase less by key file)")
    for size in SIZES:
        figures[f"open-{size}"] = Figure(f"opening in process at {size:,} profiles")
        figures[f"look-up-{size}"] = Figure(f"look-up in process at {size:,} profiles")

    for key in commands:  # The first run of each fills the file cache.
        place.measure(commands[key][1], environments.get(key))
    for number in range(rounds):
        note(f"round {number + 1} of {rounds}")
        for key in chance.sample(list(commands), len(commands)):
            figures[key].add(place.measure(commands[key][1], environments.get(key)))
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
