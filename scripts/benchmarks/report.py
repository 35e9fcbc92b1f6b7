"""What the figures come to, and how they are shown."""

from benchmarks.load import FEW, MANY, PROFILES
from benchmarks.outside import most_added
from benchmarks.rounds import LARGE, SMALL

# Memory of the default derivation, in MiB.
DERIVATION_MEMORY = 256
# `az account get-access-token` with a token in its cache, on two cores, as it was measured once: milliseconds and MiB.
AZ, AZ_MEMORY = 640, 49
# Milliseconds, while 32 clients ask, from which on as many of them can be served as the threshold says: what else each
# takes, on two processors, adds up to 0.9 ms.
LEAST_COMMIT = 1.5


class Results:
    """All that was measured.

    - figures: by key.
    - loads: by the number of clients.
    - quiet, guessed: the loads of one client, with nobody else there and while wrong passphrases were tried.
    - peak: the agent's memory after the loads, in MiB; None where it could not be read.
    - record: what a long record takes.
    - rotations: what it takes to replace hundreds of credentials."""

    def __init__(self, figures, loads, quiet, guessed, peak, record, rotations):
        self.figures = figures
        self.loads = loads
        self.quiet = quiet
        self.guessed = guessed
        self.peak = peak
        self.record = record
        self.rotations = rotations

    def document(self):
        return {
            "figures": {key: figure.document() for key, figure in self.figures.items()},
            "loads": {clients: load.document() for clients, load in self.loads.items()},
            "oneClient": self.quiet.document(), "oneClientWhileGuessing": self.guessed.document(),
            "agentPeakMiB": self.peak, "record": self.record.document(),
            "rotations": self.rotations.document(),
        }


def verdicts(results):
    """Gives what the thresholds are about: a title and a number by key."""
    figures, few, many = results.figures, results.loads[FEW], results.loads[MANY]
    median = {key: figure.median for key, figure in figures.items()}
    # All that an issuance by passphrase does but the derivation; a difference of two medians would add up their noise.
    issue = median[f"issue-{SMALL}"]
    rest = issue - median["version"] - median["commit"]
    return {
        "start-up": ("a bare process (--version), as a multiple of true", median["version"] / median["true"]),
        "agent-issue": (
            "issue through the agent, as a multiple of a bare process and one durable commit",
            median["issue-agent"] / (median["version"] + median["commit"])),
        "agent-issue-memory": ("peak memory of issue through the agent", figures["issue-agent"].peak),
        "agent-issue-to-az": (
            f"how often it fits in the {AZ} ms of az's warm call", AZ / median["issue-agent"]),
        "az-login": (
            "databricks-sdk's login by az: processor time, as a multiple of what az costs at least",
            sum(figures["az-login"].times) / sum(figures["az-least"].times)),
        "az-locked": ("az while the vault is locked", median["az-locked"]),
        "load-rate": (
            f"{FEW} clients: issuances, as a multiple of {FEW} in each durable commit meanwhile",
            few.against(few.commit)),
        "load-latency": (f"{FEW} clients: what one issuance in a hundred exceeds", few.hundredth),
        "load-rate-many": (f"{MANY} clients: issuances a second", many.rate),
        "check": (f"check of {PROFILES} through the agent", median["check"]),
        "import": (figures["import"].title, median["import"]),
        "guesses": ("highest latency of a client while others try wrong passphrases", results.guessed.highest),
        "outside": (
            "issue with a sink and an anchor command that hangs, less that without, at the most", most_added(figures)),
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
        "audit-verify-rate": (
            f"audit verify: entries a second, of {results.record.entries:,}", results.record.rate),
        "audit-verify-memory": ("peak memory of audit verify", results.record.memory),
        "audit-last": (figures["audit-last"].title, median["audit-last"]),
        "audit-month": (figures["audit-month"].title, median["audit-month"]),
        "audit-since": (figures["audit-since"].title, median["audit-since"]),
        "audit-prove": (figures["audit-prove"].title, median["audit-prove"]),
        "expiring": (
            "expiring of 500 profiles, less opening the vault", median["expiring"] - median["expiring-open"]),
        "expiring-live": (figures["expiring-live"].title, median["expiring-live"]),
        "expiring-using": (figures["expiring-using"].title, median["expiring-using"]),
        "rotations": (
            "rotate --due, killed twice: the time, as a multiple of its calls by so many jobs and one wait",
            results.rotations.ratio),
        "memory-beyond-derivation": (
            f"peak memory of issue less the derivation's {DERIVATION_MEMORY} MiB",
            figures["issue"].peak - DERIVATION_MEMORY),
    }


