"""Writes the manual of vaultctl, a page for the program and one for each command, from what the commands say.

    python3 scripts/packaging/manpages.py --program .build/debug/vaultctl --date 2026-11-23 DIRECTORY

Pages are in man(7), which man-db and mandoc both show.
"""

from __future__ import annotations

import argparse
import pathlib
import re

import commands
from commands import Argument, Command

#: What the environment says; what an option says goes before.
ENVIRONMENT = [
    ("VAULTCTL_VAULT", "The vault file, as --vault."),
    ("VAULTCTL_OUTPUT", "The format of results, as --output; not for 'issue'."),
    ("VAULTCTL_KEY_FILE", "A key file that opens the vault, as --key-file."),
    ("VAULTCTL_PASSPHRASE_FILE", "A file with the passphrase, as --passphrase-file."),
    ("VAULTCTL_CA_FILE", "A PEM bundle that is trusted as well as the system's, as --ca-file."),
    ("VAULTCTL_NO_AGENT", "With 1 no agent is asked, as with --no-agent."),
    ("VAULTCTL_AGENT_SOCKET", "The agent's socket, an absolute path."),
    ("VAULTCTL_PROFILE", "The profile of 'az', and of what 'exec' runs, which sets it."),
    ("XDG_DATA_HOME, XDG_STATE_HOME, XDG_RUNTIME_DIR", "Where the files below lie."),
    ("CREDENTIALS_DIRECTORY", "Where systemd has put the credential vaultctl-passphrase."),
    ("HTTPS_PROXY, ALL_PROXY, NO_PROXY", "The way to identity providers."),
    ("NO_COLOR", "When set, words have no colours on a terminal."),
]

FILES = [
    ("$XDG_DATA_HOME/vaultctl/vault.db", "The vault; without that variable below ~/.local/share."),
    (
        "$XDG_STATE_HOME/vaultctl/",
        "Anchors, which tell whether an older vault was put in its place; else below ~/.local/state.",
    ),
    (
        "$XDG_RUNTIME_DIR/vaultctl/agent.sock",
        "The agent's socket; without that directory run/agent.sock beside the vault.",
    ),
    (
        "/usr/lib/systemd/user/vaultctl-agent.socket",
        "Starts an agent when somebody asks for one. Not enabled by itself.",
    ),
    ("/usr/lib/systemd/system/vaultctl-rotate.timer", "Rotates what is due. Not enabled by itself."),
    (
        "/usr/share/doc/vaultctl/",
        "What it promises (SECURITY.md), its file format (FORMAT.md), how to use the units of systemd.",
    ),
]

_HEADING = re.compile(r"[A-Z][A-Z ]+")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", required=True)
    parser.add_argument("--date", required=True, help="what pages say when they were made, YYYY-MM-DD")
    parser.add_argument("directory", type=pathlib.Path)
    options = parser.parse_args()
    options.directory.mkdir(parents=True, exist_ok=True)
    root, codes = commands.read(options.program), commands.exit_codes(options.program)
    footer = f'"{options.date}" "vaultctl {commands.version(options.program)}"'
    for command in root.walk():
        text = page(command, root, codes, footer)
        (options.directory / f"{title(command.path)}.1").write_text(text, encoding="ascii")
        for alias in command.aliases:
            (options.directory / f"{title((*command.path[:-1], alias))}.1").symlink_to(f"{title(command.path)}.1")


def page(command: Command, root: Command, codes: list[tuple[int, str]], footer: str) -> str:
    """One page, with its last newline."""
    is_root = command == root
    text, examples = discussion(command.discussion)
    lines = [
        f'.TH {escaped(title(command.path).upper())} 1 {footer} "vaultctl"',
        ".SH NAME",
        f"{escaped(title(command.path))} \\- {escaped(lower_first(command.abstract.rstrip('.')))}",
        ".SH SYNOPSIS",
        *synopsis(command),
        ".SH DESCRIPTION",
        *(text or [prose(command.abstract)]),
    ]
    if command.commands:
        lines.append(".SH COMMANDS")
        for one in command.commands:
            lines += [".TP", reference(one.path), prose(one.abstract)]
    if command.words:
        lines.append(".SH ARGUMENTS")
        for word in command.words:
            lines += [".TP", f"\\fI{escaped(word.value.upper())}\\fR", *described(word)]
    common = {option.names for option in root.options}
    own = [option for option in command.options if is_root or option.names not in common]
    if own or not command.commands:
        lines.append(".SH OPTIONS")
    for option in own:
        lines += [".TP", option_head(option), *described(option)]
    if not is_root and not command.commands:
        shared = [option for option in command.options if option.names in common]
        spelled = ", ".join(f"\\fB{escaped(option.names[0])}\\fR" for option in shared)
        lines += [*([".PP"] if own else []), "The options of every command are described in", ".BR vaultctl (1):", f"{spelled}."]
    if examples:
        lines += [".SH EXAMPLES", *examples]
    if is_root or not command.commands:
        lines.append(".SH EXIT STATUS")
    if is_root:
        for code, meaning in codes:
            lines += [".TP", f"\\fB{code}\\fR", prose(f"{upper_first(meaning)}.")]
        for heading, entries in (("ENVIRONMENT", ENVIRONMENT), ("FILES", FILES)):
            lines.append(f".SH {heading}")
            for name, about in entries:
                font = "B" if heading == "ENVIRONMENT" else "I"
                lines += [".TP", f"\\f{font}{escaped(name)}\\fR", prose(about)]
    elif not command.commands:
        lines += ["0 when it is done. What the others mean is in", ".BR vaultctl (1)", "and told by"]
        lines.append('.BR "vaultctl exit\\-codes" .')
    others = [one.path for one in (root.commands if is_root else command.commands)]
    if not is_root:
        others = [("vaultctl",), *([command.path[:-1]] if len(command.path) > 2 else []), *others]
    lines += [".SH SEE ALSO", *listed([reference(path) for path in sorted(others)])]
    return "\n".join(lines) + "\n"


