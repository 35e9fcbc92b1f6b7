"""Reads sessions written down as text, and compares them with what happens. README.md has the format."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from terminal import Typed

#: What a placeholder stands for. `[...]` never stands for a secret: see :func:`allowed_kinds`.
PATTERNS = {
    "GUID": r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}",
    "TIME": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{3})?Z",
    "HEX": r"[0-9a-f]+",
    "N": r"\d+",
    "TOKEN": r"eyJ[\w-]+\.[\w-]+\.[\w-]+",
    "CODE": r"[0-9A-HJKMNP-TV-Z]{4}(?:-[0-9A-HJKMNP-TV-Z]{4}){8}",
    "...": r".*",
}
_PLACEHOLDER = re.compile(r"\[([A-Z][A-Z0-9_]*|\.\.\.)\]")

#: The placeholder that asks for a kind of secret.
_KINDS = {"[TOKEN]": "token", "[CODE]": "code", "[SECRET]": "secret"}


@dataclass(frozen=True)
class Step:
    """One command and what is expected of it."""

    line: int
    command: str
    on_terminal: bool
    stdout: list[str] = field(default_factory=list)
    stderr: list[str] = field(default_factory=list)
    typed: list[Typed] = field(default_factory=list)
    status: int = 0

    def expected(self) -> list[str]:
        return _rendered(self.stdout, self.stderr, self.status)

    def allowed_kinds(self) -> list[str]:
        """The kinds of secret that the expected output names."""
        lines = self.stdout + self.stderr
        return [kind for placeholder, kind in _KINDS.items() if any(placeholder in line for line in lines)]


@dataclass(frozen=True)
class Act:
    """Something the runner does between commands, because the session's user cannot: `@ verb argument…`."""

    line: int
    verb: str
    arguments: list[str]


class Malformed(ValueError):
    """A transcript that does not follow the format."""


def parse(path: Path) -> list[Step | Act]:
    """The steps of a transcript."""
    steps: list[Step | Act] = []
    step: Step | None = None
    lines = enumerate(path.read_text().splitlines(), 1)
    for number, line in lines:
        mark, _, rest = line.partition(" ")
        if line.startswith("#") or not line:
            step = None
        elif mark in ("$", "%"):
            while rest.endswith("\\"):
                rest = rest[:-1] + next(lines)[1].lstrip()
            step = Step(number, rest, on_terminal=mark == "%")
            steps.append(step)
        elif mark == "@":
            verb, *arguments = rest.split()
            steps.append(Act(number, verb, arguments))
            step = None
        elif step is None:
            raise Malformed(f"{path.name}:{number}: output of no command")
        elif mark in ("<", "<<"):
            step.typed.append(Typed(len(step.stdout), rest, is_echoed=mark == "<<"))
            if mark == "<<":
                step.stdout[-1] = f"{step.stdout[-1].rstrip()} {rest}"
        elif mark == "!":
            step.stderr.append(rest)
        elif mark == "?":
            steps[-1] = step = Step(
                step.line, step.command, step.on_terminal, step.stdout, step.stderr, step.typed, int(rest)
            )
        else:
            step.stdout.append(line.removeprefix("\\"))
    return steps


def _rendered(stdout: Sequence[str], stderr: Sequence[str], status: int) -> list[str]:
    return [*stdout, *(f"! {line}" for line in stderr), *([f"? {status}"] if status else [])]


def pattern(expected: str, values: Mapping[str, str]) -> re.Pattern[str]:
    """What a line may be: :data:`PATTERNS` and the names in ``values`` are placeholders, the rest is literal."""
    parts: list[str] = []
    end = 0
    for found in _PLACEHOLDER.finditer(expected):
        name = found[1]
        known = PATTERNS.get(name) or (re.escape(values[name]) if name in values else None)
        if known is None:
            continue
        parts += [re.escape(expected[end : found.start()]), known]
        end = found.end()
    return re.compile("".join(parts) + re.escape(expected[end:].rstrip()) + r"\s*")


def difference(
    step: Step, stdout: Sequence[str], stderr: Sequence[str], status: int, values: Mapping[str, str]
) -> str | None:
    """A unified diff from what was expected to what happened; ``None`` when they agree."""
    expected, actual = step.expected(), _rendered(stdout, stderr, status)
    patterns = [pattern(line, values) for line in expected]
    if len(patterns) == len(actual) and all(p.fullmatch(line) for p, line in zip(patterns, actual, strict=True)):
        return None
    # A line that fits its pattern is shown as the pattern, so that the diff has the true differences alone.
    shown, position = [], 0
    for line in actual:
        fits = next((i for i in range(position, len(patterns)) if patterns[i].fullmatch(line)), None)
        shown.append(line if fits is None else expected[fits])
        position = position if fits is None else fits + 1
    return "\n".join(difflib.unified_diff(expected, shown, "expected", "happened", lineterm="", n=20))


@dataclass(frozen=True)
class Result:
    """What a step came to."""

    stdout: Sequence[str]
    stderr: Sequence[str]
    status: int


def accepted(text: str, steps: Sequence[Step | Act], results: Mapping[int, Result], values: Mapping[str, str]) -> str:
    """The transcript with what happened in place of what was expected.

    Lines that fit keep their placeholders; in others, what varies is made a placeholder, as far as it is recognised.
    """
    by_line = {step.line: step for step in steps if isinstance(step, Step)}
    written: list[str] = []
    lines = iter(enumerate(text.splitlines(), 1))
    for number, line in lines:
        if (step := by_line.get(number)) is None:
            if line.startswith(("#", "@")) or not line:
                written.append(line)
            continue
        written.append(line)
        while written[-1].endswith("\\"):
            written.append(next(lines)[1])
        written += _answer(step, results[number], values)
    return "\n".join(written) + "\n"


def _answer(step: Step, result: Result, values: Mapping[str, str]) -> list[str]:
    expected = [pattern(line, values) for line in step.stdout + step.stderr]

    def shown(line: str) -> str:
        fitting = next((i for i, one in enumerate(expected) if one.fullmatch(line)), None)
        return _generalised(line, values) if fitting is None else (step.stdout + step.stderr)[fitting]

    output = [shown(line) for line in result.stdout]
    answer: list[str] = []
    for index, line in enumerate(output, 1):
        typed = [one for one in step.typed if one.after == index]
        echoed = "".join(one.text for one in typed if one.is_echoed)
        answer.append((line.removesuffix(echoed).rstrip() if echoed else line) or "\\")
        answer += [f"{'<<' if one.is_echoed else '<'} {one.text}" for one in typed]
    answer += [f"! {shown(line)}" for line in result.stderr]
    return answer + ([f"? {result.status}"] if result.status else [])


def _generalised(line: str, values: Mapping[str, str]) -> str:
    for name, value in sorted(values.items(), key=lambda item: -len(item[1])):
        # Words of a few letters stand in other words, too.
        if len(value) > 5 and not value.isalpha():
            line = line.replace(value, f"[{name}]")
    for name in ("TOKEN", "CODE", "TIME", "GUID"):
        line = re.sub(rf"\b{PATTERNS[name]}", f"[{name}]", line)
    line = re.sub(r"\b(?:[0-9a-f]{32}|[0-9a-f]{64})\b", "[HEX]", line)
    return line.rstrip()
