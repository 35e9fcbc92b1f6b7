"""What `audit verify` finds: each attack on a real file gives the finding that is its own, and no other.

Attacks of somebody who cannot open the vault are edits of its file; those of somebody who can are :class:`Forgery`'s,
which leaves everything in the file in agreement.
"""

from __future__ import annotations

import json
import re
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from agent import ASKING, running_agent
from conftest import Stage
from forgery import Forgery, fmt, wire
from home import Ended, Home

#: How many entries the vault of these tests has, and when it was copied away.
ENTRIES, OLDER = 12, 7
#: Which checkpoint lies in its file, and what else is kept: see ``_checkpoints``.
CHECKPOINTS = (4, 10)


@dataclass
class Case:
    """A home with a vault to change. Copies of its file and anchor from when it had ``OLDER`` entries lie beside."""

    home: Home

    @property
    def vault(self) -> Path:
        return self.home.vault

    @property
    def anchor(self) -> Path:
        (anchor,) = self.home.state.glob("*.anchor")
        return anchor

    @property
    def older_vault(self) -> Path:
        return self.home.path / "older.db"

    @property
    def older_anchor(self) -> Path:
        return self.home.path / "older.anchor"

    @property
    def forgery(self) -> Forgery:
        return Forgery(self.vault, self.home.path / "key")

    def sql(self, *statements: str) -> None:
        database = sqlite3.connect(self.vault)
        database.execute("PRAGMA ignore_check_constraints = ON")
        database.execute("ATTACH ? AS older", (str(self.older_vault),))
        with database:
            for statement in statements:
                database.execute(statement)
        database.close()

    def verify(self, *options: str, status: int | None = None) -> tuple[Ended, dict[str, object]]:
        ended = self.home.run("audit", "verify", "-o", "json", *options, status=status)
        return ended, json.loads(ended.stdout) if ended.stdout else {}


@pytest.fixture(scope="module")
def template(stage: Stage) -> Iterator[Home]:
    home = stage.empty_home()
    unlock = {"VAULTCTL_KEY_FILE": "", "VAULTCTL_PASSPHRASE_FILE": str(home.path / "passphrase")}
    made = home.run(
        "init", "--no-recovery", "--kdf-memory", "64MiB", "--kdf-passes", "2", "--show-audit-key",
        variables=unlock, allowed=("code",),
    )  # fmt: skip
    (key,) = re.findall(r"^([0-9a-f]{64})$", made.stderr, re.MULTILINE)
    home.write("k0", key + "\n")
    home.write("other-k0", "0" * 64 + "\n")
    home.run("slot", "add", "--new-key-file", home.path / "key", variables=unlock)
    where = ["--client-id", "22222222-2222-4222-8222-222222222222", "--tenant", "11111111-1111-4111-8111-111111111111"]
    home.run("add", "one", *where, "--secret-file", home.path / "secret", "--no-check")
    case = Case(home)
    for number in range(3, ENTRIES):
        if number == OLDER:
            _copy(case.vault, case.older_vault)
            _copy(case.anchor, case.older_anchor)
        home.run("edit", "one", "--description", f"for the {number}. time")
    _checkpoints(case)
    home.user.take(home.path)
    yield home


def _checkpoints(case: Case) -> None:
    """As a vault has them that made a checkpoint now and then; and three that were kept elsewhere."""
    forgery = case.forgery
    for size in CHECKPOINTS:
        forgery.put_checkpoint(size, forgery.checkpoint(size))
    forgery.write()
    case.home.run("list")  # Leaves an anchor for it.
    for size in (6, 11):
        case.home.write(f"kept-{size}", forgery.checkpoint(size))


def _copy(source: Path, target: Path) -> None:
    """The content alone, so that a file keeps its owner."""
    target.write_bytes(source.read_bytes())


@pytest.fixture
def case(stage: Stage, template: Home) -> Iterator[Case]:
    home = template.copy(stage.homes)
    yield Case(home)
    home.remove()


