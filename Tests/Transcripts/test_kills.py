"""Killed before any call that changes a file, or halfway through a write: the vault is whole, no token unrecorded."""

from __future__ import annotations

import pytest

from conftest import Stage
from striking import INIT, VERBS, Struck, Verb, check_new_vault, check_vault, every

CHANGES = ("open", "write", "fsync", "ftruncate", "rename", "link", "unlink", "mkdir")
KILLED = 128 + 9


@pytest.mark.parametrize("how, calls", [("before", CHANGES), ("half", ("write",))], ids=["before", "half"])
@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.name)
def test_killed_at_any_call(
    stage: Stage, verb: Verb, how: str, calls: tuple[str, ...], pytestconfig: pytest.Config
) -> None:
    stage.emulator.clear()

    def judge(struck: Struck) -> None:
        # A run that was not killed has shown nothing.
        assert struck.was_struck == (struck.ended.status == KILLED), struck.shown()
        if verb is INIT:
            check_new_vault(struck)
        else:
            check_vault(struck)
        for check in verb.extra:
            check(struck)

    results = every(stage, verb, how, judge, calls=calls, lasting=False, is_long=pytestconfig.option.long)
    assert sum(struck.was_struck for struck in results) >= min(4, len(results)), "hardly anything was killed"