def judge(results, thresholds):
    """Gives what became of each threshold, by key: it has a `most` or a `least`."""
    median = {key: figure.median for key, figure in results.figures.items()}
    # What a commit is to be the largest part of can be judged only where it costs something: not on a disk whose fsync is
    # next to free. There the figure is printed.
    judged = {
        # Of a process that starts and commits.
        "slow": median["commit"] >= median["version"],
        # Of what those wait for who share it.
        "shared": results.loads[FEW].commit >= LEAST_COMMIT,
        None: True,
    }
    judgements = {}
    for key, (title, value) in verdicts(results).items():
        threshold = thresholds[key]
        keeps = threshold.get("least", value) <= value <= threshold.get("most", value)
        counts = judged[threshold.get("disk")]
        judgements[key] = {
            "title": title, "value": value, **threshold, "judged": counts, "ok": keeps or not counts,
        }
    return judgements


def number(value, unit):
    if unit == "ratio":
        return f"{value:.2f} ×"
    digits = 3 if abs(value) < 1 else 2 if abs(value) < 100 else 0
    return f"{value:,.{digits}f}{'' if unit.startswith('/') else ' '}{unit}"


def table(rows):
    """Prints rows aligned: the first column to the left, the others to the right."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        cells = [cell.rjust(width) for cell, width in zip(row[1:], widths[1:])]
        print("  ".join([row[0].ljust(widths[0]), *cells]).rstrip())


def show(results, judgements):
    show_figures(results.figures)
    show_loads(results)
    show_agent(results)
    print(results.rotations)
    print()
    rows = [("", "measured", "at most", "at least", "")]
    for judged in judgements.values():
        unit = judged["unit"]
        bounds = [number(judged[bound], unit) if bound in judged else "" for bound in ("most", "least")]
        missed = "OVER" if judged["value"] > judged.get("most", judged["value"]) else "UNDER"
        rows.append((
            judged["title"], number(judged["value"], unit), *bounds,
            ("ok" if judged["ok"] else missed) if judged["judged"] else "not judged"))
    table(rows)
    if not all(judged["judged"] for judged in judgements.values()):
        print("Not judged: this disk's commits are too cheap.")


def show_figures(figures):
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


def show_loads(results):
    alone = results.figures["commit"].median
    rows = [(
        "through the socket", "a second", "median", "99 of 100", "highest", "a commit meanwhile", "× commits meanwhile",
        "× commits alone")]
    rows += [row(f"{clients} clients", load, alone) for clients, load in results.loads.items()]
    rows.append(row("1 client", results.quiet, alone))
    rows.append(row("1 client, while wrong passphrases are tried", results.guessed, alone))
    table(rows)
    print()


def row(title, load, alone):
    times = [number(value, "ms") for value in (load.median, load.hundredth, load.highest)]
    meanwhile = [number(load.commit, "ms"), number(load.against(load.commit), "ratio")] if load.commit else ["", ""]
    return title, number(load.rate, "/s"), *times, *meanwhile, number(load.against(alone), "ratio")


def show_agent(results):
    issue = results.figures["issue-agent"]
    print(
        f"az's warm call, measured once: {AZ} ms and {AZ_MEMORY} MiB, {number(AZ / issue.median, 'ratio')} the time "
        f"and {number(AZ_MEMORY / issue.peak, 'ratio')} the memory of issue through the agent")
    print(f"A record of {results.record.entries:,} entries takes {results.record.size:,.0f} bytes of the vault for each")
    if results.peak is not None:
        print(f"Peak memory of the agent under load: {number(results.peak, 'MiB')}")
    print()


def show_az(times, issue):
    """- times: their median, in milliseconds.
    - issue: milliseconds of the same through the agent."""
    ratio = number(times / issue, "ratio")
    print(f"\naz account get-access-token: {number(times, 'ms')}, {ratio} the time of issue through the agent")
