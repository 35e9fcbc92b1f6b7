"""`rekey --rotate-secrets`: a vault that leaked gets new keys, and everything that was in it is replaced at its provider."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest

from conftest import Stage
from rotating import CERTIFICATE, SECRET, WORKSPACE, Lab, first_key_id, laboratory

LEAKED = ("rekey", "--rotate-secrets", "--yes", "--no-recovery", "-o", "json")


@pytest.fixture(scope="module")
def lab(stage: Stage) -> Iterator[Lab]:
    with laboratory(stage, 12) as found:
        yield found


def test_everything_that_was_in_it_is_replaced(lab: Lab) -> None:
    lab.emulator.clear()
    home = lab.home()
    added = [lab.add(home, name, kind) for name, kind in (("s", SECRET), ("c", CERTIFICATE), ("w", WORKSPACE))]
    profiles = [replace(profile, retired=first_key_id(profile.client)) for profile in added]
    for profile in profiles:
        # From now on it is one that the vault had made.
        profile.rotate("--grace", "0s", "--retire", first_key_id(profile.client))
        profile.issue()
    before = {profile.name: profile.key_id for profile in profiles}
    ended = home.run(*LEAKED)
    told = json.loads(ended.stdout)
    assert [(row["profile"], row["result"]) for row in told] == [("c", "done"), ("s", "done"), ("w", "done")]
    # Those with which the providers were asked are newer than what leaked.
    [entry] = json.loads(home.run("audit", "list", "--action", "rekey", "-o", "json").stdout)
    tokens = json.loads(home.run("tokens", "-o", "json").stdout)
    assert all(token["issuedAt"] >= entry["time"][:19] for token in tokens), "a token of the leaked cache is kept"
    for profile in profiles:
        assert profile.key_id != before[profile.name]
        assert before[profile.name] not in profile.our_ids, "what leaked lives on"
        profile.check_settled()
    assert json.loads(home.run("rotation", "list", "-o", "json").stdout) == []


def test_what_was_made_by_hand_is_told_of_and_one_failure_keeps_no_other(lab: Lab) -> None:
    lab.emulator.clear()
    home = lab.home()
    good = lab.add(home, "good", SECRET)
    lab.add(home, "stranger", SECRET, lab.odd("no-permission"))
    ended = home.run(*LEAKED, status=76)
    told = {row["profile"]: row["result"] for row in json.loads(ended.stdout)}
    assert told == {"good": "done", "stranger": "refused"}
    assert "good: the old credential stays at the provider, because this vault did not make it" in ended.stderr
    good.issue()
    entries = json.loads(home.run("audit", "list", "--action", "rekey", "-o", "json").stdout)
    assert [entry["outcome"] for entry in entries] == ["ok"], "the keys are new all the same"
    home.run("audit", "verify")


def test_grace_and_manager_are_for_it_alone(lab: Lab) -> None:
    home = lab.home()
    for option in (("--grace", "1h"), ("--using", "p")):
        ended = home.run("rekey", "--yes", *option, status=64)
        assert ended.errors == ["error: --grace and --using go with --rotate-secrets"]