Change = Callable[[Case], object]


@dataclass(frozen=True)
class Attack:
    """A change, how the record is verified after it, and the kinds of the findings that must come of it."""

    name: str
    change: Change
    finds: dict[str, str] = field(default_factory=dict)
    options: tuple[str, ...] = ()
    status: int = 65


def sql(*statements: str) -> Change:
    return lambda case: case.sql(*statements)


def forged(change: Callable[[Forgery], object], *, counting: bool = True) -> Change:
    """Lets somebody who holds the key file change it."""

    def run(case: Case) -> None:
        forgery = case.forgery
        change(forgery)
        forgery.write(counting=counting)

    return run


def both(*changes: Change) -> Change:
    def run(case: Case) -> None:
        for change in changes:
            change(case)

    return run


def no_anchor(case: Case) -> None:
    case.anchor.unlink()


def older_anchor(case: Case) -> None:
    _copy(case.older_anchor, case.anchor)


def older_vault(case: Case) -> None:
    _copy(case.older_vault, case.vault)


def flip(column: str, seq: int, position: int = -1) -> Change:
    def change(case: Case) -> None:
        database = sqlite3.connect(case.vault)
        content = bytearray(database.execute(f"SELECT {column} FROM audit WHERE seq = ?", (seq,)).fetchone()[0])
        content[position] ^= 1
        with database:
            database.execute(f"UPDATE audit SET {column} = ? WHERE seq = ?", (bytes(content), seq))
        database.close()

    return change


def flip_live(table: str, column: str, position: int = -1, where: str = "1") -> Change:
    def change(case: Case) -> None:
        database = sqlite3.connect(case.vault)
        content = bytearray(database.execute(f"SELECT {column} FROM {table} WHERE {where}").fetchone()[0])
        content[position] ^= 1
        with database:
            database.execute(f"UPDATE {table} SET {column} = ? WHERE {where}", (bytes(content),))
        database.close()

    return change


def swap(column: str, one: int, two: int) -> Change:
    return sql(
        f"CREATE TEMP TABLE kept AS SELECT seq, {column} AS c FROM audit WHERE seq IN ({one}, {two})",
        f"UPDATE audit SET {column} = (SELECT c FROM kept WHERE seq = {two}) WHERE seq = {one}",
        f"UPDATE audit SET {column} = (SELECT c FROM kept WHERE seq = {one}) WHERE seq = {two}",
    )


def rewritten(first: int) -> Callable[[Forgery], None]:
    """The history from an entry on, told otherwise; the checkpoints signed again."""

    def change(forgery: Forgery) -> None:
        contents = [forgery.event(seq, detail="it was nobody") for seq in range(first, len(forgery.audit))]
        forgery.rewrite(first, contents, b"\x07" * 32)
        for size in CHECKPOINTS:
            forgery.put_checkpoint(size, forgery.checkpoint(size))

    return change


def unsigned_again(first: int) -> Callable[[Forgery], None]:
    """The same, the checkpoints left as they were."""

    def change(forgery: Forgery) -> None:
        contents = [forgery.event(seq, detail="it was nobody") for seq in range(first, len(forgery.audit))]
        forgery.rewrite(first, contents, b"\x07" * 32)

    return change


def edited_note(size: int, change: Callable[[str], str]) -> Callable[[Forgery], None]:
    def run(forgery: Forgery) -> None:
        forgery.put_checkpoint(size, change(forgery.checkpoint(size)))

    return run


def sealed_alone(forgery: Forgery, seq: int, meta: bytes) -> None:
    forgery.replace(seq, meta)


def shortened(size: int) -> Callable[[Forgery], None]:
    def change(forgery: Forgery) -> None:
        del forgery.audit[size:]

    return change


