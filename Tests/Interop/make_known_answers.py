"""Writes ``Tests/Vectors/known-answers.json`` from the Python implementation.

Run without arguments. ``test_known_answers.py`` recomputes the same list and compares it with the file, and the four
values that FORMAT.md prints with both; the Swift tests read the file. Every answer is flat:

- ``name``: what it is the answer to; ``inputs``: what goes in; ``output``: what comes out, in hexadecimal;
- an input is a number, a text (UTF-8; its name ends in ``Text``), a list of hexadecimal strings, or a hexadecimal
  string.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import proto_wire as wire
import vault_format as fmt

KNOWN_ANSWERS = Path(__file__).resolve().parents[1] / "Vectors" / "known-answers.json"

Answer = dict[str, Any]


def run(first: int, last: int) -> bytes:
    """The bytes ``first`` … ``last``, as the page writes them."""
    return bytes(range(first, last + 1))


VAULT_ID = run(0x00, 0x0F)
ROOT_KEY = run(0x20, 0x3F)
DATA_KEY = run(0x40, 0x5F)
SALT = run(0x60, 0x6F)
SLOT_NONCE = run(0x70, 0x87)
COLUMN_NONCE = run(0x88, 0x9F)
ROW_ID = run(0xA0, 0xAF)
SIGNING_SEED = run(0xB0, 0xCF)
ANCHOR_KEY = run(0xC0, 0xDF)
TOKEN_HASH_KEY = run(0xD0, 0xEF)
AUDIT_KEY = run(0xE0, 0xFF)
RECOVERY_SECRET = run(0x10, 0x23)
CREATED = 1700000000
EPOCH = 1
PASSPHRASE = "correct horse battery staple"
KEY_FILE = b"0123456789abcdefghij-key-file\r\n"

PROFILE_META: wire.Message = {
    "name": "ci-deploy",
    "provider": "entra",
    "cloud": "AzureCloud",
    "authority": "https://login.microsoftonline.com",
    "tenant": "11111111-1111-4111-8111-111111111111",
    "client_id": "22222222-2222-4222-8222-222222222222",
    "credential_kind": "client-secret",
    "credential_stored": 1700000000000,
    "tags": ["env=prod", "größe"],
    "about": "Täglich, 毎日",
    "created": 1700000000000,
    "updated": 1700000001000,
}

TOKEN_WORDS = {
    "providerText": "entra",
    "authorityText": "https://login.microsoftonline.com",
    "tenantText": "11111111-1111-4111-8111-111111111111",
    "clientIdText": "22222222-2222-4222-8222-222222222222",
    "credentialKindText": "client-secret",
    "hostText": "",
    "scopeText": "2ff814a6-3304-4ab8-85cb-cd0e6f879c1d/.default",
}


def build() -> list[Answer]:
    """All answers, in the order of the file."""
    return [
        *keys(),
        *slots(),
        *recovery_codes(),
        *columns(),
        *tags(),
        *set_hashes(),
        *audit(),
        *tree(),
        *anchors(),
        *rest(),
    ]


def answer(name: str, output: bytes, **inputs: Any) -> Answer:
    return {"name": name, "inputs": {key: _shown(value) for key, value in inputs.items()}, "output": output.hex()}


def text_answer(name: str, output: str, **inputs: Any) -> Answer:
    """An answer that is a text: ``output`` is its UTF-8 in hexadecimal, ``outputText`` the text."""
    return {**answer(name, output.encode(), **inputs), "outputText": output}


def _shown(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, list):
        return [_shown(item) for item in value]
    return value


def keys() -> list[Answer]:
    derived = [
        answer(f"tableKey {number}", fmt.table_key(DATA_KEY, number), dataKey=DATA_KEY, number=number)
        for number in range(1, 9)
    ]
    return [answer("keyringKey", fmt.keyring_key(ROOT_KEY), rootKey=ROOT_KEY), *derived]


def slots() -> list[Answer]:
    passphrase = _slot(1, fmt.PASSPHRASE, 3, 64 * fmt.MIB).sealed(ROOT_KEY, PASSPHRASE.encode())
    accented = _slot(2, fmt.PASSPHRASE, 2, 64 * fmt.MIB).sealed(ROOT_KEY, "Grüße, 世界 🔑".encode())
    recovery = _slot(3, fmt.RECOVERY_CODE, 0, 0).sealed(ROOT_KEY, RECOVERY_SECRET)
    key_file = _slot(32, fmt.KEY_FILE, 0, 0).sealed(ROOT_KEY, fmt.key_file_secret(KEY_FILE))
    return [
        answer(
            "slotAuthenticator passphrase",
            passphrase.authenticator,
            **_slot_inputs(passphrase),
            passphraseText=PASSPHRASE,
        ),
        answer("slot passphrase", passphrase.blob(), **_slot_inputs(passphrase), passphraseText=PASSPHRASE),
        answer("slot passphraseUnicode", accented.blob(), **_slot_inputs(accented), passphraseText="Grüße, 世界 🔑"),
        answer("slot recoveryCode", recovery.blob(), **_slot_inputs(recovery), recoverySecret=RECOVERY_SECRET),
        answer("slot keyFile", key_file.blob(), **_slot_inputs(key_file), keyFileContent=KEY_FILE),
    ]


def _slot(number: int, kind: int, passes: int, memory: int) -> fmt.KeySlot:
    return fmt.KeySlot.unsealed(VAULT_ID, number, kind, passes, memory, SALT, CREATED, SLOT_NONCE)


def _slot_inputs(slot: fmt.KeySlot) -> dict[str, Any]:
    return {
        "vaultId": slot.vault_id,
        "rootKey": ROOT_KEY,
        "slot": slot.number,
        "kind": slot.kind,
        "derivation": slot.derivation,
        "passes": slot.passes,
        "memory": slot.memory,
        "salt": slot.salt,
        "created": slot.created,
        "nonce": slot.nonce,
    }


def recovery_codes() -> list[Answer]:
    secrets = {"counting": RECOVERY_SECRET, "zeros": bytes(20), "ones": b"\xff" * 20}
    written = [
        text_answer(f"recoveryCode {name}", fmt.recovery_code(secret), recoverySecret=secret)
        for name, secret in secrets.items()
    ]
    # A code as people type it: small letters, spaces in the place of hyphens, the letter O in that of zero.
    sloppy = fmt.recovery_code(bytes(20)).lower().replace("-", " ").replace("0", "o")
    return [*written, answer("recoverySecret sloppilyTyped", fmt.recovery_secret(sloppy), recoveryCodeText=sloppy)]


def columns() -> list[Answer]:
    meta = wire.encode(wire.PROFILE, PROFILE_META)
    header = fmt.Header(fmt.PROFILE.number, False, EPOCH, 7)
    record_key = fmt.record_key(fmt.table_key(DATA_KEY, 1), VAULT_ID, header.encoded(), ROW_ID)
    record_inputs = {"vaultId": VAULT_ID, "header": header.encoded(), "rowId": ROW_ID}
    full_block = bytes(index & 0xFF for index in range(512))
    return [
        answer("recordKey profileMeta", record_key, tableKey=fmt.table_key(DATA_KEY, 1), **record_inputs),
        _column("profileMeta", fmt.PROFILE, False, 7, ROW_ID, meta),
        _column("profileSecret", fmt.PROFILE, True, 7, ROW_ID, b"Xq38Q~example+secret/for=the%emulator.0"),
        _column("profileSecret empty", fmt.PROFILE, True, 7, ROW_ID, b""),
        _column("profileSecret fullBlock", fmt.PROFILE, True, 7, ROW_ID, full_block),
        _column("profileSecret endsLikePadding", fmt.PROFILE, True, 7, ROW_ID, b"secret\x80\0\0"),
        _column("tokenMeta", fmt.TOKEN, False, 1, ROW_ID, b"plaintext"),
        _column("rotationSecret", fmt.ROTATION, True, 2, ROW_ID, b"oldnew"),
        _column("settingMeta", fmt.SETTING, False, 1, ROW_ID, b"plaintext"),
        _column("stateSecret", fmt.STATE, True, 12, fmt.ZERO_ID, AUDIT_KEY),
        _column("auditMeta", fmt.AUDIT, False, 0, fmt.audit_row_id(258), b"plaintext"),
        _keyring_column("keyringMeta", False, wire.encode(wire.KEYRING, {"epochs": [EPOCH]})),
        _keyring_column("keyringSecret", True, DATA_KEY + SIGNING_SEED + ANCHOR_KEY + TOKEN_HASH_KEY),
    ]


def _column(name: str, table: fmt.Table, secret: bool, version: int, row_id: bytes, plaintext: bytes) -> Answer:
    key = fmt.table_key(DATA_KEY, table.number)
    header = fmt.Header(table.number, secret, EPOCH, version)
    return _sealed(name, key, header, row_id, plaintext, table)


def _keyring_column(name: str, secret: bool, plaintext: bytes) -> Answer:
    header = fmt.Header(fmt.KEYRING.number, secret, 0, 3)
    return _sealed(name, fmt.keyring_key(ROOT_KEY), header, fmt.ZERO_ID, plaintext, fmt.KEYRING)


def _sealed(name: str, key: bytes, header: fmt.Header, row_id: bytes, plaintext: bytes, table: fmt.Table) -> Answer:
    assert table.block is not None
    column = fmt.seal_column(key, VAULT_ID, header, row_id, COLUMN_NONCE, plaintext, table.block)
    return answer(
        f"column {name}",
        column,
        sealingKey=key,
        vaultId=VAULT_ID,
        table=header.table,
        secret=int(header.is_secret),
        epoch=header.epoch,
        version=header.version,
        rowId=row_id,
        nonce=COLUMN_NONCE,
        plaintext=plaintext,
        block=table.block,
    )


def tags() -> list[Answer]:
    key = fmt.table_key(DATA_KEY, fmt.NAME_KEY)
    words = list(TOKEN_WORDS.values())
    return [
        answer("profileTag", fmt.profile_tag(key, "ci-deploy"), nameKey=key, nameText="ci-deploy"),
        answer("rotationTag", fmt.rotation_tag(key, ROW_ID), nameKey=key, profileId=ROW_ID),
        answer("settingTag", fmt.setting_tag(key, "policy.reveal"), nameKey=key, keyText="policy.reveal"),
        answer("tokenTag", fmt.token_tag(key, ROW_ID, words), nameKey=key, profileId=ROW_ID, **TOKEN_WORDS),
    ]


def live_rows() -> list[fmt.LiveRow]:
    """One row for each table, with short stand-ins for the columns: the set hash does not look into them."""
    tag = run(0x01, 0x20)
    return [
        fmt.LiveRow(fmt.PROFILE, ROW_ID, tag, b"profile meta", b"profile secret"),
        fmt.LiveRow(fmt.TOKEN, ROW_ID, tag, b"token meta", b"token secret"),
        fmt.LiveRow(fmt.ROTATION, ROW_ID, tag, b"rotation meta", b"rotation secret"),
        fmt.LiveRow(fmt.SETTING, ROW_ID, tag, b"setting meta"),
        fmt.LiveRow(fmt.KEYSLOT, fmt.u32(3), meta=b"the blob of slot 3"),
        fmt.LiveRow(fmt.CHECKPOINT, fmt.u64(258), meta="the note, größer".encode()),
        fmt.LiveRow(fmt.KEYRING, fmt.ZERO_ID, meta=b"keyring meta", secret=b"keyring secret"),
    ]


def set_hashes() -> list[Answer]:
    key = fmt.table_key(DATA_KEY, fmt.SET_KEY)
    rows = live_rows()
    elements = [
        answer(
            f"setElement {row.table.name}",
            fmt.set_element(key, row),
            setKey=key,
            table=row.table.number,
            id=row.row_id,
            tag=row.tag,
            meta=row.meta,
            secret=row.secret,
        )
        for row in rows
    ]
    total = answer("setHash all", fmt.set_hash(key, rows), elements=[fmt.set_element(key, row) for row in rows])
    return [*elements, total, answer("setHash none", fmt.set_hash(key, []), elements=[])]


def audit_rows(count: int) -> list[tuple[int, bytes, bytes]]:
    """Number, meta and seal of ``count`` entries; the metas are short stand-ins."""
    rows = []
    key = AUDIT_KEY
    for seq in range(count):
        meta = b"audit meta %d" % seq
        rows.append((seq, meta, fmt.audit_seal(key, seq, meta)))
        key = fmt.next_audit_key(key)
    return rows


def audit() -> list[Answer]:
    answers = []
    key = AUDIT_KEY
    for seq, meta, seal in audit_rows(5):
        answers.append(answer(f"auditSeal {seq}", seal, auditKey=key, seq=seq, meta=meta))
        answers.append(answer(f"auditLeaf {seq}", fmt.audit_leaf(seq, meta, seal), seq=seq, meta=meta, seal=seal))
        answers.append(answer(f"nextAuditKey {seq}", fmt.next_audit_key(key), auditKey=key))
        key = fmt.next_audit_key(key)
    return answers


def tree() -> list[Answer]:
    answers = []
    leaves = [fmt.audit_leaf(*row) for row in audit_rows(8)]
    for size in range(9):
        first = leaves[:size]
        frontier = fmt.extended_frontier([], 0, first)
        answers.append(answer(f"treeRoot {size}", fmt.tree_root(first), leaves=first))
        answers.append(answer(f"treeFrontier {size}", b"".join(frontier), leaves=first))
    return answers


def anchors() -> list[Answer]:
    answers = []
    leaves = [fmt.audit_leaf(*row) for row in audit_rows(8)]
    for size in (0, 5, 8):
        frontier = fmt.extended_frontier([], 0, leaves[:size])
        anchor = fmt.Anchor(VAULT_ID, size + 2, size, tuple(frontier))
        inputs = {"anchorKey": ANCHOR_KEY, "vaultId": VAULT_ID, "transactions": size + 2, "auditSize": size}
        answers.append(answer(f"anchor {size}", anchor.encoded(ANCHOR_KEY), **inputs, frontier=frontier))
    return answers


def rest() -> list[Answer]:
    migration = "".join(script.read_text(encoding="utf-8") for script in fmt.MIGRATIONS)
    token = "eyJ0eXAiOiJKV1QifQ.e30.c2lnbmF0dXJl"
    return [
        answer("schemaHash", fmt.schema_hash(fmt.migration_schema()), migrationText=migration),
        answer("tokenHash", fmt.b2(TOKEN_HASH_KEY, token.encode()), tokenHashKey=TOKEN_HASH_KEY, tokenText=token),
        text_answer(
            "verifierKey", fmt.verifier_key(VAULT_ID, SIGNING_SEED), vaultId=VAULT_ID, signingSeed=SIGNING_SEED
        ),
        *(
            text_answer(
                f"checkpointNote {size}",
                fmt.checkpoint_note(VAULT_ID, SIGNING_SEED, size, fmt.sha256(b"root")),
                vaultId=VAULT_ID,
                signingSeed=SIGNING_SEED,
                auditSize=size,
                root=fmt.sha256(b"root"),
            )
            for size in (1, 10_000_000, 2**63 - 1)
        ),
        answer("message profile", wire.encode(wire.PROFILE, PROFILE_META), jsonText=_json(PROFILE_META)),
    ]


def _json(message: wire.Message) -> str:
    return json.dumps(message, ensure_ascii=False, sort_keys=True)


def document(answers: list[Answer]) -> str:
    return json.dumps({"format": "vault format 1", "answers": answers}, ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    KNOWN_ANSWERS.parent.mkdir(exist_ok=True)
    KNOWN_ANSWERS.write_text(document(build()), encoding="utf-8")
