"""Hundreds of service principals come from the folder of az in one command: each is tried, stored and read back, and
then its secret is taken out of the folder."""

import json
import uuid

from benchmarks.figure import Figure
from benchmarks.place import TENANT, Place, note

PRINCIPALS = 500
LATENCY = 100  # In milliseconds.
ROUNDS = 3


def client(number):
    return str(uuid.UUID(int=(0x1A << 120) + number))


def secret(number):
    return f"Im{number:03}~{uuid.UUID(int=(0x5EC << 112) + number).hex}+/="


def directory():
    """What the emulator serves."""
    applications = [
        {"clientId": client(number), "displayName": f"sp {number}", "secrets": [{"value": secret(number)}]}
        for number in range(PRINCIPALS)
    ]
    return {"tenants": [{"id": TENANT, "name": "contoso", "applications": applications}]}


def make_folder(place, name):
    """What `az login --service-principal` leaves behind, for each of them."""
    folder = place.directory / name
    folder.mkdir()
    entries = [
        {"client_id": client(number), "tenant": TENANT, "client_secret": secret(number)} for number in range(PRINCIPALS)
    ]
    subscriptions = [
        {
            "id": str(uuid.UUID(int=(0x5B << 120) + number)), "name": f"Subscription {number}", "state": "Enabled",
            "user": {"name": client(number), "type": "servicePrincipal"}, "isDefault": number == 0, "tenantId": TENANT,
            "environmentName": "emulator", "homeTenantId": TENANT, "managedByTenants": [],
        }
        for number in range(PRINCIPALS)
    ]
    (folder / "service_principal_entries.json").write_text(json.dumps(entries))
    (folder / "azureProfile.json").write_text(json.dumps({"subscriptions": subscriptions}), encoding="utf-8-sig")
    (folder / "clouds.config").write_text(
        "[emulator]\n"
        + "".join(
            f"endpoint_{part} = {place.authority}\n"
            for part in ("active_directory", "microsoft_graph_resource_id", "resource_manager")))
    return folder


def measure_import(place):
    """Gives the figures, once it is certain that all went well."""
    below = place.directory / "import"
    below.mkdir(mode=0o700)
    place = Place(below, place.programs)
    figure = Figure(f"import of {PRINCIPALS} from az, each tried, stored and shredded, answers {LATENCY} ms late")
    with place.emulator(directory()), place.latency(LATENCY):
        for number in range(ROUNDS):
            note(f"import of {PRINCIPALS} service principals, round {number + 1} of {ROUNDS}")
            vault = place.make_empty_vault(f"vault-{number}")
            folder = make_folder(place, f"az-{number}")
            figure.add(place.measure(place.vaultctl("import", "--from", "az", folder, "--shred", vault=vault)))
            check(place, vault, folder)
    return {"import": figure}


def check(place, vault, folder):
    """That the vault has each of them, whole, and the folder no secret."""
    checked = place.call(*place.vaultctl("check", "--all", "-o", "json", vault=vault))
    results = [row["result"] for row in json.loads(checked)]
    if results != ["ok"] * PRINCIPALS:
        raise SystemExit(f"of {PRINCIPALS} imported {len(results)} are there, and {results.count('ok')} are accepted")
    left = [number for number in range(PRINCIPALS) for path in folder.iterdir() if secret(number) in path.read_text()]
    if left:
        raise SystemExit(f"{len(left)} secrets are in the folder still")