def state_only(change: Callable[[Forgery], tuple[bytes, bytes]]) -> Change:
    def run(case: Case) -> None:
        columns = change(case.forgery)
        database = sqlite3.connect(case.vault)
        with database:
            database.execute("UPDATE state SET meta = ?, secret = ?", columns)
        database.close()

    return run


def reversed_transactions(forgery: Forgery) -> None:
    forgery.state["transactions"] -= 2


def raw(content: bytes) -> Callable[[Forgery], None]:
    return lambda forgery: forgery.replace(5, forgery.meta(5, content))


KEY = ("--audit-key-file", "k0")
SINCE = ("--since-checkpoint",)
KEPT = ("--checkpoint", "kept-6")

ATTACKS = [
    # Rows of the record, by somebody who cannot open the vault.
    Attack("flip a box", flip("meta", 5), {"unreadable-entry": "5", "wrong-root": "4-9"}),
    Attack("flip a header", flip("meta", 5, 1), {"unreadable-entry": "5", "wrong-root": "4-9"}),
    Attack("flip a version", flip("meta", 5, 8), {"unreadable-entry": "5", "wrong-root": "4-9"}),
    Attack("flip an epoch", flip("meta", 5, 4), {"key-missing": "5", "wrong-root": "4-9"}),
    Attack("flip a seal", flip("seal", 5), {"wrong-root": "4-9"}),
    Attack("flip a seal, audit key", flip("seal", 5), {"wrong-seal": "5", "wrong-root": "4-9"}, KEY),
    Attack("delete an entry", sql("DELETE FROM audit WHERE seq = 5"), {"missing-entry": "5"}),
    Attack("delete the first", sql("DELETE FROM audit WHERE seq = 0"), {"missing-entry": "0"}),
    Attack("delete two", sql("DELETE FROM audit WHERE seq IN (3, 8)"), {"missing-entry": "3, 8"}),
    Attack("delete all", sql("DELETE FROM audit"), {"missing-entry": "0-11"}),
    Attack("truncate", sql("DELETE FROM audit WHERE seq >= 9"), {"missing-entry": "9-11"}),
    Attack("reorder", swap("meta", 4, 5), {"unreadable-entry": "4-5", "wrong-root": "4-9"}),
    Attack("reorder seals", swap("seal", 4, 5), {"wrong-root": "4-9"}),
    Attack("reorder seals, audit key", swap("seal", 4, 5), {"wrong-seal": "4-5", "wrong-root": "4-9"}, KEY),
    Attack(
        "exchange for a neighbour",
        sql("UPDATE audit SET (meta, seal) = (SELECT meta, seal FROM older.audit WHERE seq = 3) WHERE seq = 5"),
        {"unreadable-entry": "5", "wrong-root": "4-9"},
    ),
    Attack(
        "duplicate at the end",
        sql("INSERT INTO audit SELECT 12, meta, seal FROM older.audit WHERE seq = 3"),
        {"extra-entry": "12"},
    ),
    Attack(
        "insert far away",
        sql("INSERT INTO audit SELECT 1 << 40, meta, seal FROM older.audit WHERE seq = 3"),
        {"extra-entry": "1099511627776"},
    ),
    Attack(
        "insert before the first",
        sql("INSERT INTO audit SELECT -1, meta, seal FROM older.audit WHERE seq = 3"),
        {"extra-entry": "audit"},
    ),
    Attack(
        "insert within",
        sql("UPDATE audit SET seq = -seq - 1 WHERE seq >= 6", "UPDATE audit SET seq = -seq WHERE seq < 0",
            "INSERT INTO audit SELECT 6, meta, seal FROM older.audit WHERE seq = 3"),
        {"unreadable-entry": "6-11", "wrong-root": "4-9", "extra-entry": "12"},
    ),  # fmt: skip
    Attack("empty a box", sql("UPDATE audit SET meta = x'' WHERE seq = 5"), {"unreadable-entry": "5", "wrong-root": "4-9"}),
    Attack(
        "a huge box",
        sql("UPDATE audit SET meta = zeroblob(70000) WHERE seq = 5"),
        {"unreadable-entry": "5", "wrong-root": "4-9"},
    ),
    # State, live rows and schema.
    Attack("flip the state", flip_live("state", "meta"), {"wrong-state": "state"}),
    Attack("flip the key in the state", flip_live("state", "secret"), {"wrong-state": "state"}),
    Attack("delete the state", sql("DELETE FROM state"), {"wrong-state": "state"}),
    Attack(
        "a sealing key of an older state",
        sql("UPDATE state SET secret = (SELECT secret FROM older.state)"),
        {"wrong-state": "state"},
    ),
    Attack("flip a profile", flip_live("profile", "meta"), {"rows-changed": "live rows"}),
    Attack("delete a profile", sql("DELETE FROM profile"), {"rows-changed": "profile"}),
    Attack("flip a keyslot", flip_live("keyslot", "blob", where="slot = 1"), {"rows-changed": "live rows"}),
    Attack(
        "a malformed keyslot", flip_live("keyslot", "blob", 0, where="slot = 1"), {"rows-changed": "live rows"}
    ),
    Attack(
        "an older profile",
        sql("UPDATE profile SET (meta, secret) = (SELECT meta, secret FROM older.profile)"),
        {"rows-changed": "live rows"},
    ),
    Attack(
        "plant a trigger",
        sql("CREATE TRIGGER t AFTER INSERT ON audit BEGIN DELETE FROM audit; END"),
        {"wrong-schema": "sqlite_schema"},
    ),
    Attack(
        "no state, an entry far away",
        sql("DELETE FROM state", "INSERT INTO audit SELECT 1 << 40, meta, seal FROM older.audit WHERE seq = 3"),
        {"wrong-state": "state", "missing-entry": "*", "extra-entry": "1099511627776"},
    ),
    Attack(
        "a state of more entries than there can be",
        state_only(
            lambda forgery: (
                forgery.state.update(audit_size=1 << 60, frontier=[bytes(32)]),
                forgery.sealed_state(),
            )[1]
        ),
        {"missing-entry": "12-1152921504606846975", "forked": "anchor"},
    ),
    # Older files and parts of them.
    Attack("an older file", older_vault, {"rolled-back": "anchor"}),
    Attack("an older file, no anchor", both(older_vault, no_anchor), {"anchor-missing": "anchor"}, status=1),
    Attack("an older file, older anchor", both(older_vault, older_anchor), {}, status=0),
    Attack(
        "an older file, no anchor, a kept checkpoint",
        both(older_vault, no_anchor),
        {"anchor-missing": "anchor", "rolled-back": "11"},
        ("--checkpoint", "kept-11"),
    ),
    Attack(
        "older state, newer rows",
        both(
            sql("DELETE FROM state", "INSERT INTO state SELECT * FROM older.state",
                "DELETE FROM profile", "INSERT INTO profile SELECT * FROM older.profile",
                "DELETE FROM checkpoint"),
            no_anchor,
        ),
        {"extra-entry": "7-11", "anchor-missing": "anchor"},
    ),  # fmt: skip
    Attack(
        "newer state, older rows",
        sql("DELETE FROM audit", "INSERT INTO audit SELECT * FROM older.audit"),
        {"missing-entry": "7-11"},
    ),
    # The anchor.
    Attack("no anchor", no_anchor, {"anchor-missing": "anchor"}, status=1),
    Attack("flip the anchor", lambda case: _flip_file(case.anchor), {"anchor-damaged": "anchor"}),
    Attack("another file as anchor", lambda case: case.anchor.write_bytes(b"x"), {"anchor-damaged": "anchor"}),
    # By somebody who holds what opens the vault.
    Attack("truncate and write the state", forged(shortened(9)), {"rolled-back": "anchor, 10"}),
    Attack(
        "truncate and go on",
        forged(lambda forgery: forgery.rewrite(11, [forgery.event(11)] * 3, forgery.seal_key)),
        {"forked": "anchor"},
    ),
    Attack(
        "truncate and go on, no anchor, audit key",
        both(forged(lambda forgery: forgery.rewrite(11, [forgery.event(11)] * 3, forgery.seal_key)), no_anchor),
        {"anchor-missing": "anchor", "wrong-seal": "11-13, state"},
        KEY,
    ),
    Attack("rewrite", forged(rewritten(5)), {"forked": "anchor"}),
    Attack("rewrite, no anchor", both(forged(rewritten(5)), no_anchor), {"anchor-missing": "anchor"}, status=1),
    Attack(
        "rewrite, no anchor, audit key",
        both(forged(rewritten(5)), no_anchor),
        {"anchor-missing": "anchor", "wrong-seal": "5-11, state"},
        KEY,
    ),
    Attack(
        "rewrite, no anchor, a kept checkpoint",
        both(forged(rewritten(5)), no_anchor),
        {"anchor-missing": "anchor", "forked": "6"},
        KEPT,
    ),
    Attack(
        "rewrite after a kept checkpoint, no anchor",
        both(forged(rewritten(7)), no_anchor),
        {"anchor-missing": "anchor"},
        KEPT,
        status=1,
    ),
    Attack(
        "rewrite, checkpoints as they were, no anchor",
        both(forged(unsigned_again(5)), no_anchor),
        {"anchor-missing": "anchor", "wrong-checkpoint": "10"},
    ),
    Attack(
        "rewrite before the last checkpoint, only what is new is opened",
        both(forged(unsigned_again(5)), no_anchor),
        {"anchor-missing": "anchor", "wrong-checkpoint": "10"},
        SINCE,
    ),
    Attack(
        "rewrite with the last key, audit key",
        both(
            forged(lambda forgery: forgery.replace(5, forgery.meta(5, forgery.event(5, detail="nobody")))),
            forged(lambda forgery: [forgery.put_checkpoint(s, forgery.checkpoint(s)) for s in CHECKPOINTS]),
            no_anchor,
        ),
        {"anchor-missing": "anchor", "wrong-seal": "5"},
        KEY,
    ),
    Attack("an older number of transactions", forged(reversed_transactions, counting=False), {"rolled-back": "anchor"}),
    Attack(
        "another state of as many transactions",
        forged(lambda forgery: forgery.append(forgery.event(3)), counting=False),
        {"forked": "anchor"},
    ),
    Attack(
        "another key in the state, audit key",
        forged(lambda forgery: setattr(forgery, "seal_key", bytes(32))),
        {"wrong-seal": "state"},
        KEY,
    ),
    Attack(
        "a short key in the state",
        state_only(lambda forgery: forgery.sealed_state(secret=b"short")),
        {"wrong-state": "state"},
    ),
    Attack(
        "a state whose header is older",
        state_only(
            lambda forgery: (
                forgery.state_column(wire.encode(wire.STATE, forgery.state), False, version=3),
                forgery.state_column(forgery.seal_key, True, version=3),
            )
        ),
        {"wrong-state": "state"},
    ),
    Attack(
        "another root in the state",
        state_only(
            lambda forgery: (
                forgery.state.update(frontier=[bytes(32), *forgery.state["frontier"][1:]]),
                forgery.sealed_state(),
            )[1]
        ),
        {"wrong-root": "state"},
    ),
    Attack(
        "another schema in the state",
        state_only(lambda forgery: (forgery.state.update(schema_hash=bytes(32)), forgery.sealed_state())[1]),
        {"wrong-schema": "sqlite_schema"},
    ),
    Attack(
        "an entry that is no message",
        both(forged(raw(b"\xff\xff")), no_anchor, forged(lambda forgery: forgery.remove_checkpoint(10))),
        {"unreadable-entry": "5", "anchor-missing": "anchor", "checkpoint-missing": "10"},
    ),
    # What cannot be told.
    Attack(
        "a word that nobody knows",
        both(
            forged(lambda forgery: forgery.append(forgery.event(5, action="levitate"))),
        ),
        {"not-understood": "12"},
        status=1,
    ),
    Attack(
        "a key that the keyring lacks",
        forged(
            lambda forgery: (
                forgery.append(forgery.event(5)),
                _reseal_last(forgery, forgery.meta(12, forgery.event(5), epoch=9)),
            )
        ),
        {"key-missing": "12"},
        status=1,
    ),
    # Checkpoints.
    Attack("delete a checkpoint", sql("DELETE FROM checkpoint WHERE size = 4"), {"rows-changed": "checkpoint"}),
    Attack(
        "delete the last checkpoint",
        sql("DELETE FROM checkpoint WHERE size = 10"),
        {"rows-changed": "checkpoint", "checkpoint-missing": "10"},
    ),
    Attack(
        "edit a checkpoint",
        sql("UPDATE checkpoint SET note = replace(note, char(10) || '4' || char(10), char(10) || '5' || char(10)) "
            "WHERE size = 4"),
        {"rows-changed": "live rows", "checkpoint-signature": "4"},
    ),  # fmt: skip
    Attack(
        "a checkpoint put elsewhere",
        sql("UPDATE checkpoint SET note = (SELECT note FROM checkpoint WHERE size = 4) WHERE size = 10"),
        {"rows-changed": "live rows", "wrong-checkpoint": "10"},
    ),
    Attack(
        "remove the last checkpoint and write the state",
        forged(lambda forgery: forgery.remove_checkpoint(10)),
        {"checkpoint-missing": "10"},
    ),
    Attack(
        "sign another root",
        forged(lambda forgery: forgery.put_checkpoint(10, forgery.checkpoint(10, root=bytes(32)))),
        {"wrong-checkpoint": "10"},
    ),
    Attack(
        "sign another root of a size that was kept",
        forged(lambda forgery: forgery.put_checkpoint(6, forgery.checkpoint(6, root=bytes(32)))),
        {"wrong-checkpoint": "6", "checkpoints-inconsistent": "6"},
        KEPT,
    ),
    Attack(
        "sign for another vault",
        forged(lambda forgery: forgery.put_checkpoint(10, forgery.checkpoint(10, origin="vaultctl/other"))),
        {"wrong-checkpoint": "10"},
    ),
    Attack(
        "sign another size",
        forged(lambda forgery: forgery.put_checkpoint(10, forgery.checkpoint(5, root=forgery.root(10)))),
        {"wrong-checkpoint": "10"},
    ),
    Attack(
        "sign with another key",
        forged(lambda forgery: forgery.put_checkpoint(10, forgery.checkpoint(10, seed=bytes(32)))),
        {"checkpoint-signature": "10"},
    ),
    Attack(
        "sign what is not there yet",
        forged(lambda forgery: forgery.put_checkpoint(99, forgery.checkpoint(99, root=bytes(32)))),
        {"rolled-back": "99"},
    ),
    Attack(
        "no note at all",
        forged(lambda forgery: forgery.put_checkpoint(10, "nothing\n")),
        {"checkpoint-signature": "10"},
    ),
    Attack(
        "a kept checkpoint that somebody else signed",
        lambda case: case.home.write("kept-6", case.forgery.checkpoint(6, seed=bytes(32))),
        {"checkpoint-signature": "6"},
        KEPT,
    ),
    Attack("another audit key", lambda case: None, {"wrong-seal": "0-11, state"}, ("--audit-key-file", "other-k0")),
]


