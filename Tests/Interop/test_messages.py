"""The hand-written field tables are those of the page, and the codec does what protobuf says."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

import make_known_answers as known
import proto_wire as wire

REPOSITORY = Path(__file__).resolve().parents[2]

TABLES = {
    "Keyring": wire.KEYRING,
    "State": wire.STATE,
    "Rows": wire.ROWS,
    "Profile": wire.PROFILE,
    "Token": wire.TOKEN,
    "Rotation": wire.ROTATION,
    "Setting": wire.SETTING,
    "AuditEvent": wire.AUDIT_EVENT,
    "Caller": wire.CALLER,
    "Refusal": wire.REFUSAL,
    "Client": wire.CLIENT,
    "DatabricksAccount": wire.DATABRICKS_ACCOUNT,
    "AssertionSource": wire.ASSERTION_SOURCE,
    "AssertionForm": wire.ASSERTION_FORM,
    "AuditSegment": wire.AUDIT_SEGMENT,
}


def proto_of_the_page() -> str:
    page = (REPOSITORY / "FORMAT.md").read_text(encoding="utf-8")
    block = re.search(r"```proto\n(.*?)```", page, re.DOTALL)
    assert block
    return block[1]


def fields_of_the_page() -> dict[str, dict[int, tuple[str, str, bool]]]:
    """For each message its fields: number to name, type and whether it repeats."""
    messages: dict[str, dict[int, tuple[str, str, bool]]] = {}
    open_messages: list[str] = []
    for line in proto_of_the_page().splitlines():
        line = line.split("//")[0].strip()
        if opening := re.fullmatch(r"message (\w+) \{", line):
            open_messages.append(opening[1])
            messages[opening[1]] = {}
        elif line == "}":
            open_messages.pop()
        elif found := re.fullmatch(r"(repeated )?(\w+) (\w+) = (\d+);", line):
            messages[open_messages[-1]][int(found[4])] = (found[3], found[2], bool(found[1]))
    return messages


def test_tables_are_those_of_the_page() -> None:
    names = {id(schema): name for name, schema in TABLES.items()}
    ours = {
        message: {
            number: (field.name, names[id(field.message)] if field.message else field.kind.value, field.repeated)
            for number, field in schema.items()
        }
        for message, schema in TABLES.items()
    }
    assert ours == fields_of_the_page()


def test_page_holds_the_whole_of_the_proto_file() -> None:
    assert proto_of_the_page() == (REPOSITORY / "Protos" / "vault.proto").read_text(encoding="utf-8")


SAMPLES = [
    ("Profile", known.PROFILE_META),
    ("Keyring", {"epochs": [1, 2, 300]}),
    ("State", {"transactions": 2**64 - 1, "rows": {"profile": 3}, "set_hash": b"\xff" * 32, "frontier": [b"a", b"b"]}),
    ("AuditEvent", {"time": -1, "caller": {"uid": 2**32 - 1, "pid": -5}, "refusal": {"aadsts": 7000215}}),
    ("Rotation", {"state": "promoted", "old_length": 40, "profile_id": bytes(16)}),
]


@pytest.mark.parametrize("name, message", SAMPLES)
def test_round_trip(name: str, message: wire.Message) -> None:
    schema = TABLES[name]
    encoded = wire.encode(schema, message)
    decoded = wire.decode(schema, encoded)
    assert {key: decoded[key] for key in message if not isinstance(message[key], dict)} == {
        key: value for key, value in message.items() if not isinstance(value, dict)
    }
    assert wire.encode(schema, decoded) == encoded


@pytest.mark.skipif(shutil.which("protoc") is None, reason="no protoc")
@pytest.mark.parametrize("name, message", SAMPLES)
def test_protoc_gives_the_same_bytes(name: str, message: wire.Message) -> None:
    encoded = wire.encode(TABLES[name], message)
    assert _protoc("encode", name, _protoc("decode", name, encoded)) == encoded


def _protoc(direction: str, message: str, data: bytes) -> bytes:
    command = ["protoc", f"--{direction}=vaultctl.v1.{message}", f"-I{REPOSITORY / 'Protos'}", "vault.proto"]
    return subprocess.run(command, input=data, capture_output=True, check=True).stdout


def test_unknown_fields_are_skipped() -> None:
    known_part = wire.encode(wire.TOKEN, {"tenant": "t"})
    unknown = b"\xa0\x06\x01" + b"\xa2\x06\x02hi" + b"\xa5\x06abcd" + b"\xa1\x06abcdefgh"
    assert wire.decode(wire.TOKEN, unknown + known_part)["tenant"] == "t"


def test_epochs_may_come_unpacked() -> None:
    assert wire.decode(wire.KEYRING, b"\x08\x01\x08\x02")["epochs"] == [1, 2]


@pytest.mark.parametrize(
    "data",
    [b"\x0a", b"\x0a\x05ab", b"\x80", b"\x00\x01", b"\x0b", b"\x08\x01", b"\x0a\x02\xff\xfe", b"\x08" + b"\xff" * 11],
    ids=["noLength", "cut", "cutKey", "field0", "group", "wrongType", "notUTF8", "longVarint"],
)
def test_damage_is_noticed(data: bytes) -> None:
    with pytest.raises(wire.WireError):
        wire.decode(wire.PROFILE, data)
