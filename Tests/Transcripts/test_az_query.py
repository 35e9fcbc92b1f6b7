"""`--query` and the formats of the az stand-in, against the libraries that az itself uses for them.

Many expressions, made up by a generator with a fixed seed, over small documents: the answer is the library's, or the
expression is refused because of a part that is not understood here, which must be in it.
"""

from __future__ import annotations

import json
import random
import warnings
from collections import OrderedDict
from collections.abc import Iterator
from typing import Any

import jmespath
import pytest
from knack import output
from knack.util import CommandResultItem

from az import Az
from conftest import Stage

DOCUMENTS: list[Any] = [
    {"a": {"b": [1, 2, {"c": "x y", "id": "7"}], "id": "i"}, "c": None, "id": True, "b": "", "name": "Ä\u0301"},
    [{"a": 1, "b": "two", "c": [[1], [2, [3]], []]}, {"a": 0, "b": None, "c": {}}, {"b": "two", "a": [True, False]}, 5, "s"],
    {"a": [], "b": [None, "null", "2026-01-02", "- x", "it's", "12", "a: b", "#", "yes", "1e3", " p "], "c": {"a": {"b": "B"}}},
    [[0, 1, 2, 3, 4], [[], [5]], {"c": {"id": 1, "type": "t", "n": -12}}, "x" * 30 + " " + "y" * 70 + " z w" + " q" * 20],
]
FIELDS = ["a", "b", "c", "id", "name", '"a"', '"a b"', '"\\u0061"']
LITERALS = ["'two'", "'it\\'s'", "`1`", "`true`", "`0`", "`null`", '`"x y"`', "`[1, [2], {}]`", '`{"b":1,"a":[]}`', "`foo`", "''"]
#: Understood by the library and not here.
UNSUPPORTED = ["length(@)", "a < b", "b >= `1`", "sort_by(@, &a)", "`1.5`", "keys(@)", "[::0]"]
CASES = 700


def expressions() -> Iterator[str]:
    """Expressions of all kinds; some of them broken."""
    dice = random.Random(4711)

    def part(depth: int) -> str:
        kinds = ["field"] * 4 + ["index", "slice", "star", "flatten", "values", "list", "hash", "current", "literal"]
        if depth > 0:
            kinds += ["chain"] * 6 + ["filter", "filter", "pipe", "or", "and", "not", "equal", "group"]
        inner = lambda: part(depth - 1)  # noqa: E731
        match dice.choice(kinds):
            case "field": return dice.choice(FIELDS)
            case "index": return f"[{dice.randint(-3, 4)}]"
            case "slice": return f"[{dice.choice(['', '1', '-2'])}:{dice.choice(['', '3', '-1'])}{dice.choice(['', ':', ':2', ':-1'])}]"
            case "star": return "[*]"
            case "flatten": return "[]"
            case "values": return "*"
            case "current": return "@"
            case "literal": return dice.choice(LITERALS)
            case "list": return "[" + ",".join(inner() for _ in range(dice.randint(1, 3))) + "]" if depth > 0 else "[a,b]"
            case "hash":
                keys = dice.sample(["k", "id", "z", "a", '"K k"'], dice.randint(1, 3))
                return "{" + ", ".join(f"{key}:{inner() if depth > 0 else 'a'}" for key in keys) + "}"
            case "chain":
                left, right = inner(), inner()
                return left + ("" if right.startswith("[") else ".") + right
            case "filter": return f"[?{inner()}]"
            case "pipe": return f"{inner()} | {inner()}"
            case "or": return f"{inner()} || {inner()}"
            case "and": return f"{inner()}&&{inner()}"
            case "not": return f"!{inner()}"
            case "equal": return f"{inner()} {dice.choice(['==', '!='])} {inner()}"
            case _: return f"({inner()})"

    for _ in range(CASES):
        text = part(dice.randint(0, 3))
        match dice.randint(0, 11):
            case 0:
                place = dice.randint(0, len(text))
                text = text[:place] + dice.choice(list("[]{}()|&!=<.:,*@'`\"- 0x")) + text[place:]
            case 1:
                place = dice.randrange(len(text))
                text = text[:place] + text[place + 1 :]
            case 2:
                text = f"{text}{dice.choice([' | ', ' || '])}{dice.choice(UNSUPPORTED)}"
        yield text
    yield from ["[0][0:2].a", "a[1:][0]", "{a:a b:b}", "*.*[]", "a.*.b", "[*].*", "foo(bar)", "a.b(", "&a", '"a"(b)', "-", "[-]",
                "=", "a = b", "'a", "`", "`{`", '`"\\ud800"`', "[99999999999]", "[?a].[b]", "@[0]", "!`0`", "[true]==[`1`]",
                "`[true]`==`[1]`", "`true`==`1`", "{a:a,b:b}=={b:b,a:a}", "\n a\t", "a\u00a0"]  # fmt: skip