def _flip_file(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[40] ^= 1
    path.write_bytes(bytes(content))


def _reseal_last(forgery: Forgery, meta: bytes) -> None:
    seq = len(forgery.audit) - 1
    forgery.replace(seq, meta)


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name.replace(" ", "-"))
def test_an_attack_gives_its_finding(case: Case, attack: Attack) -> None:
    attack.change(case)
    ended, result = case.verify(*attack.options)
    named = found(result)
    named |= {kind: "*" for kind in named.keys() & {kind for kind, what in attack.finds.items() if what == "*"}}
    assert named == attack.finds, ended.shown()
    assert ended.status == attack.status, ended.shown()


def found(result: dict[str, object]) -> dict[str, str]:
    """Kind → what it names."""
    named: dict[str, list[str]] = {}
    for finding in result["findings"]:  # type: ignore[attr-defined]
        places = named.setdefault(finding["kind"], [])
        match finding["subject"]:
            case "entries":
                first, last = finding["firstEntry"], finding["lastEntry"]
                places.append(str(first) if first == last else f"{first}-{last}")
            case "checkpoint":
                places.append(str(finding["checkpoint"]))
            case "table":
                places.append(finding["table"])
            case part:
                places.append(part)
    return {kind: ", ".join(places) for kind, places in named.items()}


