"""The package and the tarball: what they are made of, and what they do to a Debian 12 that knew nothing of them."""

from __future__ import annotations

import os
import subprocess
import tarfile
from pathlib import Path

import pytest

from conftest import REPOSITORY, Built, Packages, make_packages
from debian import Debian

#: Puts a vault into the user's home, unlocks it, and prints what bash completes lines with. The functions of its own library
#: load the script from where the package has it.
VAULT_OF_A_USER = """
export VAULTCTL_PASSPHRASE_FILE=~/passphrase
(umask 077; echo 'plover shallow anvil tundra' >~/passphrase)
vaultctl -q init --no-recovery --kdf-memory 64MiB --kdf-passes 2 >/dev/null
[ "$(vaultctl list -o json)" = "[]" ]
vaultctl -q add prod/etl --client-id 22222222-2222-4222-8222-222222222222 \
  --tenant 11111111-1111-4111-8111-111111111111 --secret-stdin --no-check <<<a-secret-of-nobody >/dev/null
vaultctl list
"""
COMPLETIONS = """
set +eu
. /usr/share/bash-completion/bash_completion
_completion_loader vaultctl
completed() {
  COMP_LINE=$1 COMP_POINT=${#1} COMPREPLY=()
  read -ra COMP_WORDS <<<"$1"
  COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
  _vaultctl vaultctl "${COMP_WORDS[-1]}" "${COMP_WORDS[-2]}" 2>&1
  echo "$1: ${COMPREPLY[*]}"
}
completed 'vaultctl expo'
completed 'vaultctl stat'
completed 'vaultctl issue --reso'
completed 'vaultctl issue p'
export VAULTCTL_PASSPHRASE_FILE=~/passphrase
vaultctl -q unlock >/dev/null
completed 'vaultctl issue p'
vaultctl -q lock >/dev/null
completed 'vaultctl issue p'
"""


def test_twice_made_it_is_the_same(built: Built, packages: Packages, tmp_path: Path) -> None:
    """By somebody else with other habits, in another place."""
    variables = {**os.environ, "TZ": "Pacific/Chatham", "LANG": "de_DE.UTF-8", "PYTHONHASHSEED": "7"}
    again = make_packages(built, tmp_path, cwd=tmp_path, umask=0o077, env=variables)
    assert again.deb.name == packages.deb.name
    assert again.deb.read_bytes() == packages.deb.read_bytes()
    assert again.tarball.read_bytes() == packages.tarball.read_bytes()


def test_the_tarball_has_what_the_package_has(packages: Packages) -> None:
    with tarfile.open(packages.tarball) as tar:
        top = tar.getnames()[0]
        names = {name.removeprefix(top) for name in tar.getnames()} - {""}
        owners = {(member.uid, member.gid, member.uname, member.gname) for member in tar}
    assert top == f"vaultctl-{packages.field('Version').removesuffix('-1')}"
    assert names == {path.removeprefix("/usr") for path in packages.paths} - {""}
    assert owners == {(0, 0, "", "")}


def test_nothing_runs_when_it_is_installed_or_removed(packages: Packages) -> None:
    control = subprocess.run(["dpkg-deb", "--ctrl-tarfile", packages.deb], check=True, stdout=subprocess.PIPE).stdout
    names = subprocess.run(["tar", "-t"], check=True, input=control, stdout=subprocess.PIPE).stdout.decode()
    assert {Path(name).name for name in names.splitlines()} - {""} == {"control", "md5sums"}


def test_a_program_that_needs_swift_is_not_packaged(tmp_path: Path) -> None:
    source = tmp_path / "hello.swift"
    source.write_text("print(1)\n")
    program = tmp_path / "hello"
    subprocess.run(["swiftc", "-o", program, source], check=True)
    words = ["--quick", "--output", tmp_path, "--binary", program, "--checkouts", tmp_path]
    ended = subprocess.run([REPOSITORY / "scripts/package.sh", *words], capture_output=True, text=True)
    assert ended.returncode == 64 and "needs libraries of Swift" in ended.stderr
    assert not list(tmp_path.glob("*.deb"))


