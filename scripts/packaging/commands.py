"""The commands of vaultctl as it describes them itself, for what is generated from them.

Read from ``vaultctl --experimental-dump-help`` (ArgumentParserToolInfo). What help does not show is left out.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Argument:
    """A word, or an option with or without a value."""

    #: With their dashes, the long one first; none for a word by its place.
    names: tuple[str, ...]
    #: What its value is called, in lower case; nothing for a flag.
    value: str
    about: str
    default: str
    is_repeating: bool
    is_optional: bool
    #: Whether all words from here on are its own.
    takes_the_rest: bool
    #: ``file``, ``directory``, ``words a b`` or ``names KIND``; nothing where nothing is known of its values.
    completion: str


@dataclass(frozen=True)
class Command:
    #: From the program's own name on.
    path: tuple[str, ...]
    aliases: tuple[str, ...]
    abstract: str
    discussion: str
    arguments: tuple[Argument, ...]
    commands: tuple[Command, ...] = field(default=())

    @property
    def name(self) -> str:
        return self.path[-1]

    @property
    def words(self) -> tuple[Argument, ...]:
        return tuple(argument for argument in self.arguments if not argument.names)

    @property
    def options(self) -> tuple[Argument, ...]:
        return tuple(argument for argument in self.arguments if argument.names)

    def walk(self) -> Iterator[Command]:
        """It and all below it."""
        yield self
        for command in self.commands:
            yield from command.walk()


#: Values that depend on the verb, where the option is declared for all of them.
_FORMATS = {"issue": "table raw json az env header exec-credential git"}


def read(program: str) -> Command:
    """All commands of ``program``."""
    told = subprocess.run([program, "--experimental-dump-help"], check=True, stdout=subprocess.PIPE).stdout
    return _command(json.loads(told)["command"], ())


def exit_codes(program: str) -> list[tuple[int, str]]:
    told = subprocess.run([program, "exit-codes", "-o", "json"], check=True, stdout=subprocess.PIPE).stdout
    return [(row["code"], row["meaning"]) for row in json.loads(told)]


def version(program: str) -> str:
    told = subprocess.run([program, "--version"], check=True, stdout=subprocess.PIPE, text=True).stdout
    return told.split()[1]


def _command(told: dict[str, Any], above: tuple[str, ...]) -> Command:
    path = (*above, told["commandName"])
    below = [one for one in told.get("subcommands", []) if one["shouldDisplay"] and one["commandName"] != "help"]
    return Command(
        path,
        tuple(told.get("aliases") or ()),
        told.get("abstract", ""),
        told.get("discussion", ""),
        # The options of every verb are declared with the program, too, where help does not repeat them.
        tuple(_argument(one, path[-1]) for one in told.get("arguments", []) if one["shouldDisplay"] or not above),
        tuple(_command(one, path) for one in below),
    )


def _argument(told: dict[str, Any], verb: str) -> Argument:
    names = sorted(told.get("names") or (), key=lambda name: name["kind"] == "short")
    return Argument(
        tuple(("-" if name["kind"] == "short" else "--") + name["name"] for name in names),
        "" if told["kind"] == "flag" else told["valueName"],
        told.get("abstract", ""),
        told.get("defaultValue", ""),
        told["isRepeating"],
        told["isOptional"],
        told["parsingStrategy"] in ("postTerminator", "allRemainingInput", "allUnrecognized"),
        "" if told["kind"] == "flag" else _completion(told, verb),
    )


def _completion(told: dict[str, Any], verb: str) -> str:
    if verb in _FORMATS and told["valueName"] == "format":
        return f"words {_FORMATS[verb]}"
    match told.get("completionKind"):
        case {"list": {"values": values}}:
            return f"words {' '.join(values)}"
        case {"shellCommand": {"command": command}}:
            verb, kind = command.split()[1:]
            assert verb == "known-names", command
            return f"names {kind}"
        case {"directory": _}:
            return "directory"
        case {"file": _}:
            return "file"
    if values := told.get("allValues"):
        return f"words {' '.join(values)}"
    return "file" if told["valueName"] in ("path", "file") else ""
