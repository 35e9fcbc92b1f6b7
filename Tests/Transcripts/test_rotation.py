"""Credentials of every kind are replaced at an emulator of their provider, and in the vault.

How refusals look is in `test_rotation_refusals.py`; kills are in `test_rotation_kills.py`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

import canaries
from agent import running_agent
from conftest import Stage
from home import Ended, Home
from rotating import DATABRICKS, KINDS, MARKER, SECRET, WORKSPACE, Lab, Profile, first_key_id, laboratory

#: What the record tells of a rotation that nothing went wrong with.
WHOLE = [
    ("rotate", "started"),
    ("credential-add", "started"),
    ("credential-add", "ok"),
    ("check", "ok"),
    ("rotate", "ok"),
]
#: And of its end, where the old credential is removed.
RETIRED = [("rotate", "ok"), ("credential-remove", "started"), ("credential-remove", "ok")]
STAYS = "the old credential stays at the provider, because this vault did not make it"


@pytest.fixture(scope="module")
def lab(stage: Stage) -> Iterator[Lab]:
    with laboratory(stage) as found:
        yield found


@pytest.fixture
def vault(lab: Lab) -> Home:
    """A vault of which no profile is at this provider yet."""
    lab.emulator.clear()
    return lab.home()


def rotation(ended: Ended) -> dict[str, object]:
    found: dict[str, object] = json.loads(ended.stdout)
    return found


# One profile


@pytest.mark.parametrize("kind", KINDS)
def test_a_credential_is_replaced_and_the_next_rotation_removes_it(lab: Lab, vault: Home, kind: str) -> None:
    profile = lab.add(vault, "p", kind)
    ended = profile.rotate("-o", "json")
    assert f"p: {STAYS}" in ended.stderr
    told = rotation(ended)
    [first] = profile.ours
    assert (told["state"], str(told["newKeyId"]).lower()) == ("promoted", profile.known_as(first).lower())
    assert profile.steps == WHOLE
    if kind not in DATABRICKS:
        assert first["displayName"] == f"{MARKER}{told['id']}"
    profile.check_settled()

    # What this vault had made goes with the next one: at once, with no grace.
    ended = profile.rotate("--grace", "0s", "-o", "json")
    assert "stays at the provider" not in ended.stderr
    [second] = profile.ours
    assert second["keyId"] != first["keyId"]
    assert rotation(ended) == {"profile": "p", "state": "finished"}
    assert profile.steps == [*WHOLE, ("rotate", "ok"), *WHOLE, *RETIRED]
    assert profile.rotations == []
    profile.check_settled()


@pytest.mark.parametrize("kind", KINDS)
def test_the_provider_is_asked_with_the_token_of_another(lab: Lab, vault: Home, kind: str) -> None:
    profile = lab.add(vault, "p", kind)
    administrator = lab.add_administrator(vault, kind)
    profile.rotate("--using", administrator, "--retire", first_key_id(profile.client), "--grace", "0s")
    assert [one["keyId"] for one in profile.records if one.get("removed")] == [first_key_id(profile.client)]
    assert profile.rotations == []
    assert profile.steps == [*WHOLE, *RETIRED]
    entries = json.loads(vault.run("audit", "list", "--profile", administrator, "-o", "json").stdout)
    assert ("issue", "ok") in [(one["action"], one["outcome"]) for one in entries], "its token was taken unrecorded"
    profile.issue()
    assert profile.orphans == []


@pytest.mark.parametrize("through", ["file", "agent"])
@pytest.mark.parametrize("kind", [SECRET, WORKSPACE])
def test_it_waits_for_the_grace(lab: Lab, vault: Home, kind: str, through: str) -> None:
    profile = lab.add(vault, "p", kind)
    options = ["--retire", first_key_id(profile.client), "--grace", "2s", "--wait"]
    if through == "agent":
        with running_agent(vault) as agent:
            agent.run("rotate", "p", *options)
            agent.run("issue", "p", "--force-refresh", allowed=["token"])
    else:
        profile.rotate(*options)
    [removed] = [one for one in profile.records if one.get("removed")]
    assert removed["keyId"] == first_key_id(profile.client)
    assert profile.steps == [*WHOLE, *RETIRED]
    profile.issue()


@pytest.mark.parametrize("kind", KINDS)
def test_a_plan_changes_nothing(lab: Lab, vault: Home, kind: str) -> None:
    profile = lab.add(vault, "p", kind)
    before = profile.records
    rows = json.loads(profile.rotate("--dry-run", "-o", "json").stdout)
    assert profile.records == before
    assert profile.steps == [] and profile.rotations == []
    standings = {row["keyId"].lower(): row["standing"] for row in rows}
    assert set(standings) == {profile.known_as(one).lower() for one in before}
    if kind == "certificate":
        assert list(standings.values()) == ["current"]
    else:
        # Which of them a secret belongs to is not known before this vault had one made.
        assert set(standings.values()) == {"foreign"}

    profile.rotate()
    rows = json.loads(profile.rotate("--dry-run", "-o", "json").stdout)
    assert {row["keyId"].lower() for row in rows if row["standing"] == "current"} == profile.our_ids
    table = profile.rotate("--dry-run", "-o", "table").stdout
    assert table.split("\n")[0].split() == ["PROFILE", "KEY", "ID", "STANDING", "NAME", "EXPIRES", "THEN"]
    tsv = profile.rotate("--dry-run").stdout.splitlines()
    assert len(tsv) == len(rows) and all(line.count("\t") == 5 for line in tsv)


def test_an_earlier_grace_ends_first_so_that_two_are_live_at_most(lab: Lab, vault: Home) -> None:
    profile = lab.add(vault, "p", SECRET)
    for number in range(4):
        profile.rotate("--grace", "7d")
        assert len(profile.ours) == min(number + 1, 2)
        [open_rotation] = profile.rotations
        assert open_rotation["state"] == "promoted"
        profile.check_settled()


def test_the_manager_may_go_before_the_rotation_is_over(lab: Lab, vault: Home) -> None:
    profile = lab.add(vault, "p", SECRET, lab.odd("no-permission"))
    administrator = lab.add_administrator(vault, SECRET)
    profile.rotate("--using", administrator)
    profile.rotate("--using", administrator)
    vault.run("remove", administrator, "--yes")
    # It has to ask by itself, and may not.
    refused = vault.run("rotation", "finish", "p", "--yes", status=76)
    assert "name a profile that owns it: --using NAME" in refused.stderr
    [left] = profile.rotations
    assert left["state"] == "promoted"
    profile.issue()
    lab.add_administrator(vault, SECRET)
    vault.run("rotation", "finish", "p", "--yes", "--using", administrator)
    assert profile.rotations == []
    assert [one["keyId"] for one in profile.ours] == [profile.key_id]


# Several


def test_several_are_rotated_side_by_side(lab: Lab, vault: Home) -> None:
    names = ["a", "b", "c", "d"]
    profiles = [lab.add(vault, name, kind) for name, kind in zip(names, KINDS, strict=True)]
    lines = vault.run("rotate", *names, "a").stdout.splitlines()
    assert [line.split("\t")[:3] for line in lines] == [[name, "done", "promoted"] for name in names]
    table = vault.run("rotate", *names, "--grace", "0s", "-o", "table").stdout.splitlines()
    assert table[0].split()[:2] == ["PROFILE", "RESULT"]
    assert len(table) == 5
    for profile in profiles:
        profile.check_settled()


def test_one_that_fails_does_not_keep_the_others_back(lab: Lab, vault: Home) -> None:
    good = lab.add(vault, "good", SECRET)
    bad = lab.add(vault, "bad", SECRET, lab.odd("no-permission"))
    ended = vault.run("rotate", "good", "bad", "-o", "json", status=76)
    results = {one["profile"]: (one["result"], one["exitCode"]) for one in json.loads(ended.stdout)}
    assert results == {"good": ("done", 0), "bad": ("refused", 76)}
    good.check_settled()
    assert bad.made == []
    bad.check()


def test_labels_and_dates_choose(lab: Lab, vault: Home) -> None:
    soon = ["--secret-expires", "2026-12-01"]
    chosen = lab.add(vault, "soon", SECRET, None, "--tag", "batch", *soon)
    others = [
        lab.add(vault, "other", SECRET, None, *soon),
        lab.add(vault, "late", SECRET, None, "--tag", "batch", "--secret-expires", "2036-12-01"),
        lab.add(vault, "undated", SECRET, None, "--tag", "batch"),
    ]
    planned = vault.run("rotate", "--due", "4000d", "--tag", "batch", "--dry-run").stdout
    assert {line.split("\t")[0] for line in planned.splitlines()} == {"soon", "late"}
    assert vault.run("rotate", "--due", "1000d", "--tag", "batch").stdout.split("\t")[:2] == ["soon", "done"]
    assert len(chosen.made) == 1
    assert [one.made for one in others] == [[], [], []]
    # Its new date is not due: a timer's next run has nothing to do.
    assert vault.run("rotate", "--due", "30d", "--tag", "batch").stdout == ""
    vault.run("rotate", "--tag", "batch")
    assert [len(one.made) for one in (chosen, *others)] == [2, 0, 1, 1]
    for profile in (chosen, *others):
        profile.check_settled()


# What is under way


def test_what_is_under_way_is_listed_shown_and_ended(lab: Lab, vault: Home) -> None:
    profile = lab.add(vault, "p", SECRET)
    profile.rotate("--retire", first_key_id(profile.client))
    [listed] = profile.rotations
    assert (listed["state"], listed["removing"]) == ("promoted", [first_key_id(profile.client)])
    for name in ("p", listed["id"]):
        assert json.loads(vault.run("rotation", "show", name).stdout) == listed
    assert vault.run("rotation", "list").stdout.split("\t")[:3] == ["p", listed["id"], "promoted"]
    assert "remove the old one after the grace" in vault.run("rotation", "list", "-o", "table").stdout
    # Nothing is unfinished: it waits for its time.
    assert vault.run("rotation", "resume", "--all").stdout == ""
    assert json.loads(vault.run("rotation", "resume", "p").stdout) == listed
    vault.run("rotation", "finish", "p", "--yes")
    assert profile.rotations == []
    assert [one["keyId"] for one in profile.records if one.get("removed")] == [first_key_id(profile.client)]
    profile.issue()
    for verb in (["show"], ["resume"], ["finish", "--yes"], ["rollback", "--yes"]):
        ended = vault.run("rotation", verb[0], "p", *verb[1:], status=66)
        assert ended.stdout == "" and "hint: vaultctl rotation list" in ended.stderr


@pytest.mark.parametrize("kind", KINDS)
def test_in_its_grace_it_is_rolled_back(lab: Lab, vault: Home, kind: str) -> None:
    profile = lab.add(vault, "p", kind)
    before = profile.key_id
    profile.rotate()
    [made] = profile.ours
    vault.run("rotation", "rollback", "p", "--yes")
    assert profile.ours == [] and profile.rotations == []
    assert profile.key_id == before
    assert profile.made[0]["keyId"] == made["keyId"]
    profile.check_settled()


def test_an_old_credential_that_is_refused_is_not_gone_back_to(lab: Lab, vault: Home) -> None:
    profile = lab.add(vault, "p", SECRET)
    profile.rotate()
    lab.emulator.revoke(profile.client, first_key_id(profile.client))
    ended = vault.run("rotation", "rollback", "p", "--yes", status=76)
    [error] = ended.errors
    assert "the old credential is not accepted any more, so that the new one stays" in error
    [kept] = profile.rotations
    assert kept["state"] == "promoted"
    profile.check_settled()


def test_asked_for_without_a_terminal_it_says_what_is_missing(lab: Lab, vault: Home) -> None:
    profile = lab.add(vault, "p", SECRET)
    profile.rotate("--retire", first_key_id(profile.client))
    for verb in ("finish", "rollback"):
        assert "--yes" in vault.run("rotation", verb, "p", status=77).stderr
    assert len(profile.live) == 3


@pytest.fixture
def stuck(lab: Lab, vault: Home) -> Profile:
    """A rotation whose credential was made, and that its provider kept from going on."""
    profile = lab.add(vault, "p", SECRET)
    # The token for Graph is there; what is asked for with the new secret is not answered.
    profile.run("issue", "p", "--resource", "graph", allowed=["token"])
    lab.emulator.set_fault("unavailable", path="token")
    ended = profile.rotate(status=75)
    assert "the rotation is unfinished: vaultctl rotation resume p" in ended.stderr
    return profile


def test_every_command_tells_of_what_is_unfinished_and_nothing_is_lost_with_it(lab: Lab, stuck: Profile) -> None:
    told = "vaultctl: warning: the rotation of p is unfinished (obtained): vaultctl rotation resume p"
    for command in (["list"], ["show", "p"], ["verify"], ["audit", "list"], ["rotation", "list"]):
        assert told in stuck.run(*command).stderr, command
    with running_agent(stuck.home) as agent:
        # It is the agent that opened the vault.
        assert told.removeprefix("vaultctl: warning: ") in agent.run("status").stdout
    lab.emulator.clear()
    for command in (
        ["remove", "p", "--yes"],
        ["edit", "p", "--client-id", "99999999-9999-4999-8999-999999999998"],
    ):
        ended = stuck.run(*command, status=75)
        assert ended.errors == ["error: a rotation of the profile is unfinished: it is obtained"], ended.shown()
        assert "hint: vaultctl rotation resume " in ended.stderr
    stuck.issue()
    stuck.run("rotation", "resume", "--all")
    stuck.check_settled()
    assert len(stuck.ours) == 1
    assert stuck.run("list").stderr == ""


def test_what_is_unfinished_goes_on_with_the_next_rotation(lab: Lab, stuck: Profile) -> None:
    lab.emulator.clear()
    stuck.rotate()
    assert len(stuck.made) == 1, "it was begun anew, where one was there already"
    stuck.check_settled()


def test_what_is_unfinished_is_rolled_back(lab: Lab, stuck: Profile) -> None:
    lab.emulator.clear()
    stuck.run("rotation", "rollback", "p", "--yes")
    assert stuck.ours == []
    assert stuck.rotations == []
    stuck.check_settled()


# Answers that are lost


@pytest.mark.parametrize("fault", ["reply-lost", "server-error-after", "wrong-length", "half-json"])
@pytest.mark.parametrize("kind", KINDS)
def test_an_answer_that_is_lost(
    lab: Lab, vault: Home, kind: str, fault: str, pytestconfig: pytest.Config
) -> None:
    if kind != SECRET and fault != "reply-lost" and not pytestconfig.option.long:
        pytest.skip("only with --long")
    profile = lab.add(vault, "p", kind)
    route = {"secret": "graph-add-password", "certificate": "graph-add-key"}.get(kind, "databricks-add-secret")
    lab.emulator.set_fault(fault, count=1, path=route)
    ended = profile.rotate()
    profile.check_settled()
    assert len(profile.made) == (1 if kind == "certificate" else 2), "one more was to be made"
    if kind in DATABRICKS:
        [orphan] = profile.orphans
        assert f"secret {orphan} came up, and its value is not known here: vaultctl rotation orphans" in ended.stderr
        shown = vault.run("rotation", "orphans", "--all").stdout
        assert shown.split("\t")[:3] == ["p", orphan, "orphan"]
        assert "--yes" in vault.run("rotation", "orphans", "p", "--remove", status=77).stderr
        assert orphan.lower() in profile.our_ids
        vault.run("rotation", "orphans", "p", "--remove", "--yes")
        assert profile.orphans == []
    assert len(profile.ours) == 1
    profile.check_settled()


@pytest.mark.parametrize("kind", KINDS)
def test_a_request_that_arrived_twice(lab: Lab, vault: Home, kind: str) -> None:
    profile = lab.add(vault, "p", kind)
    route = {"secret": "graph-add-password", "certificate": "graph-add-key"}.get(kind, "databricks-add-secret")
    lab.emulator.set_fault("duplicated", count=1, path=route)
    profile.rotate("--grace", "0s")
    profile.check_settled(twins=1)
    assert len(profile.made) == 2
    # Without a name nobody knows whose it is.
    assert len(profile.ours) == (2 if kind in DATABRICKS else 1)


def test_orphans_are_those_of_vaults_and_not_of_people(lab: Lab, vault: Home) -> None:
    """Another vault's looks the same, which is why somebody is asked."""
    profile = lab.add(vault, "p", SECRET)
    other = lab.home()
    lab.add(other, "p", SECRET, profile.client).rotate()
    [made] = profile.ours
    assert profile.orphans == [made["keyId"]]
    profile.rotate("--grace", "0s")
    assert {one["keyId"] for one in profile.ours} > {made["keyId"]}, "what is not known here was removed unasked"