def test_installed_used_and_purged(packages: Packages, debian: Debian) -> None:
    before = debian.files()
    place = debian.root / "package.deb"
    place.write_bytes(packages.deb.read_bytes())
    installed = debian.run("dpkg", "--install", "/package.deb")
    place.unlink()
    assert installed.status == 0, installed

    # The package's files and nothing else; the folders above them were there.
    after = debian.files()
    assert after.keys() - before.keys() == packages.paths - before.keys()
    assert {path for path in before if after.get(path) != before[path]} == set()
    assert debian.run("dpkg", "--verify", "vaultctl").stdout == ""

    assert debian.script("vaultctl --version").startswith("vaultctl ")
    manual = debian.script("man vaultctl")
    for heading in ("NAME", "SYNOPSIS", "DESCRIPTION", "EXIT STATUS", "ENVIRONMENT", "FILES", "SEE ALSO"):
        assert f"\n{heading}\n" in manual
    assert "vaultctl issue --resource" not in manual
    assert debian.script("man vaultctl-token") == debian.script("man vaultctl-issue")

    for manager, folder in (("--system", "system"), ("--user", "user")):
        # A user's manager leaves folders where it runs.
        verify = f"systemd-analyze {manager} verify /usr/lib/systemd/{folder}/vaultctl*"
        own = f'set -e; export XDG_RUNTIME_DIR=$(mktemp -d); {verify}; rm -r "$XDG_RUNTIME_DIR"'
        verified = debian.run("sh", "-c", own)
        assert verified.status == 0 and verified.stderr == "", verified

    assert debian.script(VAULT_OF_A_USER).split("\t")[0] == "prod/etl"
    assert debian.script(COMPLETIONS).splitlines() == [
        "vaultctl expo: export",
        "vaultctl stat: status",
        "vaultctl issue --reso: --resource",
        "vaultctl issue p: ",
        "vaultctl issue p: prod/etl",
        "vaultctl issue p: ",
    ]

    vault = next(debian.home.rglob("vault.db"))
    kept = vault.read_bytes()
    purged = debian.run("dpkg", "--purge", "vaultctl")
    assert purged.status == 0 and purged.stderr == "", purged
    assert "vaultctl" not in debian.run("dpkg-query", "--show").stdout
    left = debian.files()
    assert {path for path in left if left[path] != before.get(path) and not path.startswith("/home/")} == set()
    assert before.keys() - left.keys() == set()
    assert vault.read_bytes() == kept


@pytest.fixture(scope="module")
def pages(packages: Packages, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The manual, by the names of pages."""
    place = tmp_path_factory.mktemp("manual")
    subprocess.run(["dpkg-deb", "--extract", packages.deb, place], check=True)
    folder = place / "usr/share/man/man1"
    return {path.name.removesuffix(".1.gz"): path for path in sorted(folder.glob("*.1.gz"))}


def test_the_manual_has_no_mistakes(pages: dict[str, Path], tmp_path: Path) -> None:
    for name, path in pages.items():
        page = tmp_path / f"{name}.1"
        page.write_bytes(subprocess.run(["gzip", "-dc", path], check=True, stdout=subprocess.PIPE).stdout)
        linted = subprocess.run(["mandoc", "-Tlint", "-Wwarning", page], capture_output=True, text=True)
        assert (linted.returncode, linted.stdout, linted.stderr) == (0, "", ""), name
        groff = ["groff", "-man", "-Tutf8", "-ww", "-z", page]
        rendered = subprocess.run(groff, capture_output=True, text=True)
        assert (rendered.returncode, rendered.stderr) == (0, ""), name


def test_every_command_has_a_page_and_hidden_ones_have_none(built: Built, pages: dict[str, Path]) -> None:
    def listed(*path: str) -> set[str]:
        """The pages below a command, by what its help lists."""
        told = subprocess.run([built.program, *path, "--help"], check=True, stdout=subprocess.PIPE, text=True).stdout
        found = {"-".join(("vaultctl", *path))}
        group = False
        for line in told.splitlines():
            group = line.endswith("SUBCOMMANDS:") if line.endswith(":") else group and not line.lstrip().startswith("See ")
            words = line.split()
            if group and line.startswith("  ") and not line.startswith("   ") and words:
                found |= listed(*path, words[0].rstrip(","))
        return found

    assert set(pages) == listed() | {"vaultctl-token"}
    assert not [name for name in pages if "keeper" in name or "known-names" in name]
