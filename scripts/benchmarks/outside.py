"""What copies and anchors that get nowhere cost an issuance: the same calls on two vaults in turn, one of which has a sink and
an anchor command that never ends."""

import statistics

from benchmarks.agent import Agent
from benchmarks.figure import Figure
from benchmarks.place import NAME

HANGING = "sleep 3600"


def measure_outside(place, rounds):
    """Gives figures by key: issuances with and without, through an agent each and by key file."""
    vaults = {"without": place.make_vault("vault-without", 0), "with": place.make_vault("vault-with", 0)}
    for key, value in {"sink.file": place.directory / "audit.jsonl", "anchor.command": HANGING}.items():
        place.call(*place.vaultctl("config set", key, value, vault=vaults["with"]))
    figures = {
        f"outside-{how}-{who}": Figure(f"cached issue {through}, {how} a sink and an anchor command that hangs")
        for who, through in {"agent": "through the agent", "key": "by key file"}.items() for how in vaults
    }
    with (
        Agent(place, vaults["without"], "agent-without") as without,
        Agent(place, vaults["with"], "agent-with") as burdened,
    ):
        agents = {"without": without, "with": burdened}
        for number in range(rounds + 1):
            for how in vaults if number % 2 else reversed(vaults):
                measured = {
                    "agent": agents[how].measure("issue", NAME),
                    "key": place.measure(place.vaultctl("issue", NAME, vault=vaults[how])),
                }
                for who, sample in measured.items():
                    if number:  # The first run of each fills the file cache.
                        figures[f"outside-{how}-{who}"].add(sample)
    return figures


def most_added(figures):
    """Milliseconds that the median of the pairs differs by, through an agent or without one, whichever is more."""
    return max(
        statistics.median(
            burdened - bare
            for burdened, bare in zip(figures[f"outside-with-{who}"].times, figures[f"outside-without-{who}"].times))
        for who in ("agent", "key"))
