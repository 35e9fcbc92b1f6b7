"""Policies: each rule on each way to a token, by itself and under way, and what does not get around them."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from agent import Refused, running_agent, wait_until
from conftest import Stage
from home import Home
from policies import (
    DATABRICKS,
    EXISTS,
    LOCKED,
    NOT_FOUND,
    POLICY,
    STRANGER,
    USAGE,
    WAYS,
    age_secret,
    entries,
    own_uid,
    profile_id,
    put_setting,
    refusals,
)
from rotating import KINDS, SECRET, Lab, laboratory

ARM = "https://management.core.windows.net/"

#: Rule → options that refuse, options that allow the same, and words of the refusal. `None`: nothing that every way can do
#: satisfies it. One token has left before.
RULES: dict[str, tuple[list[str], list[str] | None, str]] = {
    "audience": (["--audience", "graph"], ["--audience", "databricks"], "allows profile ci no tokens for"),
    "uid": (["--uid", STRANGER], ["--uid", STRANGER, "--uid", own_uid()], "allows user id"),
    "executable": (
        ["--executable", "/no/such"],
        ["--executable", "vaultctl", "--executable", "python3*"],
        "allows this program no tokens",
    ),
    "uses": (["--uses-per-hour", "1"], ["--uses-per-hour", "3"], "allows 1 token of profile ci an hour"),
    "reason": (["--require-reason"], None, "requires a reason"),
    "age": (["--max-secret-age", "90d"], ["--max-secret-age", "120d"], "is older than the 90d"),
}


def add(home: Home, name: str, *words: str, **more: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(home.run("policy", "add", name, *words, **more).stdout)
    return found


def issue(asked: Any, *words: str, status: int | None = 0) -> Any:
    return asked.run("issue", *words, allowed=["token"], status=status)


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("way", WAYS)
def test_each_rule_on_each_way(stage: Stage, home: Home, way: str, rule: str) -> None:
    refusing, allowing, words = RULES[rule]
    age_secret(home, "ci", 100)
    with WAYS[way](home) as ask:
        # The way is up, and the cache warm, before another process adds the policy.
        assert ask(DATABRICKS).given
        asked = len(stage.emulator.token_requests())
        add(home, "guard", "--profile", "ci", *refusing)
        for resource in (DATABRICKS, ARM):
            answer = ask(resource)
            assert not answer.given
            assert "policy guard" in answer.text and words in answer.text
        assert len(stage.emulator.token_requests()) == asked, "the provider was asked for what was refused"

        found = refusals(home)
        assert [one["audience"] for one in found] == [DATABRICKS, ARM]
        for one in found:
            assert (one["profile"], one["code"], one["source"]) == ("ci", POLICY, None)
            assert "policy guard" in one["detail"] and words in one["detail"]

        home.run("policy", "remove", "guard")
        assert ask(DATABRICKS).given
        if allowing:
            add(home, "guard", "--tag", "team=data", *allowing)
            assert ask(DATABRICKS).given


# How often


@pytest.mark.parametrize("warm", [True, False], ids=["warm", "cold"])
def test_eight_processes_at_once_get_as_many_tokens_as_are_allowed(home: Home, warm: bool) -> None:
    if warm:
        issue(home, "ci")
    used = 1 if warm else 0
    add(home, "few", "--all-profiles", "--uses-per-hour", str(3 + used))
    processes = [home.start(home.programs / "vaultctl", "issue", "ci") for _ in range(8)]
    ended = [home.end(process, ["token"]) for process in processes]
    assert sorted(one.status for one in ended) == [0] * 3 + [POLICY] * 5, [one.shown() for one in ended]
    assert all((one.stdout == "") == (one.status == POLICY) for one in ended)
    found = entries(home, "--action", "issue")
    assert [one["outcome"] for one in found].count("ok") == 3 + used
    assert len(refusals(home)) == 5


def test_clients_of_an_agent_and_processes_without_it_count_together(home: Home) -> None:
    given: list[bool] = []

    def ask_agent() -> None:
        with agent.client() as client:
            for _ in range(10):
                try:
                    client.issue("ci")
                    given.append(True)
                except Refused as refused:
                    assert refused.code == POLICY
                    given.append(False)

    with running_agent(home) as agent:
        add(home, "few", "--profile", "ci", "--uses-per-hour", "25")
        processes = [home.start(home.programs / "vaultctl", "issue", "ci") for _ in range(5)]
        threads = [threading.Thread(target=ask_agent) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        ended = [home.end(process, ["token"]) for process in processes]
    assert {one.status for one in ended} <= {0, POLICY}
    assert given.count(True) + sum(one.status == 0 for one in ended) == 25
    outcomes = [one["outcome"] for one in entries(home, "--action", "issue")]
    assert (outcomes.count("ok"), outcomes.count("refused")) == (25, 40)


def test_uses_are_a_profiles_own_and_stay_with_it(home: Home) -> None:
    with running_agent(home) as agent:
        add(home, "one", "--all-profiles", "--uses-per-hour", "1")
        issue(agent, "ci")
        issue(agent, "payroll")
        agent.run("rename", "ci", "ci2")
        refused = issue(agent, "ci2", status=POLICY)
        assert "allows 1 token of profile ci2 an hour" in refused.stderr and "try again in 60 min" in refused.stderr
        # The record tells, and not what the agent remembers.
        assert issue(home, "ci2", status=POLICY).stdout == ""


def test_what_leaves_to_nobody_is_no_use(stage: Stage, home: Home) -> None:
    # Shorter than what any token is renewed ahead of.
    stage.emulator.set_token_lifetime(200)
    with running_agent(home) as agent:
        add(home, "two", "--profile", "ci", "--uses-per-hour", "2")
        issue(agent, "ci", "--min-ttl", "1s")
        wait_until(lambda: len(stage.emulator.token_requests()) > 1, "the agent renewed the token")
        stage.emulator.set_token_lifetime(3599)
        home.run("check", "ci")
        # A reason that looks like the agent's own does not make a use of one that is none.
        issue(agent, "ci", "--min-ttl", "1s", "--reason", "given to nobody")
        issue(agent, "ci", "--min-ttl", "1s", status=POLICY)


# Whose turn it is


def test_whoever_waits_for_anothers_answer_is_asked_what_they_must_be(stage: Stage, home: Home) -> None:
    add(home, "why", "--profile", "ci", "--require-reason")
    with running_agent(home) as agent:
        stage.emulator.set_fault("slow", seconds=5, count=1, path="token")
        first = agent.start("issue", "ci", "--reason", "incident 42")
        wait_until(lambda: len(stage.emulator.token_requests()) == 1, "the first one asks")
        issue(agent, "ci", status=POLICY)
        issue(home, "ci", "--reason", " ", status=POLICY)
        assert home.end(first, ["token"]).status == 0
        issue(agent, "ci", "--reason", "incident 43")
        issue(agent, "ci", status=POLICY)
    assert [one["outcome"] for one in entries(home, "--action", "issue")] == ["refused", "refused", "ok", "ok", "refused"]


def test_a_policy_that_comes_while_the_provider_is_asked_holds(stage: Stage, home: Home) -> None:
    stage.emulator.set_fault("slow", seconds=5, count=1, path="token")
    asking = home.start(home.programs / "vaultctl", "issue", "ci")
    wait_until(lambda: len(stage.emulator.token_requests()) == 1, "it asks")
    add(home, "late", "--profile", "ci", "--uid", STRANGER)
    ended = home.end(asking)
    assert ended.status == POLICY, ended.shown()
    assert [one["outcome"] for one in entries(home, "--action", "issue")] == ["refused"]
    assert home.run("tokens").stdout == "", "a token that nobody may have was kept"


def test_a_cached_token_is_not_given_instead_while_the_provider_is_away(stage: Stage, home: Home) -> None:
    issue(home, "ci")
    add(home, "why", "--profile", "ci", "--require-reason")
    stage.emulator.set_fault("unavailable", path="token")
    issue(home, "ci", "--min-ttl", "59m59s", status=POLICY)
    issue(home, "ci", "--force-refresh", status=POLICY)


def test_each_of_several_policies_must_allow_it(home: Home) -> None:
    add(home, "a", "--profile", "ci", "--audience", "databricks", "--audience", "arm")
    add(home, "b", "--tag", "team=data", "--audience", "arm", "--audience", "keyvault")
    issue(home, "ci", "--resource", "arm")
    assert "policy b" in issue(home, "ci", status=POLICY).stderr
    assert "policy a" in issue(home, "ci", "--resource", "keyvault", status=POLICY).stderr
    # The other one of the label is covered by b alone.
    issue(home, "prod/etl")
    issue(home, "payroll")


@pytest.mark.parametrize(
    ("allowed", "asked"),
    [
        ("arm", ["--resource", "arm"]),
        ("arm", ["--resource", "https://management.core.windows.net"]),
        ("https://vault.azure.net", ["--resource", "keyvault"]),
        ("https://vault.azure.net/", ["--resource", "https://vault.azure.net"]),
        ("https://vault.azure.net/.default", ["--resource", "keyvault"]),
        ("keyvault", ["--scope", "https://vault.azure.net/.default"]),
        (DATABRICKS, []),
        ("api://contoso-payroll", ["--resource", "api://contoso-payroll"]),
    ],
)
def test_audiences_by_all_their_names(home: Home, allowed: str, asked: list[str]) -> None:
    add(home, "only", "--profile", "ci", "--audience", allowed)
    issue(home, "ci", *asked)
    issue(home, "ci", "--resource", "ossrdbms", status=POLICY)


def test_both_names_of_resource_manager(home: Home) -> None:
    # The cloud of this profile has an address of its own for it.
    authority = home.variables["AUTHORITY"]
    add(home, "only", "--profile", "ci", "--audience", "arm")
    issue(home, "ci", "--resource", authority, status=None)
    assert refusals(home) == []


# Whom it covers


def test_a_policy_of_a_label_follows_who_gets_it(home: Home) -> None:
    with running_agent(home) as agent:
        add(home, "prod", "--tag", "env=prod", "--audience", "graph")
        issue(agent, "ci")
        agent.run("edit", "ci", "--tag", "env=prod")
        issue(agent, "ci", status=POLICY)


@pytest.mark.parametrize("untag", [["--untag", "prod"], ["--untag", "team"], ["--untag", "team=data"]], ids="=".join)
def test_a_label_that_a_policy_goes_by_is_not_taken_away_without_the_passphrase(home: Home, untag: list[str]) -> None:
    with running_agent(home) as agent:
        add(home, "guard", "--tag", "team=data", "--tag", "prod", "--audience", "graph")
        before = agent.run("show", "prod/etl", "-o", "json").stdout
        # Other words in the same change do not help.
        for more in ([], ["--description", "harmless"]):
            refused = agent.run("edit", "prod/etl", *untag, *more, "--no-input", status=LOCKED)
            assert "policy guard" in refused.stderr and "--no-agent" in refused.stderr
        assert agent.run("show", "prod/etl", "-o", "json").stdout == before
        assert [(one["outcome"], one["code"]) for one in entries(home, "--action", "edit")] == [("refused", LOCKED)] * 2
        issue(agent, "prod/etl", status=POLICY)

        # Who has what opens the vault may.
        home.run("edit", "prod/etl", *untag)
        issue(agent, "prod/etl")


def test_other_labels_and_other_profiles_labels_are_free(home: Home) -> None:
    with running_agent(home) as agent:
        add(home, "guard", "--tag", "prod", "--audience", "graph")
        agent.run("edit", "prod/etl", "--untag", "team")
        agent.run("edit", "ci", "--untag", "team")
        add(home, "all", "--all-profiles", "--require-reason")
        agent.run("edit", "ci", "--tag", "x")
        agent.run("edit", "ci", "--untag", "x")


def test_another_name_frees_nobody(home: Home) -> None:
    with running_agent(home) as agent:
        add(home, "guard", "--profile", "ci", "--uid", STRANGER)
        agent.run("rename", "ci", "free")
        agent.run("rename", "payroll", "ci")
        issue(agent, "free", status=POLICY)
        issue(agent, "ci")
        assert json.loads(agent.run("policy", "list", "-o", "json").stdout)[0]["profiles"] == ["free"]
        agent.run("remove", "free", "--yes")
        [row] = json.loads(agent.run("policy", "list", "-o", "json").stdout)
        assert (row["profiles"], row["profilesCovered"]) == ([], 0)


def test_an_agent_changes_no_policy(home: Home) -> None:
    with running_agent(home) as agent:
        add(home, "guard", "--profile", "ci", "--uid", STRANGER)
        for words in (["add", "new", "--all-profiles", "--require-reason"], ["remove", "guard"]):
            agent.run("policy", *words, "--no-input", status=LOCKED)
        agent.run("config", "unset", "policy.guard", status=USAGE)
        issue(agent, "ci", status=POLICY)


def test_a_wrong_passphrase_changes_nothing(home: Home) -> None:
    add(home, "guard", "--profile", "ci", "--uid", STRANGER)
    before = home.run("policy", "list", "-o", "json").stdout
    wrong = {"VAULTCTL_KEY_FILE": "", "VAULTCTL_PASSPHRASE_FILE": str(home.write("wrong", "not-the-passphrase\n"))}
    home.run("policy", "remove", "guard", status=LOCKED, variables=wrong)
    home.run("policy", "add", "new", "--all-profiles", "--require-reason", status=LOCKED, variables=wrong)
    assert home.run("policy", "list", "-o", "json").stdout == before


# What is not restricted


@pytest.fixture(scope="module")
def lab(stage: Stage) -> Iterator[Lab]:
    with laboratory(stage) as found:
        yield found


@pytest.mark.parametrize("kind", KINDS)
def test_credentials_are_checked_and_rotated_whatever_policies_say(lab: Lab, kind: str) -> None:
    home = lab.home()
    profile = lab.add(home, "p", kind)
    age_secret(home, "p", 100)
    add(home, "fresh", "--profile", "p", "--max-secret-age", "90d")
    assert "hint: vaultctl rotate p" in issue(home, "p", status=POLICY).stderr
    callers = ["--uid", STRANGER, "--executable", "/no/such", "--require-reason"]
    add(home, "strict", "--all-profiles", "--audience", "keyvault", "--uses-per-hour", "1", *callers)
    home.run("check", "p")
    profile.rotate()
    home.run("policy", "remove", "strict")
    # The tokens that were got for it went to nobody.
    add(home, "once", "--all-profiles", "--uses-per-hour", "1")
    issue(home, "p")
    issue(home, "p", status=POLICY)


def test_a_token_that_the_vault_got_for_itself_is_nobody_elses(lab: Lab) -> None:
    home = lab.home()
    profile = lab.add(home, "p", SECRET)
    add(home, "vaults", "--profile", "p", "--audience", "keyvault")
    profile.rotate()
    cached = json.loads(home.run("tokens", "-o", "json").stdout)
    assert [one["audience"] for one in cached] == [lab.emulator.url], "the token for Graph is in the cache"
    issue(home, "p", "--resource", lab.emulator.url, status=POLICY)


def test_whoever_may_only_ask_has_no_credential_made_for_an_unguarded_twin(lab: Lab) -> None:
    """A new secret for it would be the first that its caller could learn from outside the policy."""
    home = lab.home()
    guarded = lab.add(home, "guarded", SECRET)
    twin = lab.add(home, "twin", SECRET, guarded.client)
    lab.add(home, "other", SECRET)
    add(home, "guard", "--profile", "guarded", "--audience", "keyvault")
    before = twin.records
    with running_agent(home) as agent:
        refused = agent.run("rotate", "twin", "--no-input", status=LOCKED)
        assert "policy guard covers profile guarded" in refused.stderr and "--no-agent" in refused.stderr
        assert twin.records == before and twin.rotations == []
        # Of nobody else's principal, and where the policy holds for both.
        agent.run("rotate", "other")
        add(home, "guard-too", "--profile", "twin", "--audience", "keyvault")
        agent.run("rotate", "guarded", "--no-input", status=LOCKED)
        home.run("policy", "remove", "guard")
        home.run("policy", "remove", "guard-too")
        agent.run("rotate", "twin")
    add(home, "guard", "--profile", "guarded", "--audience", "keyvault")
    guarded.rotate()


# Of a newer program


@pytest.mark.parametrize(
    ("value", "covered"),
    [
        ("for profile {ci}\nquota 5", {"ci"}),
        ("for tag prod\naudience", {"prod/etl"}),
        ("for profile {ci}", {"ci"}),
        ("for profile {ci}\nuses-per-hour 0", {"ci"}),
        ("for profile {ci}\nuses-per-hour 5\nuses-per-hour 6", {"ci"}),
        ("for profile {ci}\nfor moon\naudience databricks", {"ci", "prod/etl", "payroll"}),
        ("for profile {CI}\nreason required", {"ci", "prod/etl", "payroll"}),
        ("reason required", {"ci", "prod/etl", "payroll"}),
        ("for all\nreason perhaps", {"ci", "prod/etl", "payroll"}),
        ("", {"ci", "prod/etl", "payroll"}),
    ],
)
def test_what_is_not_understood_refuses(home: Home, value: str, covered: set[str]) -> None:
    own = profile_id(home, "ci")
    put_setting(home, "policy.newer", value.format(ci=own, CI=own.upper()))
    refused = set()
    for name in ("ci", "prod/etl", "payroll"):
        ended = issue(home, name, status=None)
        if ended.status == POLICY:
            assert "policy newer is not understood" in ended.stderr and "policy remove newer" in ended.stderr
            refused.add(name)
    assert refused == covered
    listed = home.run("policy", "list", "-o", "json")
    assert json.loads(listed.stdout)[0]["understood"] is False and "warning" in listed.stderr
    home.run("policy", "remove", "newer")
    issue(home, "ci")


@pytest.mark.parametrize("key", ["policy.", "policy.a b", "policy.Ä", "policy.x"])
def test_a_policy_of_any_name_and_without_a_date_holds(home: Home, key: str) -> None:
    put_setting(home, key, "for all\nreason required", changed=0)
    issue(home, "ci", status=POLICY)
    with running_agent(home) as agent:
        issue(agent, "ci", status=POLICY)
        assert len(json.loads(agent.run("policy", "list", "-o", "json").stdout)) == 1


# Words


@pytest.mark.parametrize(
    "words",
    [
        ["--audience", "arm"],
        ["--profile", "ci"],
        ["--all-profiles", "--tag", "prod", "--audience", "arm"],
        ["--profile", "@etl", "--audience", "arm"],
        ["--profile", "ci", "--audience", "databrick"],
        ["--profile", "ci", "--audience", "two words"],
        ["--profile", "ci", "--uid", "-1"],
        ["--profile", "ci", "--uid", "4294967296"],
        ["--profile", "ci", "--uid", "nobody"],
        ["--profile", "ci", "--executable", "bin/az"],
        ["--profile", "ci", "--executable", ""],
        ["--profile", "ci", "--executable", "a\nuid 0"],
        ["--profile", "ci", "--uses-per-hour", "0"],
        ["--profile", "ci", "--uses-per-hour", "100001"],
        ["--profile", "ci", "--max-secret-age", "59m"],
        ["--profile", "ci", "--max-secret-age", "90"],
        ["--tag", "a,b", "--audience", "arm"],
        ["--profile", "ci", *(word for n in range(400) for word in ("--uid", str(n + 1_000_000)))],
    ],
    ids=lambda words: " ".join(words)[:60],
)
def test_one_clear_error_and_nothing_stored(home: Home, words: list[str]) -> None:
    ended = home.run("policy", "add", "new", *words, status=USAGE)
    assert len(ended.errors) == 1
    assert home.run("policy", "list").stdout == ""
    assert entries(home, "--action", "policy") == []


def test_names_that_are_there_and_names_that_are_not(home: Home) -> None:
    home.run("policy", "add", "a b", "--all-profiles", "--require-reason", status=USAGE)
    home.run("policy", "add", "guard", "--profile", "nobody", "--require-reason", status=NOT_FOUND)
    home.run("policy", "remove", "guard", status=NOT_FOUND)
    add(home, "guard", "--profile", "ci", "--require-reason")
    home.run("policy", "add", "guard", "--profile", "ci", "--uid", STRANGER, status=EXISTS)
    issue(home, "ci", "--reason", "x")
    add(home, "guard", "--profile", "ci", "--uid", STRANGER, "--replace")
    issue(home, "ci", "--reason", "x", status=POLICY)


def test_what_is_listed_and_what_is_on_the_record(home: Home) -> None:
    shown = add(
        home, "prod", "--profile", "ci", "--tag", "prod", "--audience", "arm", "--audience", "graph", "--uid", "7",
        "--executable", "/usr/bin/terra*", "--uses-per-hour", "60", "--require-reason", "--max-secret-age", "90d",
    )  # fmt: skip
    expected = {
        "allProfiles": False,
        "audiences": ["arm", "graph"],
        "executables": ["/usr/bin/terra*"],
        "maxSecretAge": 90 * 86_400,
        "name": "prod",
        "profiles": ["ci"],
        "profilesCovered": 2,
        "requiresReason": True,
        "tags": ["prod"],
        "uids": [7],
        "understood": True,
        "usesPerHour": 60,
    }
    assert shown == expected
    assert json.loads(home.run("policy", "list", "-o", "json").stdout) == [expected]
    rules = "for arm, graph; uid 7; by /usr/bin/terra*; 60 an hour; with a reason; secret at most 90d old"
    assert home.run("policy", "list").stdout == f"prod\tprod, or ci\t2\t{rules}\n"
    home.run("policy", "remove", "prod")
    details = [one["detail"] for one in entries(home, "--action", "policy")]
    assert details == [f"added prod: prod, or ci: {rules}", "removed prod"]
    assert home.run("config", "list").stdout == ""
    # The record and the rows are whole.
    home.run("verify")


def test_the_client_behind_an_endpoint_is_who_must_fit(home: Home) -> None:
    """Not the program that serves it, nor what started that."""
    add(home, "guard", "--profile", "ci", "--executable", "vaultctl")
    with WAYS["exec"](home) as ask:
        assert not ask(DATABRICKS).given
    issue(home, "ci")
