"""The committed known answers are those of this implementation, and those that FORMAT.md prints."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

import make_known_answers as known
import vault_format as fmt
from vault_errors import KeyFileUnusable, RecoveryCodeMalformed

FORMAT_PAGE = Path(__file__).resolve().parents[2] / "FORMAT.md"

#: What the table *Known answers* of the page calls them, and what the file calls them.
OF_THE_PAGE = {
    "slot 1, `correct horse battery staple`": "slotAuthenticator passphrase",
    "keyring key": "keyringKey",
    "tag of profile `ci-deploy`": "profileTag",
    "record key of a profile's meta": "recordKey profileMeta",
}


@pytest.fixture(scope="module")
def answers() -> dict[str, known.Answer]:
    return {answer["name"]: answer for answer in known.build()}


def test_file_is_what_the_generator_writes(answers: dict[str, known.Answer]) -> None:
    committed = json.loads(known.KNOWN_ANSWERS.read_text(encoding="utf-8"))["answers"]
    assert [answer["name"] for answer in committed] == list(answers)
    for answer in committed:
        assert answer == answers[answer["name"]], answer["name"]


@pytest.mark.parametrize("beginning, name", OF_THE_PAGE.items())
def test_page(answers: dict[str, known.Answer], beginning: str, name: str) -> None:
    line = next(
        line for line in FORMAT_PAGE.read_text(encoding="utf-8").splitlines() if line.startswith(f"| {beginning}")
    )
    printed = re.search(r"`([0-9a-f]{64})`", line)
    assert printed and answers[name]["output"] == printed[1]


def test_slots_open_again() -> None:
    secrets = {"recoveryCode": known.RECOVERY_SECRET, "keyFile": fmt.key_file_secret(known.KEY_FILE)}
    slots = {answer["name"]: answer for answer in known.slots()}
    for name, secret in secrets.items():
        slot = fmt.KeySlot.parse(bytes.fromhex(slots[f"slot {name}"]["output"]))
        slot.check(known.VAULT_ID, slot.number, 16 * 1024 * fmt.MIB)
        assert slot.open(secret) == known.ROOT_KEY


def test_columns_open_again() -> None:
    for answer in known.columns():
        if not answer["name"].startswith("column "):
            continue
        inputs = {key: bytes.fromhex(value) for key, value in answer["inputs"].items() if isinstance(value, str)}
        plaintext = fmt.open_column(
            inputs["sealingKey"],
            inputs["vaultId"],
            inputs["rowId"],
            bytes.fromhex(answer["output"]),
            answer["inputs"]["block"],
            answer["name"],
        )
        assert plaintext == inputs["plaintext"]


def test_recovery_code_reads_back_and_notices_each_mistyped_character() -> None:
    code = fmt.recovery_code(known.RECOVERY_SECRET)
    assert re.fullmatch(r"([0-9A-HJKMNP-TV-Z]{4}-){8}[0-9A-HJKMNP-TV-Z]{4}", code)
    assert fmt.recovery_secret(code) == known.RECOVERY_SECRET
    for position, character in enumerate(code):
        if character != "-":
            other = "7" if character != "7" else "8"
            with pytest.raises(RecoveryCodeMalformed):
                fmt.recovery_secret(code[:position] + other + code[position + 1 :])


@pytest.mark.parametrize("ending", [b"", b"\n", b"\r\n"])
def test_key_file_loses_one_newline(ending: bytes) -> None:
    assert fmt.key_file_secret(b"k" * 20 + ending) == b"k" * 20


def test_key_file_loses_no_second_newline() -> None:
    assert fmt.key_file_secret(b"k" * 20 + b"\n\n") == b"k" * 20 + b"\n"


@pytest.mark.parametrize("content", [b"k" * 19, b"k" * 19 + b"\n", b"k" * 4097, b""])
def test_key_file_of_unusable_length(content: bytes) -> None:
    with pytest.raises(KeyFileUnusable):
        fmt.key_file_secret(content)


def test_frontier_folds_to_the_root() -> None:
    leaves = [bytes([number]) * 32 for number in range(70)]
    for size in range(len(leaves) + 1):
        for start in (0, size // 2, size):
            first = fmt.extended_frontier([], 0, leaves[:start])
            frontier = fmt.extended_frontier(first, start, leaves[start:size])
            assert len(frontier) == size.bit_count()
            assert fmt.folded(frontier) == fmt.tree_root(leaves[:size])