def title(path: tuple[str, ...]) -> str:
    return "-".join(path)


def reference(path: tuple[str, ...]) -> str:
    return f".BR {escaped(title(path))} (1)"


def listed(references: list[str]) -> list[str]:
    """The same with commas between them."""
    return [f"{one}," if one != references[-1] else one for one in references]


def synopsis(command: Command) -> list[str]:
    name = f"\\fB{escaped(' '.join(command.path))}\\fR"
    if command.commands:
        return [f"{name} \\fICOMMAND\\fR [\\fIOPTIONS\\fR]"]
    words = []
    for word in command.words:
        shown = f"\\fI{escaped(word.value.upper())}\\fR" + ("..." if word.is_repeating else "")
        if word.takes_the_rest and command.name == "exec":
            shown = f"\\-\\- {shown}"
        words.append(shown if not word.is_optional or word.takes_the_rest else f"[{shown}]")
    return [" ".join([name, "[\\fIOPTIONS\\fR]", *words])]


def option_head(option: Argument) -> str:
    value = f" \\fI{escaped(option.value.upper())}\\fR" if option.value else ""
    # Short names first, as manuals have them.
    return ", ".join(f"\\fB{escaped(name)}\\fR{value}" for name in reversed(option.names))


def described(argument: Argument) -> list[str]:
    about = argument.about + (f" Left out, it is {argument.default}." if argument.default else "")
    return [prose(about) if about else "\\&"]


def discussion(text: str) -> tuple[list[str], list[str]]:
    """What a command says of itself, and its examples. Lines that begin with blanks stay as they are."""
    parts: dict[str, list[str]] = {"": []}
    heading = ""
    for paragraph in filter(None, text.split("\n\n")):
        lines = paragraph.split("\n")
        if _HEADING.fullmatch(lines[0]):
            # Of which there may be one.
            heading = "EXAMPLES" if lines[0] in ("EXAMPLE", "EXAMPLES") else lines[0]
            parts.setdefault(heading, [])
            lines = lines[1:]
        is_literal = False
        parts[heading].append(".PP")
        for line in lines:
            if line.startswith("  ") != is_literal:
                is_literal = not is_literal
                parts[heading] += [".RS 4", ".nf"] if is_literal else [".fi", ".RE"]
            parts[heading].append(protected(escaped(line[2:])) if is_literal else prose(line))
        if is_literal:
            parts[heading] += [".fi", ".RE"]
    for extra in parts.keys() - {"", "EXAMPLES"}:
        raise ValueError(f"a section of a command's help that manual pages do not have: {extra}")
    return trimmed(parts[""]), trimmed(parts.get("EXAMPLES", []))


def trimmed(lines: list[str]) -> list[str]:
    """Without the break that a section begins with anyhow."""
    return lines[1:] if lines[:1] == [".PP"] else lines


def prose(text: str) -> str:
    """Filled text: hyphens within words stay hyphens, all others can be copied into a shell."""
    return protected(re.sub(r"(?<=\w)\\-(?=[a-z])", "-", escaped(text)))


def protected(line: str) -> str:
    """Not a request, whatever it begins with."""
    return f"\\&{line}" if line.startswith((".", "'")) else line


def escaped(text: str) -> str:
    """Each character as itself, in ASCII."""
    special = {"\\": "\\e", "-": "\\-", "'": "\\(aq", "`": "\\(ga", "^": "\\(ha", "~": "\\(ti", '"': "\\(dq"}
    return "".join(special.get(one) or (one if one.isascii() else f"\\[u{ord(one):04X}]") for one in text)


def lower_first(text: str) -> str:
    return text[:1].lower() + text[1:]


def upper_first(text: str) -> str:
    return text[:1].upper() + text[1:]


if __name__ == "__main__":
    main()
