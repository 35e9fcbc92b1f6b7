"""Service principals that lie in a file of az, at an emulator of their own, and what must hold of them at any time."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import canaries
import contoso
from conftest import REPOSITORY, Stage
from emulator import Emulator, running
from home import Ended, Home

COUNT = 30
#: One more, whose secret a test takes back.
REVOKED = COUNT
ENTRIES = "service_principal_entries.json"


def client_id(number: int) -> str:
    return f"77777777-1111-4111-8111-{number:012}"


def secret(number: int) -> str:
    return f'x{number:02}8Q~+/=%"$`\\~.principal-of-{number:04}-az'


canaries.SECRETS["secret"] |= {secret(number) for number in range(COUNT + 1)}


@dataclass(frozen=True)
class Principals:
    stage: Stage
    emulator: Emulator
    #: A home whose vault has no profiles, and whose folder of az has all of these.
    template: Home

    def home(self) -> Home:
        self.emulator.clear()
        return self.template.copy(self.stage.homes)


@contextmanager
def principals(stage: Stage) -> Iterator[Principals]:
    place = Path(tempfile.mkdtemp(dir=stage.homes.parent))
    place.chmod(0o755)
    program = Path(os.environ.get("ENTRA_EMULATOR", REPOSITORY / ".build/debug/entra-emulator"))
    content = contoso.directory()
    content["tenants"][0]["applications"] += [
        {"clientId": client_id(number), "displayName": f"p{number}", "secrets": [{"value": secret(number)}]}
        for number in range(COUNT + 1)
    ]
    with running(program, place / "emulator", content=content) as emulator:
        url = emulator.url
        home = stage.home()
        variables = {
            "AUTHORITY": url,
            "VAULTCTL_CA_FILE": str(emulator.ca),
            "CLOUD": f"--cloud lab --authority {url} --graph {url} --arm {url}",
        }
        home = Home(home.path, home.programs, {**home.variables, **variables})
        home.run("remove", "ci", "payroll", "prod/etl", "--yes")
        (home.path / ".azure").mkdir(mode=0o700)
        home.user.take(home.path)
        write_entries(home, list(range(COUNT)))
        yield Principals(stage, emulator, home)


def file(home: Home) -> Path:
    return home.path / ".azure" / ENTRIES


def text(numbers: list[int], without: frozenset[int] = frozenset()) -> str:
    """The file of az, with what a tool that writes it anew would change: an order of keys, blanks, members it does not know."""
    lines = []
    for number in numbers:
        value = "" if number in without else secret(number)
        lines.append(
            f'  {{"x-note": "kept {number}\\u00e9",\t"client_id": "{client_id(number)}",\n'
            f'   "tenant" :"{contoso.TENANT}", "client_secret": {json.dumps(value)} ,"z": [1.50, {{}}]}}'
        )
    return "[\r\n" + ",\n\n".join(lines) + "\n  ]   "


def write_entries(home: Home, numbers: list[int]) -> Path:
    path = file(home)
    path.write_bytes(text(numbers).encode())
    path.chmod(0o600)
    home.user.take(home.path)
    return path


def shred(home: Home, *words: str | os.PathLike[str], form: str = "az", status: int = 0) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = json.loads(run(home, *words, form=form, status=status).stdout)
    return told


def run(home: Home, *words: str | os.PathLike[str], form: str = "az", status: int | None = 0) -> Ended:
    return home.run(*arguments(home, *words, form=form), "-o", "json", status=status)


def arguments(home: Home, *words: str | os.PathLike[str], form: str = "az") -> list[str]:
    return ["import", "--from", form, "--shred", *home.variables["CLOUD"].split(), *map(os.fspath, words)]


def stored(home: Home) -> set[str]:
    """All secrets of the vault."""
    if not home.run("list").stdout:
        return set()
    exported = home.run("export", "--to", "json", "-", "--all", allowed=["secret"]).stdout
    return {one["secret"] for one in json.loads(exported)}