# Replication


@pytest.mark.parametrize("read_delay", [0, 2])
@pytest.mark.parametrize("kind", KINDS)
def test_until_all_replicas_know_it_the_old_one_serves(
    lab: Lab, vault: Home, kind: str, read_delay: float, pytestconfig: pytest.Config
) -> None:
    if kind != SECRET and read_delay and not pytestconfig.option.long:
        pytest.skip("only with --long")
    profile = lab.add(vault, "p", kind)
    lab.emulator.set_replication(2, read_delay, alternating=True)
    profile.rotate("--grace", "1h")
    # Made anew in the delay, what is in use may meet a replica that does not know it.
    for _ in range(4):
        profile.issue()
    profile.rotate("--grace", "0s")
    for _ in range(4):
        profile.issue()
    lab.emulator.clear()
    profile.check_settled()
    assert len(profile.ours) == 1


def test_one_that_is_in_use_and_refused_again_is_stood_in_for(lab: Lab, vault: Home) -> None:
    """Replicas of the provider may forget what they knew, or another one may answer."""
    profile = lab.add(vault, "p", SECRET)
    profile.rotate()
    lab.emulator.set_fault("not-yet-replicated", count=1, path="token")
    ended = vault.run("issue", "p", "--force-refresh", allowed=["token"])
    assert "warning: the new credential is not accepted yet; the previous one was used" in ended.stderr
    assert "previous one" not in vault.run("issue", "p", "--force-refresh", allowed=["token"]).stderr


