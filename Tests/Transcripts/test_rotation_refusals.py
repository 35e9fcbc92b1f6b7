"""Each refusal of a rotation has its message, its hint and its code, and leaves everything as it was."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest

import contoso
from conftest import Stage
from home import Home
from rotating import (
    ACCOUNT,
    BOUND_PRINCIPAL,
    CERTIFICATE,
    DATABRICKS,
    ODD,
    SECRET,
    WORKSPACE,
    Lab,
    Profile,
    first_key_id,
    foreign_key_id,
    laboratory,
    secret_of,
)

GRAPH = "error: Microsoft Graph refused: "
BRICKS = "error: Databricks refused: "
UNKNOWN = "99999999-9999-4999-8999-999999999997"


@pytest.fixture(scope="module")
def lab(stage: Stage) -> Iterator[Lab]:
    with laboratory(stage, 40) as found:
        yield found


@pytest.fixture
def vault(lab: Lab) -> Home:
    lab.emulator.clear()
    return lab.home()


@dataclass(frozen=True)
class Case:
    """A rotation that does not come about."""

    name: str
    status: int
    message: str
    #: None: there is nothing to be done about it that could be said.
    hint: str | None
    kind: str = SECRET
    #: One of `rotating.ODD`, or a client id.
    client: str | None = None
    options: tuple[str, ...] = ()
    prepare: Callable[[Lab, Profile], object] = field(default=lambda lab, profile: None)


def fault(name: str, path: str, **settings: object) -> Callable[[Lab, Profile], object]:
    return lambda lab, profile: lab.emulator.set_fault(name, path=path, **settings)


def revoke(lab: Lab, profile: Profile) -> None:
    lab.emulator.revoke(profile.client, first_key_id(profile.client))


def fill(lab: Lab, profile: Profile) -> None:
    """Makes as many secrets as Databricks lets there be, in the way of somebody else."""
    other = lab.home()
    administrator = lab.add_administrator(other, profile.kind)
    for number in range(3):
        one = lab.add(other, f"p{number}", profile.kind, profile.client)
        one.rotate("--using", administrator)


CASES = [
    Case(
        "no permission", 76,
        GRAPH + "the service principal whose token was used has no permission to manage the application",
        "have an administrator grant it Application.ReadWrite.OwnedBy; then make the service principal an owner of its "
        "own application, or name a profile that owns it: --using NAME",
        client="no-permission",
    ),
    Case(
        "not owner", 76,
        GRAPH + "the service principal whose token was used is not an owner of the application",
        "make the service principal an owner of its own application, or name a profile that owns it: --using NAME",
        client="not-owner",
    ),
    Case(
        "lifetime", 76,
        GRAPH + "a policy of the tenant caps the lifetime of credentials",
        "ask for less, for example: vaultctl rotate NAME --lifetime 90d",
        client="lifetime",
    ),
    Case(
        "lifetime, told", 76,
        GRAPH + "a policy of the tenant caps the lifetime of credentials at 90 days",
        "vaultctl rotate NAME --lifetime 90d",
        client="lifetime", options=("--using", "ADMINISTRATOR"),
    ),
    Case(
        "forbidden", 76,
        GRAPH + "a policy of the tenant forbids credentials of this kind for the application",
        "ask its administrator, or use a certificate or a federated credential",
        client="forbidden",
    ),
    Case(
        "two of a personal application", 76,
        "error: there are 2 secrets at the provider, as many as there may be: ",
        "name one that nobody needs: vaultctl rotate p --retire KEYID",
        client="personal", options=("--using", "ADMINISTRATOR"),
    ),
    Case(
        "five of Databricks", 76,
        "error: there are 5 secrets at the provider, as many as there may be: ",
        "name one that nobody needs: vaultctl rotate p --retire KEYID",
        kind=WORKSPACE, prepare=fill,
    ),
    Case(
        "not a manager of itself", 76,
        BRICKS + "the service principal whose token was used may not manage the secrets",
        "have an administrator make it a manager of the service principal, or name a profile that is one: --using NAME",
        kind=WORKSPACE, client=BOUND_PRINCIPAL,
    ),
    Case(
        "application gone", 76,
        GRAPH + "there is no such application in the tenant any more, or not yet",
        "check --client-id and --tenant; one that was deleted lies in the directory's recycle bin for 30 days",
        client=UNKNOWN, options=("--using", "ADMINISTRATOR"),
    ),
    Case(
        "principal gone", 76,
        "error: Databricks knows no service principal with that client id, or does not show it",
        "check --client-id, or name a profile that manages it: --using NAME",
        kind=ACCOUNT, client=UNKNOWN, options=("--using", "ADMINISTRATOR"),
    ),
    Case(
        "secret gone", 76,
        "error: the identity provider refused: AADSTS7000215: ",
        "a profile that manages it can have a new one made: vaultctl rotate p --using NAME; or make one at the "
        "provider, then: vaultctl rotate p --secret-stdin",
        prepare=revoke,
    ),
    Case(
        "provider down", 69,
        "error: Microsoft Graph cannot answer now, status 500",
        "try again in a minute",
        prepare=fault("server-error", "graph-application"),
    ),
    Case(
        "a captive portal", 69,
        "error: Microsoft Graph did not answer as such: it sent ",
        "check the cloud of the profile, and any proxy in between",
        prepare=fault("html", "graph-application"),
    ),
    Case(
        "throttled", 75,
        "error: Microsoft Graph is throttling",
        "try again in 3600 s",
        prepare=fault("throttled", "graph-application", seconds=3600),
    ),
    Case(
        "throttled when it is made", 75,
        "error: Microsoft Graph is throttling",
        "try again in 3600 s",
        prepare=fault("throttled", "graph-add-password", seconds=3600),
    ),
    Case(
        "clock behind", 69,
        "error: this machine's clock is 10 minutes behind the provider's; nothing was changed",
        "set the clock: dates of credentials are reckoned with it",
        prepare=fault("clock-skew", "graph-application", seconds=600),
    ),
    Case(
        "clock ahead", 69,
        "error: this machine's clock is 10 minutes ahead of the provider's; nothing was changed",
        "set the clock: dates of credentials are reckoned with it",
        prepare=fault("clock-skew", "any", seconds=-600),
    ),
    Case(
        "manager of another cloud", 64,
        "error: profile elsewhere is of another cloud, workspace or account than p",
        "name a profile that authenticates at the same place",
        options=("--using", "elsewhere"),
    ),
    Case(
        "manager of another workspace", 64,
        "error: profile elsewhere is of another cloud, workspace or account than p",
        "name a profile that authenticates at the same place",
        kind=WORKSPACE, options=("--using", "elsewhere"),
    ),
    Case("no such manager", 66, "error: there is no profile nobody", "vaultctl list", options=("--using", "nobody")),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_refusal_says_what_to_do_and_changes_nothing(lab: Lab, vault: Home, case: Case) -> None:
    client = lab.odd(case.client) if case.client in ODD else case.client
    profile = lab.add(vault, "p", case.kind, client)
    options = list(case.options)
    if "ADMINISTRATOR" in options:
        options[options.index("ADMINISTRATOR")] = lab.add_administrator(vault, case.kind)
    if "elsewhere" in options:
        where = ["--client-id", contoso.APPLICATION, "--tenant", contoso.TENANT, "--secret-file", vault.path / "secret"]
        vault.run("add", "elsewhere", *where, "--no-check", "-q")
    case.prepare(lab, profile)
    before = profile.records if client != UNKNOWN else []
    ended = profile.rotate(*options, status=case.status)
    lab.emulator.clear()
    assert ended.stdout == ""
    [error] = ended.errors
    assert error.startswith(case.message), ended.shown()
    hints = [line for line in ended.stderr.splitlines() if line.startswith("hint: ")]
    assert hints == ([] if case.hint is None else [f"hint: {case.hint}"]), ended.shown()
    if client != UNKNOWN:
        assert profile.records == before
    assert profile.rotations == []
    assert vault.run("list").stderr == ""
    if profile.steps:
        # Begun is ended on the record, too.
        assert profile.steps[-1] == ("rotate", "refused" if case.status == 76 else "failed")


def test_secrets_at_the_limit_make_room_where_somebody_names_one(lab: Lab, vault: Home) -> None:
    profile = lab.add(vault, "p", SECRET, lab.odd("personal"))
    refused = profile.rotate(status=76)
    # The three characters that Graph shows of a secret tell the two apart.
    told = f"{first_key_id(profile.client)} (maybe in use), {foreign_key_id(profile.client)}"
    assert refused.errors[0].endswith(told), refused.shown()
    # What may be in use is not removed, whoever names it.
    profile.rotate("--retire", first_key_id(profile.client), status=76)
    assert len(profile.live) == 2
    profile.rotate("--retire", foreign_key_id(profile.client))
    assert [one["keyId"] for one in profile.records if one.get("removed")] == [foreign_key_id(profile.client)]
    assert len(profile.live) == 2
    profile.issue()


def test_a_secret_that_is_gone_is_replaced_with_the_token_of_another(lab: Lab, vault: Home) -> None:
    profile = lab.add(vault, "p", SECRET)
    revoke(lab, profile)
    profile.run("issue", "p", "--force-refresh", status=76)
    profile.rotate("--using", lab.add_administrator(vault, SECRET))
    profile.issue()


def test_a_profile_without_a_secret_has_none_to_rotate(lab: Lab, vault: Home) -> None:
    # It is never asked for: nothing is rotated.
    file = vault.write("token", "eyJ")
    where = ["--client-id", contoso.KEYLESS_APPLICATION, *lab.destination(SECRET)]
    vault.run("add", "p", *where, "--federated-token-file", file, "--no-check", "-q")
    for options in ([], ["--dry-run"]):
        ended = vault.run("rotate", "p", *options, status=64)
        assert ended.errors == [
            "error: profile p has no secret of its own: it proves itself with the assertion of another"
        ]
        assert "hint: vaultctl edit p changes where that is taken from" in ended.stderr
    assert vault.run("rotation", "orphans", "--all").stdout == ""


def test_a_selection_is_rotated(lab: Lab, vault: Home) -> None:
    chosen = [lab.add(vault, "p", SECRET), lab.add(vault, "q", SECRET)]
    other = lab.add(vault, "r", SECRET)
    vault.run("selection", "save", "two", "p", "q", "-q")
    before = other.records
    vault.run("rotate", "@two")
    assert [len(one.rotations) for one in chosen] == [1, 1]
    assert other.records == before and other.rotations == []


def test_a_secret_is_not_replaced_by_itself(lab: Lab, vault: Home) -> None:
    """At the end of it the old one would be removed, which is the new one."""
    profile = lab.add(vault, "p", SECRET)
    before = profile.records
    ended = vault.run("rotate", "p", "--secret-stdin", "--grace", "0s", stdin=secret_of(profile.client), status=73)
    assert ended.errors == ["error: that is the credential which profile p has already; nothing was changed"]
    assert profile.records == before and profile.rotations == []
    vault.run("rotation", "finish", "p", "--yes", status=66)
    profile.issue()


@pytest.mark.parametrize(
    "words",
    [["rotation", "show"], ["rotation", "resume"], ["rotation", "finish", "--yes"], ["rotation", "rollback", "--yes"]],
    ids=lambda words: words[1],
)
def test_a_rotation_that_there_is_not(lab: Lab, vault: Home, words: list[str]) -> None:
    lab.add(vault, "p", SECRET)
    for name in ("p", "0123456789abcdef0123456789abcdef"):
        ended = vault.run(*words[:2], name, *words[2:], status=66)
        [error] = ended.errors
        assert error.startswith("error: there is no rotation "), ended.shown()
        assert "hint: vaultctl rotation list" in ended.stderr
    vault.run(*words[:2], "nobody", *words[2:], status=66)
    ended = vault.run(*words[:2], "@group", *words[2:], status=64)
    assert ended.errors[0].endswith("one profile is needed here, and a selection was given")


@pytest.mark.parametrize(
    "options",
    [
        [],
        ["p", "--lifetime", "1h"],
        ["p", "q", "--retire", "x"],
        ["p", "--jobs", "0"],
        ["p", "--jobs", "65"],
        ["p", "--secret-expires", "2030-01-01"],
        ["p", "--prompt", "--dry-run"],
        ["p", "--grace", "-1d"],
    ],
    ids=" ".join,
)
def test_options_that_make_no_sense(vault: Home, options: list[str]) -> None:
    vault.run("rotate", *options, status=64)


@pytest.mark.parametrize("kind", [SECRET, CERTIFICATE, *DATABRICKS])
def test_a_provider_that_goes_down_after_it_was_asked(lab: Lab, vault: Home, kind: str) -> None:
    """What was made is not lost, and the rotation goes on when it is back."""
    profile = lab.add(vault, "p", kind)
    # The token that manages is there already; those after it are asked for with the new credential.
    profile.run("issue", "p", *(() if kind in DATABRICKS else ("--resource", "graph")), allowed=["token"])
    lab.emulator.set_fault("server-error", path="databricks-token" if kind in DATABRICKS else "token")
    ended = profile.rotate(status=69)
    assert "the rotation is unfinished: vaultctl rotation resume p" in ended.stderr
    [left] = profile.rotations
    assert left["state"] == "obtained"
    lab.emulator.clear()
    profile.issue()
    vault.run("rotation", "resume", "p")
    assert len(profile.made) == 1
    assert profile.known_as(profile.ours[0]).lower() == str(profile.key_id).lower()
    profile.check_settled()
