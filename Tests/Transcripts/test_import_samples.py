"""Every form of file with oddities in it: it imports exactly, or there is one clear error with a line, and nothing stored."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

import pytest

import canaries
import contoso
from conftest import REPOSITORY, Stage
from home import Ended, Home

SAMPLES = REPOSITORY / "Tests" / "Samples"
FIRST, SECOND = "22222222-0000-4000-8000-000000000001", "22222222-0000-4000-8000-000000000002"
#: What all samples hold; none of it may be seen in an output.
SECRET = 'Od5~t+/=%"$\\`z'
WITHOUT_QUOTE = "Od5~t+/=%$\\`z"
PLAIN = "Od5~t.that-nobody-reads-otherwise"
canaries.SECRETS["secret"] |= {SECRET, WITHOUT_QUOTE, PLAIN}


@dataclass(frozen=True)
class Sample:
    """A file that is understood: its form, and the secrets by the names of the profiles."""

    path: str
    secrets: dict[str, str]

    @property
    def format(self) -> str:
        return self.path.split("/")[0]

    @property
    def content(self) -> bytes:
        return (SAMPLES / self.path).read_bytes()


ODD = [
    Sample("az/odd.json", {FIRST: SECRET, SECOND: SECRET}),
    Sample("databricks/odd.cfg", {"first": SECRET, "second": SECRET}),
    Sample("env/odd.env", {FIRST: SECRET, "prod": SECRET}),
    Sample("rbac/odd.json", {"first": SECRET, SECOND: SECRET}),
    Sample("terraform/odd.tfvars", {FIRST: SECRET, "second": SECRET}),
    Sample("terraform/odd.tfvars.json", {"first": SECRET, "second": SECRET}),
    Sample("csv/odd.csv", {"first": SECRET, "second": WITHOUT_QUOTE}),
    Sample("json/odd.json", {"first": SECRET, "second": SECRET}),
]
IDS = [sample.path for sample in ODD]

#: Files that are not understood: the line, and what is said of it.
WRONG = {
    "az/twice.json": (6, "the key client_secret is there twice"),
    "databricks/twice.cfg": (5, "the key client_secret is there twice in [first]"),
    "databricks/quoted.cfg": (1, "the clients of Databricks read this value differently"),
    "databricks/continued.cfg": (5, "a value goes on in this line"),
    "env/twice.env": (4, "AZURE_CLIENT_SECRET is there twice"),
    "env/expansion.env": (1, "only a shell can work out"),
    "env/command.env": (1, "only a shell can work out"),
    "env/spaces.env": (1, "put it in single quotes"),
    "env/backslash.env": (1, "put it in single quotes"),
    "env/tilde.env": (1, "begins with ~"),
    "env/escape.env": (1, "put it in single quotes"),
    "env/unclosed.env": (3, "the quote of AZURE_CLIENT_SECRET is not closed"),
    "rbac/twice.json": (3, "the key appId is there twice"),
    "terraform/twice.tfvars": (5, "client_secret is there twice"),
    "terraform/heredoc.tfvars": (3, "heredocs (<<) are not read"),
    "terraform/template.tfvars": (1, "only Terraform can work out"),
    "csv/twice.csv": (1, "the column secret is there twice"),
    "csv/short.csv": (3, "this row has 3 fields, and the first 4"),
    "csv/quote.csv": (2, "a quote stands in the middle of a field"),
    "csv/column.csv": (1, "the first row does not name columns that are known"),
    "json/twice.json": (6, "the key secret is there twice"),
    "json/key.json": (4, "the key tennant is none of a profile's"),
}


def imported(home: Home, sample: str, content: bytes, *, status: int | None = 0) -> tuple[Ended, set[str]]:
    """Imports ``content`` in a file of that name; also the names of the profiles that came."""
    before = names(home)
    path = home.write(Path(sample).name, content)
    ended = home.run("import", "--from", sample.split("/")[0], path.name, "-o", "json", status=status)
    return ended, names(home) - before


def names(home: Home) -> set[str]:
    return {profile["name"] for profile in json.loads(home.run("list", "-o", "json").stdout)}


def stored(home: Home, name: str) -> str:
    return home.run("show", name, "--reveal", allowed=["secret"]).stdout.removesuffix("\n")


def assert_refused(ended: Ended, came: set[str], line: int | None, words: str) -> None:
    """One error, of a file or of an entry in it, with its line; nothing came."""
    assert ended.status == 78, ended.shown()
    assert not came
    if ended.errors:
        assert ended.stdout == ""
        [error] = ended.errors
    else:
        [result] = json.loads(ended.stdout)
        assert (result["result"], result["exitCode"]) == ("not understood", 78)
        error = f"{result['file']}:{result['line']}: {result['detail']}"
    assert words in error
    assert re.search(r":[1-9][0-9]*: ", error) if line is None else f":{line}: " in error


@pytest.mark.parametrize("sample", ODD, ids=IDS)
def test_an_odd_file_is_imported_exactly(home: Home, sample: Sample) -> None:
    ended, came = imported(home, sample.path, sample.content)
    assert came == set(sample.secrets)
    assert [result["name"] for result in json.loads(ended.stdout)] == list(sample.secrets)
    assert {name: stored(home, name) for name in came} == sample.secrets


@pytest.mark.parametrize("sample", ODD, ids=IDS)
@pytest.mark.parametrize("change", ["byte-order-mark", "crlf", "5-mb"])
def test_bytes_that_say_nothing_change_nothing(home: Home, sample: Sample, change: str) -> None:
    content = sample.content
    if change == "byte-order-mark":
        content = b"\xef\xbb\xbf" + content
    elif change == "crlf":
        content = content.replace(b"\n", b"\r\n")
    else:
        # What each form reads over.
        blank = {"json": b" " * 79 + b"\n", "csv": b"\n"}.get(Path(sample.path).suffix[1:], b"# " + b"x" * 77 + b"\n")
        head, newline, tail = content.partition(b"\n")
        content = head + newline + blank * (5_000_000 // len(blank)) + tail
        assert len(content) > 5_000_000
    _, came = imported(home, sample.path, content)
    assert {name: stored(home, name) for name in came} == sample.secrets


@pytest.mark.parametrize("path", WRONG)
def test_what_is_not_understood_is_one_error_with_its_line(home: Home, path: str) -> None:
    ended, came = imported(home, path, (SAMPLES / path).read_bytes(), status=None)
    assert_refused(ended, came, *WRONG[path])


def test_every_sample_is_tested() -> None:
    files = {str(path.relative_to(SAMPLES)) for path in SAMPLES.glob("*/*")}
    assert files == set(WRONG) | {sample.path for sample in ODD}


@pytest.mark.parametrize("sample", ODD, ids=IDS)
def test_what_is_no_utf8_text_is_refused(home: Home, sample: Sample) -> None:
    text = sample.content.decode()
    for encoding in ("utf-16", "utf-16-le", "utf-16-be"):
        assert_refused(*imported(home, sample.path, text.encode(encoding), status=None), 1, "the file is ")
    # Latin-1 in the third line.
    lines = sample.content.split(b"\n")
    lines[2] += b"\xfc"
    ended, came = imported(home, sample.path, b"\n".join(lines), status=None)
    assert_refused(ended, came, 3, "the file is not UTF-8")
    for empty in (b"", b"\xef\xbb\xbf", b"\n\n"):
        assert_refused(*imported(home, sample.path, empty, status=None), 1, "the file is empty")
    ended, came = imported(home, sample.path, b" " * ((16 << 20) + 1), status=None)
    assert_refused(ended, came, 1, "the file is longer than 16 MiB")


@pytest.mark.parametrize("sample", [sample for sample in ODD if ".json" in sample.path], ids=lambda it: it.path)
def test_half_of_a_json_file_is_no_file(home: Home, sample: Sample) -> None:
    whole = sample.content.rstrip()
    for part in (1, 2, 3, 5, 7, 8):
        ended, came = imported(home, sample.path, whole[: len(whole) * part // 9], status=None)
        assert_refused(ended, came, None, "")


@pytest.mark.parametrize("sample", [sample for sample in ODD if ".json" not in sample.path], ids=lambda it: it.path)
def test_half_of_a_file_gives_no_half_secret(stage: Stage, sample: Sample) -> None:
    """Such a file may end in many places; what is in the half that is there is imported, whole, or nothing is."""
    content = sample.content
    cut = content.rindex(b"Od5~") + 6
    for end in [*(len(content) * part // 5 for part in (1, 2, 3)), cut]:
        home = stage.home()
        ended, came = imported(home, sample.path, content[:end], status=None)
        assert ended.status == 78 if end == cut else ended.status in (0, 78), ended.shown()
        assert all(stored(home, name) in (SECRET, WITHOUT_QUOTE) for name in came)


@pytest.mark.parametrize(
    "form, text",
    [
        ("env", "AZURE_TENANT_ID={tenant}\nAZURE_CLIENT_ID={client}\nAZURE_CLIENT_SECRET={secret}"),
        ("databricks", "[p]\nazure_tenant_id={tenant}\nazure_client_id={client}\nazure_client_secret={secret}"),
        ("csv", "name,tenant,client_id,secret\np,{tenant},{client},{secret}"),
    ],
)
def test_a_secret_that_the_file_ends_with_may_be_half_of_one(stage: Stage, form: str, text: str) -> None:
    home = stage.home()
    content = text.format(tenant=contoso.TENANT, client="77777777-2222-4222-8222-000000000000", secret=PLAIN)
    path = home.write("half", content[:-9])
    before = home.run("list").stdout
    ended = home.run("import", "--from", form, path, status=78)
    assert "it may be half of one" in ended.stdout
    assert home.run("list").stdout == before
    path.write_text(content + "\n")
    home.run("import", "--from", form, path)
    quoted = home.write("quoted", content.replace(PLAIN, f'"{PLAIN}"'))
    if form != "databricks":
        assert "there already" in home.run("import", "--from", form, quoted).stdout


def test_what_the_samples_say_besides_is_taken_over(stage: Stage) -> None:
    def profile(sample: str, name: str) -> dict[str, object]:
        home = stage.home()
        imported(home, sample, (SAMPLES / sample).read_bytes())
        return dict(json.loads(home.run("show", name, "-o", "json").stdout))

    first = profile("databricks/odd.cfg", "first")
    assert (first["provider"], first["workspace"]) == (
        "databricks",
        "https://adb-4444444444444444.4.azuredatabricks.net",
    )
    second = profile("databricks/odd.cfg", "second")
    assert second["accountsHost"] == "https://accounts.azuredatabricks.net"
    assert (second["account"], second["workspace"]) == ("55555555-5555-4555-8555-555555555555", None)
    assert profile("env/odd.env", "prod")["cloud"] == "AzureUSGovernment"
    government = profile("rbac/odd.json", SECOND)
    assert government["cloud"] == "AzureUSGovernment"
    assert government["subscription"] == "33333333-3333-4333-8333-333333333333"
    table = profile("csv/odd.csv", "first")
    assert (table["description"], table["tags"]) == ("in two\nlines, with a comma", ["team=data", "prod"])
    assert profile("csv/odd.csv", "second")["description"] == "Übertragung"
    assert profile("json/odd.json", "first")["description"] == "in two\nlines 🚀"
    dated = profile("json/odd.json", "second")["credential"]
    assert isinstance(dated, dict) and dated["expiresAt"] == "2031-01-02T03:04:05Z"
