"""A Debian 12 of one's own, into which the package is installed.

The program is that of ``VAULTCTL``, or the debug build of this repository, linked again with Swift's libraries in it, as
what is packaged must be. ``VAULTCTL_STATIC`` names one that is linked so already, and ``VAULTCTL_CHECKOUTS`` the sources
of its libraries.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from debian import Debian

REPOSITORY = Path(__file__).resolve().parents[2]
#: Beside what the package needs: what shows its manual, loads its completions and looks at its units.
TOOLS = ["bash-completion", "man-db", "systemd"]


@dataclass(frozen=True)
class Built:
    program: Path
    checkouts: Path


@dataclass(frozen=True)
class Packages:
    deb: Path
    tarball: Path

    def field(self, name: str) -> str:
        told = subprocess.run(["dpkg-deb", "-f", self.deb, name], check=True, stdout=subprocess.PIPE, text=True)
        return told.stdout.strip()

    @property
    def paths(self) -> set[str]:
        """What it installs, folders among it."""
        told = subprocess.run(["dpkg-deb", "--fsys-tarfile", self.deb], check=True, stdout=subprocess.PIPE)
        names = subprocess.run(["tar", "-t"], check=True, input=told.stdout, stdout=subprocess.PIPE).stdout.decode()
        return {name.removeprefix(".").rstrip("/") for name in names.splitlines()} - {""}


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    if named := os.environ.get("VAULTCTL_STATIC"):
        return Built(Path(named), Path(os.environ["VAULTCTL_CHECKOUTS"]))
    debug = Path(os.environ.get("VAULTCTL") or REPOSITORY / ".build/debug/vaultctl").resolve()
    objects = debug.parent / "vaultctl.product/Objects.LinkFileList"
    if not objects.is_file():
        pytest.skip(f"{debug} is not of a build of this repository")
    program = tmp_path_factory.mktemp("static") / "vaultctl"
    libraries = ["sqlite3", "sodium", "stdc++", "m", "z", "_FoundationCollections", "_FoundationCShims"]
    # The name that the package manager gives the beginning of a program, so that its tests may have theirs.
    begin = ["-Xlinker", "--defsym=main=vaultctl_main"]
    link = ["swiftc", "-static-stdlib", "-emit-executable", *begin, "-o", program, f"@{objects}"]
    subprocess.run([*link, *(f"-l{library}" for library in libraries)], check=True)
    return Built(program, debug.parents[2] / "checkouts")


def make_packages(built: Built, directory: Path, **options: object) -> Packages:
    made = subprocess.run(
        [REPOSITORY / "scripts/package.sh", "--quick", "--output", directory]
        + ["--binary", built.program, "--checkouts", built.checkouts],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        **options,  # type: ignore[call-overload]
    )
    deb, tarball = made.stdout.splitlines()
    return Packages(Path(deb), Path(tarball))


@pytest.fixture(scope="session")
def packages(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Packages:
    return make_packages(built, tmp_path_factory.mktemp("packages"))


@pytest.fixture(scope="session")
def debian(packages: Packages, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Debian]:
    """A system with what the package says that it needs, and nothing of the package."""
    if os.geteuid() != 0:
        pytest.skip("only root can make a system to install into: debootstrap, chroot")
    needed = [one.split()[0] for one in packages.field("Depends").split(",")]
    root = tmp_path_factory.mktemp("debian") / "root"
    try:
        yield Debian.make(root, [*needed, *TOOLS])
    finally:
        shutil.rmtree(root)
