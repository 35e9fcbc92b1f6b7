"""Checkpoints, proofs, disclosures and exports of the real binary, verified by :mod:`verify_audit` without a passphrase;
and that it refuses each of them once anything in it was changed."""

from __future__ import annotations

import base64
import json
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import nacl.exceptions
import pytest
from nacl import bindings

import entra_directory as entra
import proto_wire as wire
import verify_audit as audit
from processes import Emulator, Vaultctl, running_emulator
from vault_format import audit_leaf, checkpoint_note, tree_root, verifier_key

PASSPHRASE = b"correct horse battery staple\n"
USAGE, DAMAGED, NOT_FOUND, EXISTS, LOCKED = 64, 65, 66, 73, 77

Line = dict[str, Any]


@pytest.fixture(scope="module")
def vault(
    vaultctl_path: Path, emulator_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> Any:
    """A vault whose record has an entry of every shape: tokens, refusals, failures, changes, an older checkpoint."""
    vaultctl = Vaultctl(vaultctl_path, tmp_path_factory.mktemp("audit"))
    with running_emulator(emulator_path, tmp_path_factory.mktemp("emulator")) as emulator:
        _fill(vaultctl, emulator)
    return vaultctl


def _fill(vaultctl: Vaultctl, emulator: Emulator) -> None:
    vaultctl.variables |= {"VAULTCTL_CA_FILE": str(emulator.authority_certificate), "VAULTCTL_KEY_FILE": ""}
    kdf = ["--kdf-memory", "64MiB", "--kdf-passes", "2"]
    vaultctl.run("init", "--no-recovery", "--passphrase-fd", "0", *kdf, stdin=PASSPHRASE)
    key = vaultctl.home / "key"
    key.write_text("the-key-file-of-these-tests-0815\n")
    key.chmod(0o600)
    vaultctl.run("slot", "add", "--new-key-file", key, "--passphrase-fd", "0", stdin=PASSPHRASE)
    vaultctl.variables["VAULTCTL_KEY_FILE"] = str(key)
    cloud = ["--cloud", "lab", "--authority", emulator.base, "--graph", emulator.base, "--arm", emulator.base]
    where = ["--client-id", entra.APPLICATION, "--tenant", entra.TENANT, *cloud, "--resource", "databricks"]
    vaultctl.run("add", "ci", *where, "--secret-stdin", stdin=entra.SECRET.encode())
    vaultctl.run("add", "bad", *where, "--no-check", "--secret-stdin", stdin=b"wrong")
    vaultctl.run("issue", "ci", "--reason", "für einen „Test“\twith a tab")
    (vaultctl.home / "first").write_bytes(vaultctl.run("audit", "checkpoint", "--reason", "quarter").stdout)
    vaultctl.run("issue", "ci", "--force-refresh")
    vaultctl.run("issue", "bad", status=76)
    vaultctl.run("edit", "bad", "--description", "x" * 3000)
    vaultctl.run("remove", "bad", "--yes")


@pytest.fixture(scope="module")
def key(vault: Vaultctl) -> str:
    return vault.run("audit", "checkpoint", "--key").stdout.decode().strip()


def entries(vault: Vaultctl) -> list[Line]:
    return [json.loads(line) for line in vault.run("audit", "list", "-o", "jsonl").stdout.splitlines()]


def command(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """The verifier as an auditor runs it."""
    program = [sys.executable, audit.__file__, *map(str, arguments)]
    return subprocess.run(program, capture_output=True, text=True)


def export(vault: Vaultctl, name: str, *options: str) -> Path:
    path = vault.home / name
    vault.run("audit", "export", path, "--force", *options)
    return path


# -- checkpoints


def test_a_checkpoint_is_signed_of_the_tree_that_holds_its_own_entry(vault: Vaultctl, key: str) -> None:
    note = vault.run("audit", "checkpoint", "--reason", "again").stdout.decode()
    checkpoint = audit.Checkpoint.verified(note, audit.VerifierKey.parse(key))
    last = entries(vault)[-1]
    assert (last["action"], last["reason"]) == ("checkpoint", "again")
    assert checkpoint.size == last["sequence"] + 1
    rows = [json.loads(line) for line in export(vault, "rows").read_text().splitlines()[1 : checkpoint.size + 1]]
    decoded = [(base64.b64decode(row["meta"]), base64.b64decode(row["seal"])) for row in rows]
    assert checkpoint.root == tree_root([audit_leaf(number, *columns) for number, columns in enumerate(decoded)])


def test_nothing_new_is_not_signed_again(vault: Vaultctl) -> None:
    first = vault.run("audit", "checkpoint").stdout
    count = len(entries(vault))
    assert vault.run("audit", "checkpoint", "--reason", "again").stdout == first
    assert len(entries(vault)) == count
    shown = vault.run("audit", "checkpoint", "-o", "json").json()
    assert shown["note"] == first.decode() and shown["entries"] == count


def test_the_key_is_that_of_init(vaultctl: Vaultctl) -> None:
    unlock = ["--passphrase-fd", "0"]
    made = vaultctl.run(
        "init", "--no-recovery", *unlock, "--kdf-memory", "64MiB", "--kdf-passes", "2", stdin=PASSPHRASE
    ).json()
    shown = vaultctl.run("audit", "checkpoint", "--key", *unlock, stdin=PASSPHRASE).stdout.decode()
    assert shown == made["checkpointKey"] + "\n"
    vaultctl.run("audit", "checkpoint", "--key", "hunter2", *unlock, stdin=PASSPHRASE, status=USAGE)
    vaultctl.run("verify", *unlock, stdin=PASSPHRASE)


SEED, ID = bytes(range(32)), bytes(range(16))
ROOT = audit.sha256(b"root")
STRANGER = "\u2014 witness.example AAAAAAE=\n"


def own_key() -> audit.VerifierKey:
    return audit.VerifierKey.parse(verifier_key(ID, SEED))


def signed(text: str) -> str:
    """A signature line of :func:`own_key`."""
    key = own_key()
    _, secret = bindings.crypto_sign_seed_keypair(SEED)
    signature = bindings.crypto_sign(text.encode(), secret)[:64]
    return f"\u2014 {key.name} {base64.b64encode(key.key_id + signature).decode()}\n"


def test_a_note_may_have_signatures_of_others() -> None:
    note = checkpoint_note(ID, SEED, 12, ROOT)
    assert audit.Checkpoint.verified(note, own_key()) == audit.Checkpoint(12, ROOT)
    assert audit.Checkpoint.verified(note + STRANGER, own_key()).size == 12
    text = note.partition("\n\n")[0] + "\n"
    assert note == text + "\n" + signed(text)


def _texts_that_are_none() -> dict[str, str]:
    name, root = own_key().name, base64.b64encode(ROOT).decode()
    return {
        "a line more": f"{name}\n12\n{root}\nmore\n",
        "a line less": f"{name}\n12\n",
        "another origin": f"vaultctl/{ID[::-1].hex()}\n12\n{root}\n",
        "a leading zero": f"{name}\n012\n{root}\n",
        "a sign": f"{name}\n+12\n{root}\n",
        "a digit of another script": f"{name}\n1\u0662\n{root}\n",
        "a short root": f"{name}\n12\n{base64.b64encode(ROOT[:31]).decode()}\n",
        "a root of another spelling": f"{name}\n12\n{root[:-2]}{chr(ord(root[-2]) + 1)}=\n",
        "a control character": f"{name}\n12\n{root}\r\n",
    }


@pytest.mark.parametrize("what", _texts_that_are_none())
def test_a_signed_text_of_another_form_is_no_checkpoint(what: str) -> None:
    text = _texts_that_are_none()[what]
    _refused(lambda: audit.Checkpoint.verified(text + "\n" + signed(text), own_key()), what)


@pytest.mark.parametrize("what", ["none", "cut", "two lines", "no dash", "last character", "control character", "another's short", "short", "long", "only another's", "beside a false one"])
def test_what_is_not_signed_is_no_checkpoint(what: str) -> None:
    note = checkpoint_note(ID, SEED, 12, ROOT)
    text, _, line = note.partition("\n\n")
    name, key_id = own_key().name, own_key().key_id

    def with_signature(data: bytes) -> str:
        return f"{text}\n\n\u2014 {name} {base64.b64encode(key_id + data).decode()}\n"

    changed: object = {
        "none": text + "\n",
        "cut": note[:-1],
        "two lines": note + "\n",
        "no dash": note.replace("\u2014", "-"),
        "last character": note[:-1] + "x",
        "control character": note + STRANGER.replace("witness", "wit\tness"),
        "another's short": note + STRANGER.replace("AAAAAAE=", "AAAA"),
        "short": with_signature(b""),
        "long": with_signature(base64.b64decode(line.split(" ")[2])[4:] + b"x"),
        "only another's": f"{text}\n\n{STRANGER}",
        "beside a false one": note + with_signature(bytes(64)).partition("\n\n")[2],
    }[what]
    _refused(lambda: audit.Checkpoint.verified(changed, own_key()), what)
    _refused(lambda: audit.Checkpoint.verified(None, own_key()), "nothing")
    _refused(lambda: audit.Checkpoint.verified(note + STRANGER * 4000, own_key()), "too long")


def test_what_is_no_verifier_key_is_refused() -> None:
    name, digits, encoded = verifier_key(ID, SEED).split("+", 2)
    key = base64.b64decode(encoded)
    other = base64.b64encode(b"\x02" + key[1:]).decode()
    other_digits = audit.sha256(name.encode() + b"\n\x02" + key[1:])[:4].hex()
    for text in (
        "",
        name,
        f"{name}+{digits}",
        f"{name}+{digits[::-1]}+{encoded}",
        f"{name}+{other_digits}+{other}",
        f"{name}+{digits}+{base64.b64encode(key[:-1]).decode()}",
    ):
        _refused(lambda: audit.VerifierKey.parse(text), text)  # noqa: B023


# -- proofs


def test_every_entry_is_proven(vault: Vaultctl, key: str) -> None:
    verifier = audit.VerifierKey.parse(key)
    count = len(entries(vault))
    roots = set()
    for number in range(count):
        text = vault.run("audit", "prove", str(number)).stdout.decode()
        index, _, checkpoint = audit.verify_inclusion(text, verifier)
        assert index == number and checkpoint.size == count
        roots.add(checkpoint.root)
    assert len(roots) == 1 and len(entries(vault)) == count, "proving changes nothing"
    vault.run("audit", "prove", str(count), status=NOT_FOUND)
    vault.run("audit", "prove", str(2**64 - 1), status=NOT_FOUND)


def test_every_two_sizes_are_proven_consistent(vault: Vaultctl, key: str) -> None:
    verifier = audit.VerifierKey.parse(key)
    count = min(9, len(entries(vault)))
    notes = {}
    for size in range(count + 1):
        text = vault.run("audit", "prove", "--from", "0", "--to", str(size)).stdout.decode()
        notes[size] = audit.Checkpoint.verified(text.partition("\n\n")[2], verifier)
    for new in range(count + 1):
        for old in range(new + 1):
            text = vault.run("audit", "prove", "--from", str(old), "--to", str(new)).stdout.decode()
            assert audit.verify_consistency(text, notes[old], verifier) == notes[new]
            if old > 0:
                other = audit.Checkpoint(old, bytes(32))
                with pytest.raises(audit.Refused):
                    audit.verify_consistency(text, other, verifier)
    vault.run("audit", "prove", "--from", "3", "--to", "2", status=USAGE)
    vault.run("audit", "prove", "--from", "0", "--to", str(2**64 - 1), status=USAGE)
    vault.run("audit", "prove", "1", "--from", "0", status=USAGE)


def test_a_row_that_was_changed_gets_no_proof(vault: Vaultctl, tmp_path: Path) -> None:
    """The tree of the state is what is signed, not whatever the rows give."""
    copy = Vaultctl(vault.binary, tmp_path / "copy", variables=dict(vault.variables))
    copy.vault.parent.mkdir(mode=0o700)
    copy.vault.write_bytes(vault.vault.read_bytes())
    copy.vault.chmod(0o600)
    with sqlite3.connect(copy.vault) as database:
        database.execute("UPDATE audit SET seal = zeroblob(16) WHERE seq = 2")
    count = len(entries(copy))
    for asked in (["0"], ["2"], ["--from", "3"], ["--from", "2", "--to", "3"]):
        ended = copy.run("audit", "prove", *asked, status=DAMAGED)
        assert not ended.stdout
    copy.run("audit", "export", tmp_path / "export", status=DAMAGED)
    assert not (tmp_path / "export").exists() and list(tmp_path.iterdir()) == [copy.home]
    assert len(entries(copy)) == count + 1, "the attempt is on the record"


@pytest.mark.parametrize("asked", [["4"], ["--from", "4"]])
def test_a_changed_proof_is_refused(vault: Vaultctl, key: str, tmp_path: Path, asked: list[str]) -> None:
    proof, old = tmp_path / "proof", tmp_path / "old"
    text = vault.run("audit", "prove", *asked).stdout.decode()
    old.write_bytes(vault.run("audit", "prove", "--from", "0", "--to", "4").stdout.partition(b"\n\n")[2])
    proof.write_text(text)
    assert command(proof, "--key", key).returncode == (DAMAGED if text.startswith("old ") else 0), "without --old"
    assert command(proof, "--key", key, "--old", old).returncode == 0
    for line, content in enumerate(text.split("\n")):
        for position in range(len(content)):
            changed = text.split("\n")
            changed[line] = content[:position] + ("B" if content[position] == "A" else "A") + content[position + 1 :]
            _refused(lambda: _verify_text("\n".join(changed), old.read_text(), key), f"{line}:{position}")  # noqa: B023
        without = text.split("\n")
        del without[line]
        _refused(lambda: _verify_text("\n".join(without), old.read_text(), key), f"without line {line}")  # noqa: B023


@pytest.mark.parametrize("asked", [["4"], ["--from", "4"]])
def test_a_proof_says_what_it_is(vault: Vaultctl, key: str, asked: list[str]) -> None:
    text = vault.run("audit", "prove", *asked).stdout.decode()
    old = vault.run("audit", "prove", "--from", "0", "--to", "4").stdout.decode().partition("\n\n")[2]
    _verify_text(text, old, key)
    words = ["extra ", "index "] if len(asked) == 1 else []
    for changed in [text.replace(word, "") for word in words] + [text.replace("old 4", "old 3")]:
        if changed != text:
            _refused(lambda: _verify_text(changed, old, key), changed)  # noqa: B023
    verifier = audit.VerifierKey.parse(key)
    before = audit.Checkpoint.verified(old, verifier)
    _refused(lambda: audit.verify_consistency(text.removeprefix("old "), before, verifier), "without its word")


def _verify_text(text: str, old: str, key: str) -> None:
    verifier = audit.VerifierKey.parse(key)
    if text.startswith("old "):
        audit.verify_consistency(text, audit.Checkpoint.verified(old, verifier), verifier)
    else:
        audit.verify_inclusion(text, verifier)


def _refused(act: Callable[[], object], what: str) -> None:
    try:
        act()
    except audit.Refused:
        return
    pytest.fail(f"taken for genuine: {what}")


# -- disclosures


def test_a_disclosure_says_what_the_entry_says_and_opens_no_other(vault: Vaultctl, key: str, tmp_path: Path) -> None:
    file = tmp_path / "entry.json"
    file.write_bytes(vault.run("audit", "disclose", "3", "--reason", "incident").stdout)
    known = entries(vault)
    assert (known[-1]["action"], known[-1]["detail"], known[-1]["reason"]) == ("disclose", "entry 3", "incident")
    ended = command(file, "--key", key)
    assert ended.returncode == 0, ended.stderr
    assert json.loads(ended.stdout) == known[3]
    given = base64.b64decode(json.loads(file.read_text())["key"])
    opened = 0
    for line in export(vault, "rows").read_text().splitlines()[1 : len(known) + 1]:
        meta = base64.b64decode(json.loads(line)["meta"])
        try:
            bindings.crypto_secretbox_open(meta[40:], meta[16:40], given)
        except nacl.exceptions.CryptoError:
            continue
        opened += 1
        assert json.loads(line)["sequence"] == 3
    assert opened == 1
    vault.run("audit", "disclose", str(len(known) + 10), status=NOT_FOUND)


def test_a_changed_disclosure_is_refused(vault: Vaultctl, key: str) -> None:
    text = vault.run("audit", "disclose", "3").stdout.decode()
    other = json.loads(vault.run("audit", "disclose", "4").stdout)
    found = json.loads(text)
    verifier = audit.VerifierKey.parse(key)
    audit.verify_disclosure(text, verifier)
    for name in found:
        changed = deepcopy(found)
        changed[name] = other[name] if other[name] != found[name] else "x"
        _refused(lambda: audit.verify_disclosure(json.dumps(changed), verifier), name)  # noqa: B023
        del changed[name]
        _refused(lambda: audit.verify_disclosure(json.dumps(changed), verifier), f"without {name}")  # noqa: B023
    changed = deepcopy(found)
    changed["event"]["caller"]["user"] = "mallory"
    _refused(lambda: audit.verify_disclosure(json.dumps(changed), verifier), "another user")
    changed = {**found, "sequence": 4, "event": {**found["event"], "sequence": 4}}
    _refused(lambda: audit.verify_disclosure(json.dumps(changed), verifier), "another number, twice")
    _refused(lambda: audit.verify_disclosure(json.dumps({**found, "proof": 5}), verifier), "a proof that is a number")


# -- exports


@pytest.mark.parametrize("options", [[], ["--open"]])
def test_an_export_is_verified_without_the_passphrase(vault: Vaultctl, key: str, options: list[str]) -> None:
    path = export(vault, "export.jsonl", *options)
    known = entries(vault)
    assert (known[-1]["action"], known[-1]["detail"]) == ("audit-export", "open" if options else "sealed")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    ended = command(path, "--key", key)
    assert ended.returncode == 0, ended.stderr
    found = audit.verify_export(path, audit.VerifierKey.parse(key))
    assert found.checkpoint.size == len(known) and found.is_open == bool(options)
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    if options:
        assert [line["event"] for line in lines[1 : len(known) + 1]] == known
    first = (vault.home / "first").read_text()
    assert first in [line.get("checkpoint") for line in lines], "checkpoints that were given away are in it"
    other = "vaultctl/" + "00" * 16
    stranger = _key_of(other, bytes(32))
    assert command(path, "--key", stranger).returncode == DAMAGED
    assert vault.run("verify").status == 0


def _key_of(name: str, seed: bytes) -> str:
    public, _ = bindings.crypto_sign_seed_keypair(seed)
    key = b"\x01" + public
    digits = audit.sha256(name.encode() + b"\n" + key)[:4].hex()
    return f"{name}+{digits}+{base64.b64encode(key).decode()}"


def test_an_export_replaces_nothing_unasked(vault: Vaultctl, tmp_path: Path) -> None:
    path = tmp_path / "export.jsonl"
    path.write_text("precious")
    count = len(entries(vault))
    vault.run("audit", "export", path, status=EXISTS)
    vault.run("audit", "export", tmp_path / "nowhere" / "file", status=EXISTS)
    assert path.read_text() == "precious" and len(entries(vault)) == count
    vault.run("audit", "export", path, "--force")
    before = vault.vault.read_bytes()
    beside = vault.vault.parent / ".." / "vaultctl"
    for file in (vault.vault, beside / "vault.db", beside / "vault.db.lock"):
        vault.run("audit", "export", file, "--force", status=USAGE)
    (tmp_path / "directory").mkdir()
    vault.run("audit", "export", tmp_path / "directory", "--force", status=EXISTS)
    assert vault.vault.read_bytes() == before
    assert path.read_text() != "precious" and [file.name for file in tmp_path.iterdir() if file.is_file()] == [path.name]


def test_what_gives_keys_away_takes_what_opens_the_vault(vault: Vaultctl, tmp_path: Path) -> None:
    locked = Vaultctl(vault.binary, vault.home, variables={**vault.variables, "VAULTCTL_KEY_FILE": ""})
    for arguments in (["disclose", "1"], ["export", "--open", tmp_path / "export"], ["checkpoint"], ["prove", "1"]):
        assert not locked.run("audit", *arguments, "--no-input", status=LOCKED).stdout


Change = Callable[[list[Line], int], None]


def _on(row: int, **fields: object) -> Change:
    def change(lines: list[Line], _: int) -> None:
        lines[row].update(fields)

    return change


def _flipped(row: int, name: str, byte: int) -> Change:
    def change(lines: list[Line], _: int) -> None:
        data = bytearray(base64.b64decode(lines[row][name]))
        data[byte] ^= 1
        lines[row][name] = base64.b64encode(data).decode()

    return change


def _drop(row: int) -> Change:
    return lambda lines, _: lines.__delitem__(row)


def _swap(first: int, second: int) -> Change:
    def change(lines: list[Line], _: int) -> None:
        lines[first], lines[second] = lines[second], lines[first]

    return change


def _renumbered(change: Change) -> Change:
    """After the change, the numbers are made to fit, and the head too."""

    def renumber(lines: list[Line], count: int) -> None:
        change(lines, count)
        rows = [line for line in lines if "meta" in line]
        for number, row in enumerate(rows):
            row["sequence"] = number
        leaves = [
            audit_leaf(row["sequence"], base64.b64decode(row["meta"]), base64.b64decode(row["seal"])) for row in rows
        ]
        lines[0]["entries"] = len(rows)
        lines[0]["root"] = base64.b64encode(tree_root(leaves)).decode()

    return renumber


def _resigned(lines: list[Line], _: int) -> None:
    """As somebody else's, who has changed the last row."""
    seed = bytes(range(32))
    name = f"vaultctl/{lines[0]['vault']}"
    _renumbered(_flipped(-1 - sum("checkpoint" in line for line in lines), "seal", 0))(lines, 0)
    text = f"{name}\n{lines[0]['entries']}\n{lines[0]['root']}\n"
    _, secret = bindings.crypto_sign_seed_keypair(seed)
    signature = bindings.crypto_sign(text.encode(), secret)[:64]
    key_id = bytes.fromhex(_key_of(name, seed).split("+")[1])
    lines[-1]["checkpoint"] = f"{text}\n\u2014 {name} {base64.b64encode(key_id + signature).decode()}\n"


def _other_checkpoint(old: str, new: str) -> Change:
    def change(lines: list[Line], _: int) -> None:
        assert old in lines[-1]["checkpoint"]
        lines[-1]["checkpoint"] = lines[-1]["checkpoint"].replace(old, new, 1)

    return change


SEALED: dict[str, Change] = {
    "a bit of a header": _flipped(3, "meta", 4),
    "a bit of a nonce": _flipped(3, "meta", 17),
    "a bit of a box": _flipped(3, "meta", 60),
    "a bit of a seal": _flipped(3, "seal", 15),
    "a bit of the root": _flipped(0, "root", 0),
    "a row is gone": _drop(3),
    "a row is gone, and nobody should see it": _renumbered(_drop(3)),
    "the first row is gone": _renumbered(_drop(1)),
    "a row twice": lambda lines, _: lines.insert(3, deepcopy(lines[3])),
    "a row twice, renumbered": _renumbered(lambda lines, _: lines.insert(3, deepcopy(lines[3]))),
    "two rows exchanged": _swap(3, 4),
    "two rows exchanged, renumbered": _renumbered(_swap(3, 4)),
    "a bit of a box, and a root that fits": _renumbered(_flipped(3, "meta", 60)),
    "the last row is gone": lambda lines, count: lines.__delitem__(count),
    "the last row is gone, and the head fits": _renumbered(lambda lines, count: lines.__delitem__(count)),
    "a row more": lambda lines, count: lines.insert(count + 1, {**lines[count], "sequence": count}),
    "another number": _on(3, sequence=7),
    "a number that is text": _on(3, sequence="2"),
    "a number that is a truth": _on(2, sequence=True),
    "a field more": _on(3, comment="all is well"),
    "a seal that is a number": _on(3, seal=5),
    "a checkpoint that is a number": _on(-1, checkpoint=5),
    "a key that is a number": _on(0, checkpointKey=5),
    "a line that is a list": lambda lines, _: lines.__setitem__(3, ["meta", "seal", "sequence"]),  # type: ignore
    "a seal too long": _on(3, seal=base64.b64encode(bytes(17)).decode()),
    "base64 of another spelling": lambda lines, _: lines[3].update(seal=lines[3]["seal"].rstrip("=")),
    "the last checkpoint is gone": _drop(-1),
    "no checkpoint": lambda lines, count: lines.__delitem__(slice(count + 1, None)),
    "checkpoints exchanged": _swap(-1, -2),
    "a checkpoint twice": lambda lines, _: lines.append(deepcopy(lines[-1])),
    "a checkpoint of another key": _resigned,
    "a checkpoint of another size": lambda lines, count: _other_checkpoint(f"\n{count}\n", f"\n{count + 1}\n")(lines, count),
    "a checkpoint with leading zero": lambda lines, count: _other_checkpoint(f"\n{count}\n", f"\n0{count}\n")(lines, count),
    "a checkpoint with another line": _other_checkpoint("\n\n", "\nextension\n\n"),
    "a checkpoint of another vault": _other_checkpoint("vaultctl/", "vaultctl/0"),
    "another vault": _on(0, vault="00" * 16),
    "another key": lambda lines, _: lines[0].update(checkpointKey=_key_of(f"vaultctl/{lines[0]['vault']}", bytes(32))),
    "another format": _on(0, format="vaultctl-audit-export-2"),
    "another version": _on(0, version=2),
    "a version that is a truth": _on(0, version=True),
    "no entries": _on(0, entries=0),
    "a number of entries that is text": lambda lines, count: lines[0].update(entries=str(count)),
    "a head without root": lambda lines, _: lines[0].__delitem__("root"),
    "no head": _drop(0),
    "nothing": lambda lines, _: lines.clear(),
}

OPEN: dict[str, Change] = {
    "another user": lambda lines, _: lines[3]["event"]["caller"].update(user="mallory"),
    "another outcome": lambda lines, _: lines[3]["event"].update(outcome="refused"),
    "a number that is a fraction": lambda lines, _: lines[3]["event"]["caller"].update(
        pid=float(lines[3]["event"]["caller"]["pid"])
    ),
    "a reason more": lambda lines, _: lines[3]["event"].update(reason="because"),
    "an event of another row": lambda lines, _: lines[3].update(event=lines[4]["event"]),
    "a key of another row": lambda lines, _: lines[3].update(key=lines[4]["key"]),
    "an event is gone": lambda lines, _: lines[3].__delitem__("event"),
    "a row that is sealed": lambda lines, _: [lines[3].__delitem__(name) for name in ("event", "key")] and None,
    "a header that is another's": _flipped(3, "meta", 8),
}


@pytest.fixture(scope="module")
def exports(vault: Vaultctl) -> dict[bool, list[Line]]:
    paths = {False: export(vault, "sealed"), True: export(vault, "open", "--open")}
    return {is_open: [json.loads(line) for line in path.read_text().splitlines()] for is_open, path in paths.items()}


@pytest.mark.parametrize("name", [*SEALED, *OPEN])
def test_a_changed_export_is_refused(
    exports: dict[bool, list[Line]], key: str, tmp_path: Path, name: str
) -> None:
    is_open = name in OPEN
    lines = deepcopy(exports[is_open])
    path = tmp_path / "export"
    verifier = audit.VerifierKey.parse(key)
    _write(path, lines)
    audit.verify_export(path, verifier)
    (OPEN if is_open else SEALED)[name](lines, lines[0]["entries"])
    assert json.dumps(lines) != json.dumps(exports[is_open])
    _write(path, lines)
    with pytest.raises(audit.Refused):
        audit.verify_export(path, verifier)
    assert command(path, "--key", key).returncode == DAMAGED


def made_up(header: bytes, padded: bytes) -> list[Line]:
    """An open export of one entry by somebody who has the signing key, and writes what they like."""
    secret, nonce = bytes(range(32)), bytes(range(24))
    meta = header + nonce + bindings.crypto_secretbox(padded, nonce, secret)
    root = audit_leaf(0, meta, bytes(16))
    note = checkpoint_note(ID, SEED, 1, root)
    columns = {name: base64.b64encode(data).decode() for name, data in (("meta", meta), ("seal", bytes(16)), ("key", secret))}
    event = audit.readable(wire.decode(wire.AUDIT_EVENT, b""), 0)
    head = {"checkpointKey": verifier_key(ID, SEED), "entries": 1, "format": audit.EXPORT, "vault": ID.hex(), "version": 1}
    head["root"] = base64.b64encode(root).decode()
    return [head, {**columns, "event": event, "sequence": 0}, {"checkpoint": note}]


def test_a_row_is_a_column_of_the_record(tmp_path: Path) -> None:
    header, padded = b"\x01\x03\0\0\x01\0\0\0" + bytes(8), b"\x80" + bytes(255)
    path = tmp_path / "export"
    _write(path, made_up(header, padded))
    assert audit.verify_export(path, own_key()).is_open
    for position in (0, 1, 2, 3, *range(8, 16)):
        other = bytearray(header)
        other[position] ^= 1
        _write(path, made_up(bytes(other), padded))
        _refused(lambda: audit.verify_export(path, own_key()), f"header {position}")
    for other_padding in (b"", b"\x80", padded[:-1], padded + b"\0", bytes(256), b"\xff" + padded[1:]):
        _write(path, made_up(header, other_padding))
        _refused(lambda: audit.verify_export(path, own_key()), f"padding {other_padding!r}")


def test_an_older_checkpoint_of_another_history_is_refused(tmp_path: Path) -> None:
    """Whoever has the signing key has shown somebody another record, and hides the rows of it."""
    leaves = [audit_leaf(number, bytes(80), bytes(16)) for number in range(3)]
    columns = {"meta": base64.b64encode(bytes(80)).decode(), "seal": base64.b64encode(bytes(16)).decode()}
    root = tree_root(leaves)
    head = {"checkpointKey": verifier_key(ID, SEED), "entries": 3, "format": audit.EXPORT, "vault": ID.hex(), "version": 1}
    head["root"] = base64.b64encode(root).decode()
    rows: list[Line] = [{**columns, "sequence": number} for number in range(3)]
    last = {"checkpoint": checkpoint_note(ID, SEED, 3, root)}
    path = tmp_path / "export"
    _write(path, [head, *rows, {"checkpoint": checkpoint_note(ID, SEED, 2, tree_root(leaves[:2]))}, last])
    assert audit.verify_export(path, own_key()).checkpoints == 2
    _write(path, [head, *rows, {"checkpoint": checkpoint_note(ID, SEED, 2, ROOT)}, last])
    _refused(lambda: audit.verify_export(path, own_key()), "another history")


def _write(path: Path, lines: list[Line]) -> None:
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))


def test_a_file_that_is_cut_off_or_says_a_name_twice_is_refused(
    exports: dict[bool, list[Line]], key: str, tmp_path: Path
) -> None:
    path = tmp_path / "export"
    _write(path, exports[False])
    text = path.read_text()
    verifier = audit.VerifierKey.parse(key)
    for changed in (text[:-1], text[:-20], text.replace('"sequence": 2', '"sequence": 9, "sequence": 2'), text + "\n"):
        assert changed != text
        path.write_text(changed)
        _refused(lambda: audit.verify_export(path, verifier), changed[-40:])
    path.write_bytes(text.encode().replace(b'"vault"', b'"v\xffult"'))
    _refused(lambda: audit.verify_export(path, verifier), "not UTF-8")