OPTIONS = [(), KEY, SINCE, KEPT, (*KEY, *SINCE, *KEPT)]


@pytest.mark.parametrize("options", OPTIONS, ids=" ".join)
def test_an_untouched_vault_gives_none(case: Case, options: tuple[str, ...]) -> None:
    ended, result = case.verify(*options, status=0)
    assert result["verdict"] == "intact"
    assert result["findings"] == []
    assert result["anchorAgrees"] is True
    assert result["entries"] == ENTRIES
    assert result["checkedSeals"] is (KEY[0] in options)
    assert result["firstOpened"] == (10 if SINCE[0] in options else 0)


def test_verifying_changes_nothing(case: Case) -> None:
    before = case.vault.read_bytes(), case.anchor.read_bytes()
    case.verify(*KEY, status=0)
    assert (case.vault.read_bytes(), case.anchor.read_bytes()) == before


def test_a_wrong_key_file_is_no_finding(case: Case) -> None:
    case.home.write("key", "another key that opens nothing at all\n")
    ended, result = case.verify(status=77)
    assert result == {}
    assert ended.errors


# Meanwhile, and through an agent


def test_writers_cause_no_finding(case: Case) -> None:
    """Eight processes write while it is verified again and again; none of them is in the way of another."""
    writers = [_writer(case.home) for _ in range(8)]
    verified = 0
    while any(writer.poll() is None for writer in writers):
        ended, result = case.verify(*OPTIONS[verified % len(OPTIONS)], status=0)
        assert result["verdict"] == "intact", ended.shown()
        verified += 1
    for writer in writers:
        assert case.home.end(writer).status == 0
    _, result = case.verify(*KEY, status=0)
    assert result["entries"] == ENTRIES + 8 * 10
    assert verified > 1


