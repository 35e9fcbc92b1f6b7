"""A small protobuf codec for the messages of a vault.

The tables are copied by hand from the section *Messages* of FORMAT.md, so that this reader shares no generated code
with the writer. Decoding skips fields it does not know ("fields are only ever added") and is strict about the rest.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any

Message = dict[str, Any]


class WireError(ValueError):
    """The bytes are not a message of the expected type."""


class Kind(Enum):
    """The types of fields that occur, with the protobuf name."""

    UINT32 = "uint32"
    UINT64 = "uint64"
    INT32 = "int32"
    INT64 = "int64"
    STRING = "string"
    BYTES = "bytes"
    BOOL = "bool"
    MESSAGE = "message"

    @property
    def is_varint(self) -> bool:
        return self in (Kind.UINT32, Kind.UINT64, Kind.INT32, Kind.INT64, Kind.BOOL)


@dataclass(frozen=True)
class Field:
    """One line of a message definition."""

    name: str
    kind: Kind
    repeated: bool = False
    message: Schema | None = None

    def default(self) -> Any:
        """The value of the field when the message does not hold it."""
        if self.repeated:
            return []
        if self.kind.is_varint:
            return 0
        return {Kind.STRING: "", Kind.BYTES: b"", Kind.MESSAGE: None}[self.kind]


Schema = dict[int, Field]


def _fields(kind: Kind, **numbers: int) -> Schema:
    return {number: Field(name, kind) for name, number in numbers.items()}


KEYRING: Schema = {1: Field("epochs", Kind.UINT32, repeated=True)}

ROWS: Schema = _fields(Kind.UINT64, profile=1, token=2, rotation=3, setting=4, keyslot=5, checkpoint=6)

STATE: Schema = {
    **_fields(Kind.UINT64, transactions=1, audit_size=4, checkpoint_size=6),
    **_fields(Kind.BYTES, set_hash=3, schema_hash=7),
    2: Field("rows", Kind.MESSAGE, message=ROWS),
    5: Field("frontier", Kind.BYTES, repeated=True),
}

DATABRICKS_ACCOUNT: Schema = _fields(Kind.STRING, id=1, host=2)

ASSERTION_SOURCE: Schema = {1: Field("kind", Kind.STRING), 2: Field("value", Kind.STRING)}

ASSERTION_FORM: Schema = {1: Field("algorithm", Kind.STRING), 2: Field("sends_chain", Kind.BOOL)}

PROFILE: Schema = {
    **_fields(
        Kind.STRING,
        name=1,
        provider=2,
        cloud=3,
        authority=4,
        graph=5,
        arm=6,
        workspace=7,
        tenant=8,
        client_id=9,
        credential_kind=10,
        key_id=11,
        scope=14,
        subscription=15,
        about=17,
    ),
    **_fields(Kind.INT64, credential_stored=12, credential_expires=13, created=18, updated=19),
    16: Field("tags", Kind.STRING, repeated=True),
    20: Field("account", Kind.MESSAGE, message=DATABRICKS_ACCOUNT),
    21: Field("assertion_source", Kind.MESSAGE, message=ASSERTION_SOURCE),
    22: Field("assertion_form", Kind.MESSAGE, message=ASSERTION_FORM),
    **_fields(Kind.BYTES, credential_rotation=23),
}

TOKEN: Schema = {
    **_fields(Kind.BYTES, profile_id=1, token_hash=8),
    **_fields(Kind.STRING, tenant=2, scope=3, token_type=4, token_id=7, key_id=9),
    **_fields(Kind.INT64, issued=5, expires=6),
}

ROTATION: Schema = {
    **_fields(Kind.BYTES, profile_id=1, manager_id=14, old_rotation=17),
    **_fields(Kind.STRING, state=2, old_key_id=5, new_key_id=6),
    **_fields(Kind.INT64, started=3, grace_until=4, old_expires=9, new_expires=10, changed=11),
    **_fields(Kind.UINT32, old_length=7, new_length=8, grace=12),
    13: Field("made_here", Kind.BOOL),
    15: Field("removing", Kind.STRING, repeated=True),
    16: Field("known_key_ids", Kind.STRING, repeated=True),
}

SETTING: Schema = {**_fields(Kind.STRING, key=1, value=2), 3: Field("changed", Kind.INT64)}

CLIENT: Schema = {1: Field("pid", Kind.INT32), 2: Field("executable", Kind.STRING)}

CALLER: Schema = {
    1: Field("uid", Kind.UINT32),
    2: Field("pid", Kind.INT32),
    **_fields(Kind.STRING, user=3, host=4),
    5: Field("claimed_executables", Kind.STRING, repeated=True),
    6: Field("client", Kind.MESSAGE, message=CLIENT),
}

REFUSAL: Schema = {
    **_fields(Kind.STRING, error=1, trace_id=3, correlation_id=4),
    2: Field("aadsts", Kind.INT64),
}

AUDIT_SEGMENT: Schema = {
    **_fields(Kind.INT64, earliest=1, latest=2),
    **_fields(Kind.BYTES, name_hashes=3, counts=4, offsets=5),
}

AUDIT_EVENT: Schema = {
    **_fields(Kind.INT64, time=1, token_expires=12),
    **_fields(
        Kind.STRING,
        action=2,
        outcome=3,
        profile=5,
        audience=7,
        tenant=8,
        client_id=9,
        source=10,
        key_id=11,
        token_id=13,
        reason=16,
        detail=17,
    ),
    **_fields(Kind.BYTES, profile_id=6, token_hash=14),
    4: Field("caller", Kind.MESSAGE, message=CALLER),
    15: Field("refusal", Kind.MESSAGE, message=REFUSAL),
    18: Field("code", Kind.INT32),
}

_VARINT, _FIXED64, _LENGTH, _FIXED32 = 0, 1, 2, 5


def decode(schema: Schema, data: bytes) -> Message:
    """The message in ``data``, every field of ``schema`` present, with its default where ``data`` has none."""
    message: Message = {field.name: field.default() for field in schema.values()}
    position = 0
    while position < len(data):
        key, position = _read_varint(data, position)
        number, wire_type = key >> 3, key & 7
        if number == 0:
            raise WireError("field number 0")
        raw, position = _read_raw(data, position, wire_type)
        field = schema.get(number)
        if field is not None:
            _store(message, field, wire_type, raw)
    return message


def encode(schema: Schema, message: Message) -> bytes:
    """``message`` in ascending order of fields, defaults left out: what the common writers give."""
    known = {field.name for field in schema.values()}
    if unknown := set(message) - known:
        raise WireError(f"no such field: {sorted(unknown)}")
    out = bytearray()
    for number, field in sorted(schema.items()):
        value = message.get(field.name, field.default())
        if value != field.default():
            out += _encode_field(number, field, value)
    return bytes(out)


def _read_raw(data: bytes, position: int, wire_type: int) -> tuple[int | bytes, int]:
    if wire_type == _VARINT:
        return _read_varint(data, position)
    if wire_type == _LENGTH:
        length, position = _read_varint(data, position)
    elif wire_type in (_FIXED32, _FIXED64):
        length = 4 if wire_type == _FIXED32 else 8
    else:
        raise WireError(f"wire type {wire_type}")
    if position + length > len(data):
        raise WireError("ends inside a field")
    return data[position : position + length], position + length


def _read_varint(data: bytes, position: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if position >= len(data):
            raise WireError("ends inside a number")
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value & (2**64 - 1), position
    raise WireError("number of more than ten bytes")


def _store(message: Message, field: Field, wire_type: int, raw: int | bytes) -> None:
    values = _values(field, wire_type, raw)
    if field.repeated:
        message[field.name].extend(values)
        return
    if len(values) != 1:
        raise WireError(f"{field.name}: several values for one field")
    if field.kind is Kind.MESSAGE and message[field.name] is not None:
        # A message that comes in several parts is merged; no writer makes such, so that refusing is the safer reading.
        raise WireError(f"{field.name}: a message in several parts")
    message[field.name] = values[0]


def _values(field: Field, wire_type: int, raw: int | bytes) -> list[Any]:
    if field.kind.is_varint:
        if isinstance(raw, int) and wire_type == _VARINT:
            return [_integer(field.kind, raw)]
        if field.repeated and wire_type == _LENGTH and isinstance(raw, bytes):
            return [_integer(field.kind, number) for number in _unpack(raw)]
    elif wire_type == _LENGTH and isinstance(raw, bytes):
        return [_delimited(field, raw)]
    raise WireError(f"{field.name}: wire type {wire_type} for {field.kind.value}")


def _unpack(raw: bytes) -> list[int]:
    numbers: list[int] = []
    position = 0
    while position < len(raw):
        number, position = _read_varint(raw, position)
        numbers.append(number)
    return numbers


def _integer(kind: Kind, number: int) -> int:
    bits = 32 if kind in (Kind.UINT32, Kind.INT32) else 64
    number &= 2**bits - 1
    signed = kind in (Kind.INT32, Kind.INT64)
    return number - 2**bits if signed and number >= 2 ** (bits - 1) else number


def _delimited(field: Field, raw: bytes) -> Any:
    if field.kind is Kind.BYTES:
        return raw
    if field.kind is Kind.STRING:
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError as error:
            raise WireError(f"{field.name}: not UTF-8") from error
    assert field.message is not None
    return decode(field.message, raw)


def _encode_field(number: int, field: Field, value: Any) -> bytes:
    if field.repeated and field.kind.is_varint:
        return _tagged(number, _LENGTH) + _prefixed(b"".join(_varint(item) for item in value))
    items = value if field.repeated else [value]
    return b"".join(_encode_one(number, field, item) for item in items)


def _encode_one(number: int, field: Field, value: Any) -> bytes:
    if field.kind.is_varint:
        return _tagged(number, _VARINT) + _varint(value)
    if field.kind is Kind.STRING:
        body = value.encode("utf-8")
    elif field.kind is Kind.BYTES:
        body = value
    else:
        assert field.message is not None
        body = encode(field.message, value)
    return _tagged(number, _LENGTH) + _prefixed(body)


def _tagged(number: int, wire_type: int) -> bytes:
    return _varint(number << 3 | wire_type)


def _prefixed(body: bytes) -> bytes:
    return _varint(len(body)) + body


def _varint(number: int) -> bytes:
    number &= 2**64 - 1
    out = bytearray()
    while number >= 0x80:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)
