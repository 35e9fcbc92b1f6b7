"""Hundreds of credentials that are due: `rotate --due`, killed twice on its way, against providers that are far away, that
throttle and whose answers get lost. Afterwards every profile must issue, and nothing may be left over."""

import base64
import collections
import concurrent.futures
import datetime
import json
import re
import subprocess
import time
import uuid

from benchmarks.place import Place, note

PROFILES = 300
JOBS = 8
# Of each hundred in a tenant: the others have client secrets.
CERTIFICATES, DATABRICKS = 10, 10
TENANTS = 3
# In seconds: what each call takes, how late the token endpoint learns of a new credential, over how long a new credential is
# tried, and how long a credential is looked for of which nobody knows whether it was made. The last is the least that makes
# sense with such a delay; the program's own is ten minutes.
LATENCY, DELAY, SPREAD, WINDOW = 0.1, 3, 10, 20
THROTTLED, LOST = 0.05, 0.02
# Killed when so many of the profiles have got a new credential.
KILLED_AT = (PROFILES // 4, PROFILES // 2)
MAKING = re.compile(r"^POST \S*(/addPassword|/addKey|/credentials/secrets) 20[01]\b")


class Rotations:
    """What became of them. Times are in seconds."""

    def __init__(self, runs, calls):
        # Of each run, the killed ones among them.
        self.runs = runs
        # The emulator's lines, one for each request.
        self.calls = calls

    @property
    def total(self):
        return sum(self.runs)

    @property
    def calling(self):
        """All calls one after another."""
        return len(self.calls) * LATENCY

    @property
    def wait(self):
        """What a rotation waits for whatever the calls take: one that was being made when the program was killed is looked
        for throughout the window; then the next one has to be known at the token endpoint, and is tried over the spread."""
        return WINDOW + DELAY + SPREAD

    @property
    def ratio(self):
        """The time, as a multiple of what calls and one wait come to."""
        return self.total / (self.calling / JOBS + self.wait)

    def struck(self, fault):
        return sum(f"fault={fault}" in call for call in self.calls)

    def __str__(self):
        runs = " + ".join(f"{seconds:.0f}" for seconds in self.runs)
        return (
            f"{PROFILES} rotations with {JOBS} jobs, killed twice: {runs} s for {len(self.calls):,} calls of "
            f"{LATENCY * 1e3:.0f} ms, {self.struck('throttled')} of them throttled and {self.struck('reply-lost')} lost; "
            f"the calls by {JOBS} at a time and one wait of {self.wait} s: {self.calling / JOBS + self.wait:.0f} s")

    def document(self):
        return {
            "profiles": PROFILES, "jobs": JOBS, "runs": self.runs, "calls": len(self.calls), "wait": self.wait,
            "throttled": self.struck("throttled"), "lost": self.struck("reply-lost"), "ratio": self.ratio,
        }


class Principal:
    """A service principal and the profile that is to be made of it."""

    def __init__(self, number, place):
        self.name = f"p{number:03}"
        self.client = str(uuid.UUID(int=(0x7A << 120) + number))
        self.tenant = number % TENANTS
        share = number // TENANTS * 100 // (PROFILES // TENANTS)
        self.kind = (
            "certificate" if share < CERTIFICATES
            else "databricks" if share < CERTIFICATES + DATABRICKS else "secret")
        self.file = place.directory / f"{self.name}.secret"
        # What somebody else put there.
        self.foreign = str(uuid.UUID(int=(0x7B << 120) + number))
        if self.kind == "certificate":
            self.certificate = make_certificate(place, self)
        else:
            prefix = "dose" if self.kind == "databricks" else "Xq38Q~"
            self.file.write_text(prefix + base64.b32encode(self.client.encode()).decode().strip("=")[-34:].lower())

    def listed(self):
        """As the emulator's directory file has it."""
        secrets = [{"value": f"foreign~{self.client}", "keyId": self.foreign, "displayName": "somebody else's"}]
        if self.kind != "certificate":
            secrets.append({"value": self.file.read_text()})
        document = {"clientId": self.client, "displayName": self.name, "secrets": secrets}
        if self.kind == "databricks":
            return {**document, "id": str(7000 + int(self.name[1:]))}
        if self.kind == "certificate":
            document["certificates"] = [self.certificate]
        return {**document, "owners": [self.client], "roles": ["Application.ReadWrite.OwnedBy"]}

    def options(self, place):
        """Of `add`."""
        places = [part for option in ("authority", "graph", "arm") for part in (f"--{option}", place.authority)]
        options = ["--client-id", self.client, "--cloud", "emulator", *places, "--no-check"]
        soon = datetime.date.today() + datetime.timedelta(days=1 + int(self.name[1:]) % 28)
        if self.kind == "databricks":
            options += ["--provider", "databricks", "--account", account(self.tenant)]
            options += ["--accounts-host", place.authority]
        else:
            options += ["--tenant", tenant(self.tenant), "--resource", "databricks"]
        if self.kind == "certificate":
            return [*options, "--certificate", self.file]
        return [*options, "--secret-file", self.file, "--secret-expires", soon.isoformat()]


def tenant(number):
    return str(uuid.UUID(int=(0x11 << 120) + number))


def account(number):
    return str(uuid.UUID(int=(0x55 << 120) + number))


def make_certificate(place, principal):
    """Writes key and certificate where `add` reads them; gives the certificate alone."""
    key, certificate = (place.directory / f"{principal.name}.{part}" for part in ("key", "pem"))
    place.call(
        "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "20", "-subj", f"/CN={principal.name}",
        "-keyout", key, "-out", certificate)
    principal.file.write_text(key.read_text() + certificate.read_text())
    return certificate.read_text()


def directory(principals):
    of_kind = collections.defaultdict(list)
    for principal in principals:
        of_kind[principal.tenant, principal.kind == "databricks"].append(principal.listed())
    return {
        "tenants": [{
            "id": tenant(number), "name": f"tenant {number}", "applications": of_kind[number, False],
            "replication": {"tokenDelay": DELAY},
        } for number in range(TENANTS)],
        "databricksAccounts": [
            {"id": account(number), "servicePrincipals": of_kind[number, True]} for number in range(TENANTS)],
    }


def measure_rotations(place):
    """Gives the Rotations, once it is certain that all went well."""
    below = place.directory / "rotation"
    below.mkdir(mode=0o700)
    place = Place(below, place.programs)
    note(f"making {PROFILES} service principals with credentials that are due")
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        principals = list(pool.map(lambda number: Principal(number, place), range(PROFILES)))
    with place.emulator(directory(principals)):
        vault = place.make_empty_vault("vault-rotation")
        for key, seconds in {"rotation.window": WINDOW, "rotation.spread": SPREAD}.items():
            place.call(*place.vaultctl("config set", key, f"{seconds}s", vault=vault))
        for principal in principals:
            place.call(*place.vaultctl("add", principal.name, *principal.options(place), vault=vault))
        for fault in (
            {"name": "latency", "milliseconds": LATENCY * 1e3},
            {"name": "throttled", "probability": THROTTLED, "seconds": 1},
            {"name": "reply-lost", "probability": LOST},
        ):
            place.control("POST", "/emulator/faults", fault)
        note(f"rotate --due of {PROFILES} profiles, killed twice")
        log = place.directory / "emulator.log"
        begin = len(calls(log))
        runs = [run(place, vault, log, begin, count) for count in (*KILLED_AT, None)]
        rotations = Rotations(runs, calls(log)[begin:])
        note(rotations)
        place.control("DELETE", "/emulator/faults")
        check(place, vault, principals)
    return rotations


def calls(log):
    return log.read_text().splitlines()


def run(place, vault, log, begin, count):
    """One run of the command, killed once so many credentials were made since that line, or else to its end. Gives its
    seconds."""
    command = place.vaultctl("rotate", "--due", "30d", "--jobs", JOBS, "-o", "jsonl", vault=vault)
    with open(place.directory / "rotate.out", "wb") as out, open(place.errors, "wb") as errors:
        start = time.monotonic()
        process = subprocess.Popen(
            [str(part) for part in command], env=place.environment, stdin=subprocess.DEVNULL, stdout=out, stderr=errors)
        try:
            while process.poll() is None:
                if count is not None and sum(bool(MAKING.match(call)) for call in calls(log)[begin:]) >= count:
                    process.kill()
                time.sleep(0.05)
        finally:
            process.kill()
            process.wait()
        seconds = time.monotonic() - start
    if count is None and process.returncode != 0:
        results = map(json.loads, (place.directory / "rotate.out").read_text().splitlines())
        failed = [f"{result['profile']}: {result['detail']}" for result in results if result["exitCode"]]
        raise SystemExit(f"rotate ended with status {process.returncode}: {failed} {place.errors.read_text()}")
    if count is not None and process.returncode != -9:
        raise SystemExit(f"rotate ended with status {process.returncode} before it was killed")
    return seconds


def check(place, vault, principals):
    """That each profile has a new credential and issues with it, that nobody else's is gone, that nothing is left over that
    nobody was told of, and that the record is whole."""
    note("what came of it")

    def lines(verb, *arguments):
        told = place.call(*place.vaultctl(verb, *arguments, "-o", "jsonl", vault=vault))
        return [json.loads(line) for line in told.splitlines()]

    key_ids = {profile["name"]: profile["credential"]["keyId"] for profile in lines("list")}
    orphans = {row["keyId"] for row in lines("rotation orphans", "--all")}
    states = collections.Counter(rotation["state"] for rotation in lines("rotation list"))
    if states != {"promoted": PROFILES}:
        raise SystemExit(f"rotations are not in their grace: {dict(states)}")
    strays = set()
    for principal in principals:
        live = live_credentials(place, principal)
        if principal.foreign not in live:
            raise SystemExit(f"{principal.name}: the credential of somebody else is gone")
        made = {key_id for key_id, is_ours in live.items() if is_ours}
        if key_ids[principal.name] not in made:
            raise SystemExit(f"{principal.name}: its credential is not at the provider")
        strays |= made - {key_ids[principal.name]}
        # Without names, those whose answer was lost can be told of, and nobody can be certain that they are ours.
        if principal.kind != "databricks" and len(made) != 1:
            raise SystemExit(f"{principal.name}: {len(made)} credentials of ours are left")
    if strays != orphans:
        raise SystemExit(f"left over at the provider: {strays}; told of: {orphans}")
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        list(pool.map(
            lambda principal: place.call(*place.vaultctl("issue", principal.name, "--force-refresh", vault=vault)),
            principals))
    place.call(*place.vaultctl("audit verify", vault=vault))


def live_credentials(place, principal):
    """Gives by key id whether it came since; certificates go by their thumbprint."""
    if principal.kind == "databricks":
        found = place.control("GET", f"/emulator/databricks/{principal.client}")["secrets"]
    else:
        found = place.control("GET", f"/emulator/applications/{principal.client}")
        found = found["secrets"] + found["certificates"]
    return {
        each.get("customKeyIdentifier") or each["keyId"]: each.get("added") is not None
        for each in found if each.get("removed") is None}
