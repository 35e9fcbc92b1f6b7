"""The runner itself: a session that differs from its transcript by anything is found."""

from __future__ import annotations

from pathlib import Path

import pytest

import terminal
from conftest import Stage
from home import Leak
from terminal import Typed
from transcript import Act, Malformed, Result, Step, accepted, difference, parse

TRANSCRIPT = """\
# What it is about.
$ list \\
    --all
one [GUID]
\\
\\$ literal
! vaultctl: note [...]
? 3

% ask
passphrase:
< secret
sure?
<< y
@ give root file
"""
GUID = "11111111-1111-4111-8111-111111111111"


def _parse(tmp_path: Path, text: str) -> list[Step | Act]:
    path = tmp_path / "session.txt"
    path.write_text(text)
    return list(parse(path))


def test_parsing(tmp_path: Path) -> None:
    first, second, act = _parse(tmp_path, TRANSCRIPT)
    assert isinstance(first, Step) and isinstance(second, Step)
    assert first.command == "list --all"
    assert first.stdout == ["one [GUID]", "", "$ literal"]
    assert (first.stderr, first.status, first.on_terminal) == (["vaultctl: note [...]"], 3, False)
    assert second.on_terminal
    assert second.typed == [Typed(1, "secret"), Typed(2, "y", is_echoed=True)]
    assert second.stdout == ["passphrase:", "sure? y"]
    assert isinstance(act, Act) and act.verb == "give"


def test_output_without_a_command_is_malformed(tmp_path: Path) -> None:
    with pytest.raises(Malformed):
        _parse(tmp_path, "hello\n")


def test_what_agrees_and_what_does_not(tmp_path: Path) -> None:
    step = _parse(tmp_path, TRANSCRIPT)[0]
    assert isinstance(step, Step)
    good = ([f"one {GUID}", "", "$ literal"], ["vaultctl: note 17"], 3)
    assert difference(step, *good, {}) is None
    for bad in (
        (good[0], good[1], 0),
        (good[0], [], 3),
        (good[0], [*good[1], "error: more"], 3),
        ([f"one {GUID} ", "", "$ literal", "more"], good[1], 3),
        ([f"one {GUID}x", "", "$ literal"], good[1], 3),
        ([f"two {GUID}", "", "$ literal"], good[1], 3),
        ([f"one {GUID}", "$ literal", ""], good[1], 3),
    ):
        assert difference(step, *bad, {}) is not None, bad


def test_a_diff_shows_only_what_differs(tmp_path: Path) -> None:
    step = _parse(tmp_path, TRANSCRIPT)[0]
    assert isinstance(step, Step)
    shown = difference(step, [f"one {GUID}", "", "$ literal"], ["vaultctl: other"], 3, {})
    assert shown
    assert "+! vaultctl: other" in shown and "-! vaultctl: note [...]" in shown
    assert GUID not in shown


def test_what_happened_can_be_accepted(tmp_path: Path) -> None:
    """Lines that fit keep their placeholders, comments stay, and typing stays where it was."""
    steps = _parse(tmp_path, TRANSCRIPT)
    results = {
        2: Result([f"one {GUID}", f"two {GUID}"], ["vaultctl: note 17", "vaultctl: more"], 0),
        10: Result(["passphrase:", "sure? y", "done"], [], 1),
    }
    assert (
        accepted(TRANSCRIPT, steps, results, {})
        == """\
# What it is about.
$ list \\
    --all
one [GUID]
two [GUID]
! vaultctl: note [...]
! vaultctl: more

% ask
passphrase:
< secret
sure?
<< y
done
? 1
@ give root file
"""
    )


def test_a_glob_does_not_ask_for_a_token(stage: Stage) -> None:
    step = Step(1, "vaultctl issue ci", False, ["[...]"])
    with pytest.raises(Leak):
        stage.home().shell(step.command, step.allowed_kinds())


def test_a_terminal_left_in_another_state_is_found(stage: Stage) -> None:
    assert terminal.run(stage.home(), "true").is_restored
    assert not terminal.run(stage.home(), "stty -echo").is_restored


def test_typing_that_is_seen_is_found(stage: Stage) -> None:
    """`read` echoes; `vaultctl` must not where it asks for a secret."""
    screen = terminal.run(stage.home(), "printf 'name: '; read name", [Typed(1, "a name")])
    assert screen.lines == ["name: a name"]


def test_a_prompt_that_never_comes_is_found(stage: Stage) -> None:
    with pytest.raises(terminal.Stuck):
        terminal.run(stage.home(), "echo hello", [Typed(1, "a name")])
