"""Writes what bash, zsh and fish complete lines of vaultctl with, from what the commands say.

    python3 scripts/packaging/completions.py --program .build/debug/vaultctl DIRECTORY

Each script is a template (beside this file) that goes along the words typed so far, and a grammar that is put into it: what
may follow which commands. `vaultctl --generate-completion-script` does the same without the names of other commands
(aliases), without options before the verb, without files, and in fish in most of a second.
"""

from __future__ import annotations

import argparse
import pathlib
from collections.abc import Callable

import commands
from commands import Argument, Command

TEMPLATES = pathlib.Path(__file__).parent
#: The template's line that the grammar takes the place of.
MARK = "@GRAMMAR@"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", required=True)
    parser.add_argument("directory", type=pathlib.Path)
    options = parser.parse_args()
    options.directory.mkdir(parents=True, exist_ok=True)
    root = commands.read(options.program)
    kinds: list[tuple[str, Callable[[Command], list[str]]]] = [("bash", bash), ("zsh", zsh), ("fish", fish)]
    for shell, grammar in kinds:
        text = (TEMPLATES / f"completion.{shell}").read_text(encoding="utf-8")
        before, _, after = text.partition(f"{MARK}\n")
        text = before + "\n".join(grammar(root)) + "\n" + after
        (options.directory / f"vaultctl.{shell}").write_text(text, encoding="utf-8")


def bash(root: Command) -> list[str]:
    """Assignments, as bash shows no descriptions."""
    lines = []
    for command, pattern in cases(root):
        options = [spelled(option, name) for option in command.options for name in option.names]
        lines += [
            f"    {pattern})",
            f"        commands={quoted(' '.join(below.name for below in command.commands))}",
            f"        aliases={quoted(' '.join(alias for below in command.commands for alias in below.aliases))}",
            f"        options={quoted(' '.join(options))}",
            f"        places={quoted(' '.join(map(place, command.words)))}",
            "        ;;",
        ]
    return lines


def zsh(root: Command) -> list[str]:
    lines = []
    for command, pattern in cases(root):
        lines += [f"    {pattern})", "        print -rl -- \\", *continued(rows(command), "\t")]
        lines.append("        ;;")
    return lines


def fish(root: Command) -> list[str]:
    lines = []
    for command, pattern in cases(root):
        lines += [f"        case {pattern.replace('|', ' ')}", "            printf '%s\\n' \\"]
        lines += continued(rows(command), "\t", quote=quoted_for_fish)
    return lines


def continued(found: list[list[str]], separator: str, quote: Callable[[str], str] | None = None) -> list[str]:
    quote = quote or quoted
    words = [f"            {quote(separator.join(row))}" for row in found]
    return [f"{word} \\" for word in words[:-1]] + words[-1:]


def rows(command: Command) -> list[list[str]]:
    """What may follow: commands, options and words by their place, with descriptions."""
    found = [["command", below.name, "", below.abstract.rstrip(".")] for below in command.commands]
    found += [["alias", alias, "", ""] for below in command.commands for alias in below.aliases]
    for option in command.options:
        for name in option.names:
            found.append(["option", name, kind(option), brief(option.about)])
    found += [["place", place(word), "", ""] for word in command.words]
    return found


def cases(root: Command) -> list[tuple[Command, str]]:
    """Each command, and the pattern of a `case` that it has: its words without the program's, by all its names."""
    found = []
    for command in root.walk():
        above, names = command.path[1:-1], (command.name, *command.aliases)
        patterns = [" ".join((*above, name)) for name in names] if len(command.path) > 1 else [""]
        found.append((command, "|".join(quoted(pattern) for pattern in patterns)))
    return found


def kind(argument: Argument) -> str:
    """What its value is completed with: ``-`` where there is none, ``?`` where nothing is known of it."""
    if not argument.value:
        return "-"
    return argument.completion.replace(" ", ":", 1).replace(" ", ",") or "?"


def spelled(option: Argument, name: str) -> str:
    return name if not option.value else f"{name}={kind(option)}"


def place(word: Argument) -> str:
    """The kind; with a star, of that word and all after it."""
    if word.takes_the_rest:
        return "rest*"
    return kind(word) + ("*" if word.is_repeating else "")


def brief(text: str) -> str:
    """The first sentence, without where else it can be said."""
    return text.partition(" (VAULTCTL_")[0].partition(". ")[0].rstrip(".")


def quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


def quoted_for_fish(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


if __name__ == "__main__":
    main()
