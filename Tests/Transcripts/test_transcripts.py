"""Every session in `sessions/`, through the real programs."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

import canaries
import contoso
import terminal
from conftest import Stage
from home import Home
from transcript import Act, Result, Step, accepted, difference, parse

SESSIONS = sorted((Path(__file__).parent / "sessions").glob("*.txt"))


@pytest.mark.parametrize("path", SESSIONS, ids=lambda path: path.stem)
def test_session(path: Path, stage: Stage, pytestconfig: pytest.Config) -> None:
    home = stage.home()
    stage.emulator.clear()
    steps, results, values = parse(path), {}, _values(home)
    for step in steps:
        if isinstance(step, Act):
            _act(step, home)
            continue
        results[step.line] = result = _play(step, home)
        problem = difference(step, result.stdout, result.stderr, result.status, values)
        if not pytestconfig.option.accept:
            assert problem is None, f"{path.name}:{step.line}: {step.command}\n{problem}"
    if pytestconfig.option.accept:
        path.write_text(accepted(path.read_text(), steps, results, values))


def _values(home: Home) -> dict[str, str]:
    """What the names in placeholders stand for."""
    return {
        **home.variables,
        "HOME": str(home.path),
        "VAULT": str(home.vault),
        "USER": home.user.name,
        "HOST": os.uname().nodename,
        "SECRET": contoso.SECRETS["secret"],
    }


def _play(step: Step, home: Home) -> Result:
    if step.on_terminal:
        screen = terminal.run(home, step.command, step.typed, step.allowed_kinds())
        assert screen.is_restored, f"line {step.line}: the terminal was left in another state"
        return Result(screen.lines, [], screen.status)
    ended = home.shell(step.command, step.allowed_kinds())
    return Result(ended.stdout.splitlines(), ended.stderr.splitlines(), ended.status)


def _act(act: Act, home: Home) -> None:
    match act.verb, act.arguments:
        case "empty", []:
            shutil.rmtree(home.path / ".local")
        case "needs", ["root"]:
            if os.geteuid() != 0:
                pytest.skip("only root can give a file to another user")
        case "give", [user, name]:
            shutil.chown(home.path / name, user)
        case "make-recovery-code", [name]:
            ended = home.run("slot", "add", "--recovery-code", allowed=["code"])
            code = ended.stderr.splitlines()[1]
            home.write(name, code)
            canaries.SECRETS.setdefault("code", set()).add(code)
        case _:
            raise AssertionError(f"line {act.line}: the runner cannot {act.verb}")


def test_helpers_are_executable(stage: Stage) -> None:
    """A lost mode bit would make every transcript fail for a reason that none of them shows."""
    subprocess.run([stage.programs / "sql", ":memory:", "select 1"], check=True, stdout=subprocess.DEVNULL)