def _writer(home: Home) -> subprocess.Popen[bytes]:
    loop = 'for i in 1 2 3 4 5 6 7 8 9 10; do "$0" edit one --description "$$ $i" >/dev/null || exit 1; done'
    return home.start("/bin/sh", "-c", loop, home.programs / "vaultctl")


@pytest.mark.parametrize("options", OPTIONS, ids=" ".join)
def test_an_agent_answers_the_same(case: Case, options: tuple[str, ...]) -> None:
    _, alone = case.verify(*options, status=0)
    with running_agent(case.home):
        asked = case.home.run("audit", "verify", "-o", "json", *options, variables=ASKING)
    assert json.loads(asked.stdout) == alone


def test_an_agent_names_what_became_of_a_vault_that_it_has_open(case: Case) -> None:
    with running_agent(case.home):
        case.sql("DELETE FROM audit WHERE seq = 5", "UPDATE audit SET seal = zeroblob(16) WHERE seq = 7")
        ended = case.home.run("audit", "verify", "-o", "json", *KEY, variables=ASKING, status=65)
    assert found(json.loads(ended.stdout)) == {"missing-entry": "5", "wrong-seal": "7"}


def test_many_findings_are_counted(case: Case) -> None:
    """Every second one of 300 entries is gone: a hundred are named, the others counted."""
    forgery = case.forgery
    forgery.append(forgery.event(5), count=300)
    forgery.write()
    case.home.run("list")
    case.sql("DELETE FROM audit WHERE seq > 12 AND seq % 2 = 1")
    _, result = case.verify(status=65)
    assert len(result["findings"]) == 100
    assert result["omitted"] == {"missing-entry": 50}


