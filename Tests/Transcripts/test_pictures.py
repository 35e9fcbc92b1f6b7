"""What a person sees of `list`, `status` and `expiring` in a terminal, narrow and wide, with colours and without."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import picture
from agent import ASKING, running_agent
from conftest import Stage
from home import Home

PICTURES = Path(__file__).parent / "pictures"
WIDTHS = (80, 120)
COLOURS = {"colours": True, "plain": False}
#: In days from now, and by half a day more, so that the words for them do not change while the test runs.
ENDS = {"ci": -3, "payroll": 5, "prod/etl": 20, "prod/team-of-a-very-long-name/warehouse-loader.eu": 200}
#: What an agent is asked, as a line of `sh`.
AGENT = " ".join(f"{name}={value}" for name, value in ASKING.items())


@pytest.fixture(scope="module")
def home(stage: Stage) -> Iterator[Home]:
    home = stage.home()
    now = datetime.datetime.now(datetime.timezone.utc)
    long = list(ENDS)[-1]
    where = ["--tenant", "11111111-1111-4111-8111-111111111111", *home.variables["CLOUD"].split()]
    options = ["--secret-file", home.path / "second-secret", "--no-check", "--resource", "storage"]
    home.run("add", long, "--client-id", "22222222-2222-4222-8222-222222222223", *where, *options)
    for name, days in ENDS.items():
        end = now + datetime.timedelta(days=days, hours=-12 if days < 0 else 12)
        home.run("edit", name, "--secret-expires", end.strftime("%Y-%m-%dT%H:%M:%SZ"), "--tag", "region=europe-west")
    home.run("issue", "payroll", "-q", allowed=["token"])
    with running_agent(home):
        yield home
    home.remove()


def shown(taken: picture.Picture, name: str, accept: bool) -> None:
    """Holds the lines against those that were looked at when they were accepted."""
    text = "\n".join(taken.lines) + "\n"
    file = PICTURES / f"{name}-{taken.width}.txt"
    if accept:
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
    assert text == file.read_text()


def well_made(taken: picture.Picture, colours: bool) -> None:
    assert taken.lines == taken.unwrapped, "a line is longer than the terminal is wide"
    assert all(len(line) <= taken.width for line in taken.lines)
    assert taken.has_colour == colours, taken.coloured


@pytest.mark.parametrize("colours", COLOURS)
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("verb", ["list", "expiring --within 30d --all"])
def test_tables_fit_and_are_aligned(
    home: Home, verb: str, width: int, colours: str, pytestconfig: pytest.Config
) -> None:
    taken = picture.take(home, f"vaultctl {verb}", width, colours=COLOURS[colours])
    well_made(taken, COLOURS[colours])
    title, *rows = taken.lines
    assert len([row for row in rows if not row.startswith("vaultctl: ")]) == len(ENDS)
    # Each column begins below its title, two blanks behind the one before.
    for start in [found.start() for found in re.finditer(r"(?<=  )\S", title)]:
        for row in rows[: len(ENDS)]:
            assert row[start - 2 : start].strip() == "" and row[start : start + 1].strip() != "", (title, row)
    if verb == "list":
        shown(taken, verb, pytestconfig.option.accept)
    else:
        # Who was given tokens is named as the machine names them.
        assert re.split(r"\s{2,}", title)[:3] == ["PROFILE", "STATE", "EXPIRES"] and "GIVEN TO" in title
        assert [row.split("  ")[0].strip() for row in rows[:3]] == list(ENDS)[:3]


@pytest.mark.parametrize("colours", COLOURS)
@pytest.mark.parametrize("width", WIDTHS)
def test_the_status_is_labelled_lines(home: Home, width: int, colours: str) -> None:
    taken = picture.take(home, f"{AGENT} vaultctl status", width, colours=COLOURS[colours])
    assert taken.has_colour == COLOURS[colours]
    # A path may be longer than the terminal is wide; it is to be copied, so that it is neither cut nor broken.
    assert all(len(line) <= width for line in taken.unwrapped if not line.startswith("vault "))
    labels = [re.split(r"\s{2,}", line, maxsplit=1) for line in taken.unwrapped]
    assert all(len(parts) == 2 for parts in labels), taken.unwrapped
    starts = {line.index(value) for line, (label, value) in zip(taken.unwrapped, labels, strict=True)}
    assert len(starts) == 1, "values do not begin below each other"
    assert dict(map(tuple, labels))["state"] == "unlocked"
