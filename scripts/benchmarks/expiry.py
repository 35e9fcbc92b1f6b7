"""The expiry board of hundreds of profiles: from a vault with a long record, and with providers that are far away."""

import concurrent.futures
import shutil
import uuid

from benchmarks.figure import Figure
from benchmarks.place import TENANT, Place, note

PROFILES = 500
# On the record, over a year.
ENTRIES = 100_000
LATENCY = 100  # In milliseconds.
ADMIN = "admin"
MANAGER = str(uuid.UUID(int=(0x7C << 120) + PROFILES))


def measure_expiry(place, runs):
    """Gives figures by key."""
    below = place.directory / "expiry"
    below.mkdir(mode=0o700)
    place = Place(below, place.programs)
    with place.emulator({"tenants": [{"id": TENANT, "applications": [*map(application, range(PROFILES)), manager()]}]}):
        return measure_file(place, runs) | measure_live(place, runs)


def measure_file(place, runs):
    """`config list` opens the vault as `expiring` does, and then reads next to nothing."""
    note(f"making a vault of {PROFILES} profiles with a record of {ENTRIES:,} entries")
    vault = place.make_empty_vault("vault-expiry")
    place.call(*place.inside("fill", "--count", PROFILES, vault=vault))
    place.call(*place.inside("fill-audit", "--entries", ENTRIES, "--own", vault=vault))
    figures = {
        "expiring-open": Figure("config list by key file"),
        "expiring": Figure(f"expiring --all of {PROFILES} with {ENTRIES:,} entries, by key file"),
    }
    for number in range(runs + 1):
        for key, verb in {"expiring-open": "config list", "expiring": "expiring --all"}.items():
            measured = place.measure(place.vaultctl(verb, vault=vault))
            if number > 0:  # The first run fills the file cache.
                figures[key].add(measured)
    shown = place.call(*place.vaultctl("expiring --all -o tsv", vault=vault)).splitlines()
    if len(shown) != PROFILES or not all("build-" in line for line in shown):
        raise SystemExit(f"expiring told of {len(shown)} profiles, or not of who was given tokens")
    return figures


def measure_live(place, runs):
    """With each profile's own token, of which none is cached, and with the one of a manager."""
    note(f"making a vault of {PROFILES} profiles of applications")
    vault = place.make_empty_vault("vault-expiry-live")
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda number: place.call(*add(place, number, vault)), range(PROFILES + 1)))
    place.control("POST", "/emulator/faults", {"name": "latency", "milliseconds": LATENCY})
    title = f"expiring --live of {PROFILES}, answers {LATENCY} ms late"
    figures = {"expiring-live": Figure(f"{title}, no token cached"), "expiring-using": Figure(f"{title}, --using")}
    for number in range(runs):
        for key, options in {"expiring-live": [], "expiring-using": ["--using", ADMIN]}.items():
            # A copy each time, with none of the tokens of the time before, on a machine that sees it for the first time.
            copy = place.directory / f"{key}-{number}" / "vault.db"
            copy.parent.mkdir(mode=0o700)
            shutil.copy(vault, copy)
            environment = {**place.environment, "XDG_STATE_HOME": str(copy.parent / "state")}
            figures[key].add(place.measure(
                place.vaultctl("expiring --live --all", *options, vault=copy), environment))
    place.control("DELETE", "/emulator/faults")
    told = place.call(*place.vaultctl("expiring --live --all -o tsv", vault=vault))
    states = [line.split("\t")[1] for line in told.splitlines()]
    if states != ["ok"] * (PROFILES + 1):
        raise SystemExit(f"of {PROFILES + 1} profiles {states.count('ok')} were found to be well")
    return figures


def application(number):
    client = str(uuid.UUID(int=(0x7C << 120) + number))
    return {
        "clientId": client, "owners": [client], "roles": ["Application.ReadWrite.OwnedBy"],
        "secrets": [{"value": secret(number), "keyId": client}],
    }


def manager():
    return {**application(PROFILES), "owners": [], "roles": ["Application.ReadWrite.All"]}


def secret(number):
    return f"Ex{number:04}~for-the-expiry-board-{number:012}"


def add(place, number, vault):
    client = str(uuid.UUID(int=(0x7C << 120) + number))
    places = [part for option in ("authority", "graph", "arm") for part in (f"--{option}", place.authority)]
    return place.vaultctl(
        "add", ADMIN if number == PROFILES else f"team/service-{number:03}", "--client-id", client, "--tenant", TENANT,
        "--cloud", "emulator", *places, "--secret-file", place.write(f"secret-{number}", secret(number)), "--no-check",
        vault=vault)