def test_a_secret_that_was_made_stays_in_the_vault(lab: Lab, vault: Home) -> None:
    profiles = [lab.add(vault, f"p{number}", kind) for number, kind in enumerate((SECRET, WORKSPACE))]
    secrets = []
    for profile in profiles:
        profile.rotate()
        secrets.append(vault.run("show", profile.name, "--reveal", allowed=["secret"]).stdout.strip())
    # Otherwise the watch over all that is written would not know one when it sees one.
    assert [list(canaries.leaks(secret)) for secret in secrets] == [["secret"], ["secret"]]
    vault.run("audit", "list", "-o", "jsonl")
    vault.run("audit", "export", "exported")
    vault.user.take(vault.path)
    for path in vault.path.rglob("*"):
        content = path.read_bytes() if path.is_file() else b""
        found = [secret for secret in secrets for encoded in canaries.encodings(secret) if encoded in content]
        assert not found, f"{path} holds a secret"


def test_one_that_is_never_accepted_is_given_up_and_removed(lab: Lab, vault: Home) -> None:
    profile = lab.add(vault, "p", SECRET)
    lab.emulator.set_replication(600)
    ended = profile.rotate(status=76)
    assert "AADSTS7000215" in ended.errors[0]
    lab.emulator.clear()
    assert len(profile.made) == 1 and profile.ours == []
    assert profile.rotations == []
    profile.check_settled()
