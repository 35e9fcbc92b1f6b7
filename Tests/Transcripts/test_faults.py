"""A full disk, a failing disk, no descriptors, no memory: at any call nothing is lost or given out."""

from __future__ import annotations

import errno

import pytest

from conftest import Stage
from striking import INIT, VERBS, Struck, Verb, canary_free, check_new_vault, check_vault, every

#: What may go wrong with which calls. `unlink` and `fsync` are where SQLite commits and where it rolls back.
FAULTS = {
    "ENOSPC": (errno.ENOSPC, ("open", "write", "fsync", "ftruncate", "rename", "link", "mkdir")),
    "EIO": (errno.EIO, ("open", "write", "fsync", "ftruncate", "rename", "link", "unlink")),
    "EIO-reading": (errno.EIO, ("read",)),
    "EMFILE": (errno.EMFILE, ("open",)),
    "ENOMEM": (errno.ENOMEM, ("open", "mmap", "mkdir", "link", "rename")),
    "EROFS": (errno.EROFS, ("open", "write", "ftruncate", "rename", "link", "unlink", "mkdir")),
}
#: Those that strike once, too, without --long.
ALSO_ONCE = ("ENOSPC", "EIO")


@pytest.mark.parametrize("lasting", [False, True], ids=["once", "lasting"])
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.name)
def test_any_call_may_fail(stage: Stage, verb: Verb, fault: str, lasting: bool, pytestconfig: pytest.Config) -> None:
    stage.emulator.clear()
    number, calls = FAULTS[fault]
    is_long = pytestconfig.option.long
    if not is_long and not lasting and fault not in ALSO_ONCE:
        pytest.skip("only with --long")

    def judge(struck: Struck) -> None:
        status = struck.ended.status
        assert status == 0 or status in verb.failures, struck.shown()
        if status:
            assert len(struck.ended.errors) == 1, struck.shown()
            canary_free(struck)
        if verb is INIT:
            check_new_vault(struck)
        else:
            check_vault(struck)
        for check in verb.extra:
            check(struck)

    results = every(stage, verb, number, judge, calls=calls, lasting=lasting, is_long=is_long)
    assert any(struck.was_struck for struck in results), "nothing was struck, so that nothing was shown"
    if lasting:
        assert any(struck.ended.status for struck in results), "no strike had an effect"