def test_what_is_no_checkpoint_is_said_at_once(case: Case) -> None:
    case.home.write("nothing", "nothing\n")
    case.verify("--checkpoint", "nothing", status=78)
    other = case.forgery.checkpoint(6, origin="vaultctl/other")
    case.home.write("other", other)
    case.verify("--checkpoint", "other", status=64)


def test_an_audit_key_is_64_digits(case: Case) -> None:
    case.home.write("short", "abcd\n")
    ended, _ = case.verify("--audit-key-file", "short", status=64)
    assert "abcd" not in ended.stderr


def test_a_person_reads_the_verdict_first(case: Case) -> None:
    case.sql("DELETE FROM audit WHERE seq = 5")
    ended = case.home.run("audit", "verify", "-o", "table", status=65)
    assert ended.stdout.splitlines()[0].split() == ["verdict", "tampered"]
    assert "missing-entry: audit entry 5 is missing" in ended.stdout


# A longer record, with tiles: what is skipped is vouched for by them


@pytest.fixture(scope="module")
def long_template(stage: Stage, template: Home) -> Iterator[Home]:
    """2,100 entries, and a checkpoint after 2,000."""
    home = template.copy(stage.homes)
    forgery = Forgery(home.vault, home.path / "key")
    forgery.append(forgery.event(5), count=2100 - ENTRIES)
    forgery.put_checkpoint(2000, forgery.checkpoint(2000))
    forgery.write()
    home.run("audit", "reindex")
    yield home
    home.remove()


