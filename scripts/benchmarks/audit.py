"""A vault with a long record: how fast it is verified, asked and proven, and how large it is."""

import datetime
import json

from benchmarks.agent import Agent
from benchmarks.figure import Figure
from benchmarks.place import note

#: Rows that an incremental verification has to look at.
NEW = 1000
#: The samples of the record are spread over so many names.
PROFILES = 1000


class Record:
    """What was measured on a vault of so many entries. Times are in ms."""

    def __init__(self, entries, size, figures):
        self.entries = entries
        # Bytes of the vault for each entry.
        self.size = size
        self.figures = figures

    @property
    def rate(self):
        """Entries verified in a second, the start of the process included."""
        return self.entries / (self.figures["audit-verify"].median / 1e3)

    @property
    def memory(self):
        """MiB that verifying takes at the most."""
        return self.figures["audit-verify"].peak

    def document(self):
        return {"entries": self.entries, "bytesForEach": self.size, "entriesVerifiedASecond": self.rate}


def measure_record(place, entries, runs):
    note(f"making a record of {entries:,} entries")
    vault = place.make_vault("vault-record", 10)
    empty = vault.stat().st_size
    place.call(*place.inside("fill-audit", "--entries", entries, vault=vault))
    size = (vault.stat().st_size - empty) / entries
    middle, month = in_the_middle(place, vault)

    commands = {
        "audit-verify": (f"audit verify of {entries:,} entries", "audit verify", []),
        "audit-last": ("the last 50 of one profile", "audit list", ["--profile", middle["profile"], "--limit", 50]),
        "audit-month": (
            f"a month of one of {PROFILES:,} profiles", "audit list",
            ["--profile", middle["profile"], "--since", month[0], "--until", month[1]]),
        "audit-prove": ("a proof for one entry", "audit prove", [middle["sequence"]]),
    }
    figures = {key: Figure(title) for key, (title, _, _) in commands.items()}
    with Agent(place, vault, "agent-record") as agent:
        note("questions about the record, and verifying it")
        for number in range(runs + 1):
            for key, (_, verb, arguments) in commands.items():
                # Without an agent, because the memory that verifying takes is to be seen.
                measured = (
                    place.measure(place.vaultctl(verb, vault=vault)) if key == "audit-verify"
                    else agent.measure(verb, *arguments))
                if number > 0:  # The first run fills the file cache.
                    figures[key].add(measured)
        figures["audit-since"] = Figure(f"audit verify --since-checkpoint after {NEW:,} more")
        for _ in range(runs):
            agent.call("audit checkpoint")
            place.call(*place.inside("fill-audit", "--entries", NEW, vault=vault))
            figures["audit-since"].add(agent.measure("audit verify", "--since-checkpoint"))
    return Record(entries, size, figures)


def in_the_middle(place, vault):
    """A month in the middle of the record, and an entry of that month."""

    def newest(*options):
        told = place.call(*place.vaultctl("audit list", "--limit", 1, "-o", "jsonl", *options, vault=vault))
        return json.loads(told)

    end = datetime.datetime.fromisoformat(newest()["time"]) - datetime.timedelta(days=150)
    month = [time.isoformat(timespec="seconds") for time in (end - datetime.timedelta(days=30), end)]
    return newest("--since", month[0], "--until", month[1]), month