def compiled(text: str) -> Any:
    """The library's parse of the expression; ``None`` where it has none."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PendingDeprecationWarning)
        try:
            return jmespath.compile(text)
        except (ValueError, KeyError):
            return None


def is_supported(node: Any) -> bool:
    match node:
        case {"type": "function_expression" | "expref"}:
            return False
        case {"type": "comparator", "value": value} if value not in ("eq", "ne"):
            return False
        case {"type": "slice", "children": [_, _, 0]}:
            return False
        case {"type": "index", "value": int(value)} if abs(value) > 2**31:
            return False
        case {"type": "literal", "value": value}:
            text = json.dumps(value)
            return not _has_float(value) and "\\ud8" not in text
        case {"children": children}:
            return all(is_supported(child) for child in children if isinstance(child, dict))
    return True


def _has_float(value: Any) -> bool:
    match value:
        case float():
            return True
        case list():
            return any(map(_has_float, value))
        case dict():
            return any(map(_has_float, value.values()))
    return False


def quoted(document: Any) -> str:
    """A document as a literal of an expression. No control characters: az would write them in its own way, see below."""
    return "`" + json.dumps(document, ensure_ascii=False).replace("`", "\\`") + "`"


@pytest.fixture(scope="module")
def az(stage: Stage) -> Az:
    return Az.make(stage.empty_home())


def cases() -> Iterator[tuple[str, Any]]:
    """Whole expressions, with what the library parses them into."""
    for number, text in enumerate(expressions()):
        whole = f"{quoted(DOCUMENTS[number % len(DOCUMENTS)])} | {text}"
        yield whole, compiled(whole)


def test_the_generator_makes_all_kinds() -> None:
    parsed = [expression for _, expression in cases()]
    assert sum(expression is None for expression in parsed) > 50
    assert sum(expression is not None and not is_supported(expression.parsed) for expression in parsed) > 30
    answers = [expression.search(None) for expression in parsed if expression and is_supported(expression.parsed)]
    assert sum(answer is not None for answer in answers) > 250


def test_queries_are_answered_as_the_library_does_or_refused(az: Az) -> None:
    for text, expression in cases():
        ended = az.run("version", "-o", "json", "--query", text)
        if expression is None:
            assert ended.status == 2, ended.shown()
            assert ended.stderr == f"ERROR: argument --query: invalid jmespath_type value: {text!r}\n"
        elif not is_supported(expression.parsed):
            assert (ended.status, ended.stdout) == (2, ""), ended.shown()
            assert "is not among what vaultctl understands" in ended.stderr
        else:
            assert (ended.status, ended.stderr) == (0, ""), ended.shown()
            found = expression.search(None, jmespath.Options(OrderedDict))
            expected = "" if found is None else json.dumps(found, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
            assert ended.stdout == expected, ended.shown()


@pytest.mark.parametrize("form", ["json", "yaml", "tsv", "table"])
def test_formats_are_the_librarys(az: Az, form: str) -> None:
    """knack is what az is built on; its table comes from tabulate, its yaml from PyYAML."""
    formatter = getattr(output, f"format_{form}")
    answered = 0
    for text, expression in cases():
        if expression is None or not is_supported(expression.parsed):
            continue
        found = expression.search(None, jmespath.Options(OrderedDict))
        if found is None:
            continue
        expected = formatter(CommandResultItem(found, is_query_active=True))
        ended = az.run("version", "-o", form, "--query", text)
        if ended.status == 2:
            assert ended.stdout == "" and _is_refused_for_good(form, found, expected), ended.shown()
            continue
        assert (ended.status, ended.stderr) == (0, ""), ended.shown()
        assert ended.stdout == expected, ended.shown()
        answered += 1
    assert answered > 200


def _is_refused_for_good(form: str, found: Any, expected: str) -> bool:
    """Python's own notation in a table; in yaml one thing twice, which the library refers to, or might."""
    rows = found if isinstance(found, list) else [found]
    if form == "table":
        return any(isinstance(cell, (list, dict)) for row in rows if isinstance(row, list) for cell in row)
    return form == "yaml" and ("&id" in expected or len(_collections(found)) > len(set(_collections(found))))


def _collections(value: Any) -> list[str]:
    inner = value if isinstance(value, list) else list(value.values()) if isinstance(value, dict) else []
    return [json.dumps(part, sort_keys=True) for part in inner if isinstance(part, (list, dict))] + [
        found for part in inner for found in _collections(part)
    ]


@pytest.mark.parametrize("length", [4096, 4097, 100_000])
def test_a_query_cannot_be_too_deep_for_the_stack(az: Az, length: int) -> None:
    for piece in ("!", "(", "[", "a||", "a.", "[0]", "`[[", "a|"):
        ended = az.run("version", "--query", (piece * length)[: length - 1] + "a")
        assert ended.status in (0, 2), ended.shown()
        assert ended.stdout == ""