@pytest.fixture
def long(stage: Stage, long_template: Home) -> Iterator[Case]:
    home = long_template.copy(stage.homes)
    yield Case(home)
    home.remove()


def test_since_a_checkpoint_only_what_is_new_is_read(long: Case) -> None:
    _, result = long.verify(*SINCE, status=0)
    assert (result["firstHashed"], result["firstOpened"], result["checkpoints"]) == (2000, 2000, 1)


def test_tiles_that_were_changed_are_not_believed(long: Case) -> None:
    """They lead to another root than the checkpoint's, so all rows are hashed."""
    long.sql("UPDATE tile SET hashes = zeroblob(8192) WHERE level = 0 AND n = 3")
    _, result = long.verify(*SINCE, status=65)
    assert found(result) == {"wrong-tile": "768-1023"}
    assert (result["firstHashed"], result["firstOpened"], result["checkpoints"]) == (0, 2000, 1)


def test_the_oldest_that_must_agree_is_where_reading_begins(long: Case) -> None:
    _, result = long.verify(*SINCE, *KEPT, status=0)
    assert (result["firstHashed"], result["firstOpened"]) == (6, 2000)


@pytest.mark.parametrize("seq", [1023, 1024, 2099])
def test_stretches_meet(long: Case, seq: int) -> None:
    long.sql(f"DELETE FROM audit WHERE seq = {seq}")
    _, result = long.verify(status=65)
    assert found(result) == {"missing-entry": str(seq)}


def test_what_is_wrong_lies_between_marks(long: Case) -> None:
    flip("seal", 1500)(long)
    _, result = long.verify(status=65)
    assert found(result) == {"wrong-root": "10-1999"}
