"""Fixtures that the interoperability tests share.

The programs are those of ``VAULTCTL`` and ``ENTRA_EMULATOR``, or the debug build of this repository. A test that needs
one is skipped when the debug build is not there, and fails when a variable names a file that is not.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from processes import Emulator, Vaultctl, running_emulator

REPOSITORY = Path(__file__).resolve().parents[2]
SHORT, LONG = 20, 1000


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help=f"{LONG} random vaults instead of {SHORT}")
    parser.addoption(
        "--seed", type=int, default=None, help="the seed of the random vaults, as an earlier run printed it"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Chooses the seed once, so that the header, the fixtures and every worker agree on it."""
    if config.option.seed is None:
        config.option.seed = random.SystemRandom().randrange(2**32)


def pytest_report_header(config: pytest.Config) -> str:
    return f"random vaults: --seed {config.option.seed}"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test for each random vault, so that a failure names it and the rest still runs."""
    if "vault_number" in metafunc.fixturenames:
        count = LONG if metafunc.config.option.long else SHORT
        metafunc.parametrize("vault_number", range(count))


@pytest.fixture(scope="session")
def seed(pytestconfig: pytest.Config) -> int:
    return int(pytestconfig.option.seed)


@pytest.fixture(scope="session")
def vaultctl_path() -> Path:
    return _program("VAULTCTL", "vaultctl")


@pytest.fixture(scope="session")
def emulator_path() -> Path:
    return _program("ENTRA_EMULATOR", "entra-emulator")


def _program(variable: str, name: str) -> Path:
    named = os.environ.get(variable)
    path = Path(named) if named else REPOSITORY / ".build" / "debug" / name
    if path.is_file():
        return path.resolve()
    if named:
        pytest.fail(f"{variable} names {path}, which is no file")
    pytest.skip(f"no {name} has been built, and {variable} is not set")


@pytest.fixture(scope="session")
def emulator(emulator_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    with running_emulator(emulator_path, tmp_path_factory.mktemp("emulator")) as emulator:
        yield emulator


@pytest.fixture
def nothing_of_the_caller(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """For clients that run in this process: no setting, no file and no login of whoever runs the tests.

    requests puts the first two variables before the authority that a session names, and proxies before localhost.
    """
    proxies = {"HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"}
    clients = ("AZURE_", "ARM_", "DATABRICKS_", "IDENTITY_", "MSI_")
    for name in list(os.environ):
        if name in {"REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", *proxies} or name.startswith(clients):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))


@pytest.fixture
def vaultctl(vaultctl_path: Path, tmp_path: Path) -> Vaultctl:
    return Vaultctl(vaultctl_path, tmp_path / "home")
