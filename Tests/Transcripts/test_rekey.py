"""`rekey`: everything that lives is under new keys, the record goes on, and whoever had the vault open hears of it."""

from __future__ import annotations

import json
import shutil
import sqlite3
from pathlib import Path

import pytest

import contoso
from agent import running_agent, wait_until
from conftest import Stage
from forgery import Forgery
from home import Ended, Home
from striking import entries, token_id
from test_checkpoints import issue_often

# Tests/Interop, which the agent's module has put onto the path.
import vault_format as fmt  # isort: skip
import verify_audit as audit  # isort: skip
from vault_errors import EpochUnknown  # isort: skip
from vault_reader import Unlocker, Vault  # isort: skip

USAGE, DAMAGED, TRY_AGAIN, LOCKED = 64, 65, 75, 77
OTHER_KEYS = "error: the vault was given new keys since it was unlocked here, or it is damaged"
REKEY = ("rekey", "--yes", "--no-recovery")


def opened(home: Home) -> Vault:
    """The vault as the independent reader has it, checked to the last row, against the anchor, too."""
    vault = Vault.open(home.vault, Unlocker.key_file(home.path / "key"), check_permissions=False)
    vault.verify()
    vault.check_anchor(next(home.state.glob("*.anchor")))
    return vault


def by_passphrase(home: Home, *arguments: str, **options: object) -> Ended:
    variables = {"VAULTCTL_KEY_FILE": "", "VAULTCTL_PASSPHRASE_FILE": str(home.path / "passphrase")}
    return home.run(*arguments, variables=variables, **options)  # type: ignore[arg-type]


def filled(home: Home) -> None:
    """A row in every table: tokens, a credential that a rotation keeps, a setting, a checkpoint."""
    home.run("issue", "ci", allowed=["token"])
    home.run("issue", "prod/etl", allowed=["token"])
    home.run("rotate", "payroll", "--secret-file", home.path / "new-secret")
    home.run("config", "set", "sink.file", home.path / "sink.jsonl")
    home.run("audit", "checkpoint")


def raw_rows(path: Path) -> dict[str, list[bytes]]:
    """The sealed columns of the tables whose rows live."""
    columns = {
        "profile": "tag, meta, secret",
        "token": "tag, meta, secret",
        "rotation": "tag, meta, secret",
        "setting": "tag, meta",
        "keyring": "meta, secret",
        "keyslot": "blob",
    }
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as database:
        return {
            table: [column for row in database.execute(f"SELECT {names} FROM {table}") for column in row]
            for table, names in columns.items()
        }


def test_all_that_lives_is_sealed_anew_and_reads_the_same(home: Home) -> None:
    filled(home)
    before, rows = opened(home), raw_rows(home.vault)
    told = json.loads(home.run(*REKEY, "-o", "json").stdout)
    after, new = opened(home), raw_rows(home.vault)

    assert told["keys"] == 2
    assert [slot["slot"] for slot in told["slots"]] == [2] and [slot["slot"] for slot in told["dropped"]] == [1]
    for table, columns in rows.items():
        assert columns, f"{table} has no row, so that nothing was shown"
        assert not set(columns) & set(new[table]), f"a column of {table} is as it was"
    for what in (Vault.profiles, Vault.tokens, Vault.rotations, Vault.settings):
        old = {entry.row_id: (entry.plaintext, entry.secret, entry.version + 1) for entry in what(before)}
        now = {entry.row_id: (entry.plaintext, entry.secret, entry.version) for entry in what(after)}
        assert old == now
        assert {entry.epoch for entry in what(after)} == {2}
    assert after.state.epoch == 2
    assert after.audit_events()[: len(before.audit_events())] == before.audit_events()
    # The tokens are found by their new tags, and the credential that is kept is the old one.
    token = home.run("issue", "ci", allowed=["token"]).stdout.strip()
    assert entries(home)[-1]["source"] == "cache" and entries(home)[-1]["tokenId"] == token_id(token)
    home.run("verify")
    home.run("audit", "verify")


def test_what_leaked_opens_nothing_that_was_written_since(home: Home) -> None:
    old = opened(home)
    home.run(*REKEY)
    new = opened(home)
    assert set(new.keyring.data_keys) == {1, 2} and new.keyring.data_keys[1] == old.keyring.data_keys[1]
    kept = {new.keyring.data_keys[1], new.keyring.signing_seed, new.keyring.anchor_key, new.keyring.token_hash_key}
    assert kept == {
        old.keyring.data_keys[1], old.keyring.signing_seed, old.keyring.anchor_key, old.keyring.token_hash_key
    }
    assert new.keyring.data_keys[2] not in kept
    # The entry of the act is the first of its epoch.
    epochs = [int.from_bytes(row.meta[4:8], "little") for row in new.snapshot.audit]
    assert epochs == [1] * (len(epochs) - 1) + [2]
    event = new.audit_events()[-1]
    assert (event["action"], event["outcome"]) == ("rekey", "ok")
    assert event["detail"] == "slots kept: 2; dropped: 1"


@pytest.mark.parametrize("hashed", [1, 2])
def test_who_knew_the_old_keys_cannot_write_with_them(home: Home, hashed: int) -> None:
    """The old data key is in the new keyring, for the record's sake; nothing else may be sealed with it: not even where the
    set hash is right, for which it takes the new one."""
    home.run(*REKEY)
    forgery = Forgery(home.vault, home.path / "key")
    key = forgery.key
    forgery.key = lambda number, epoch=None: key(number, hashed if number == fmt.SET_KEY else epoch)  # type: ignore
    forgery.epoch = 1
    forgery.write()
    assert home.run("list", status=DAMAGED).errors[0].endswith("state row 00000000000000000000000000000000 does not open")
    with pytest.raises(EpochUnknown):
        opened(home)


def test_the_index_is_sealed_anew_too(home: Home) -> None:
    with running_agent(home) as agent:
        issue_often(agent, 1040)
    old = opened(home).snapshot.index
    home.run(*REKEY)
    new = opened(home).snapshot.index
    assert old and new.keys() == old.keys() and not set(old.values()) & set(new.values())
    assert len(home.run("audit", "list", "--profile", "ci", "-o", "jsonl").stdout.splitlines()) >= 1040
    home.run("audit", "verify")


def test_slots_are_kept_where_their_secrets_are_given(home: Home) -> None:
    home.run("slot", "add", "--new-key-file", home.path / "second-key")
    shown = home.run("slot", "add", "--recovery-code", allowed=["code"]).stderr
    old_code = home.write("old-code", shown.splitlines()[-1])
    keep = ["--keep-passphrase-file", "passphrase", "--keep-key-file", "second-key"]
    ended = home.run("rekey", "--yes", *keep, "-o", "json", allowed=["code"])
    code = home.write("code", ended.stderr.splitlines()[2])

    assert ended.stderr.splitlines()[:2] == [
        "vaultctl: dropped slot 4 (recovery-code)",
        "vaultctl: recovery code, write it down, it is shown this once:",
    ]
    assert [(slot["slot"], slot["kind"]) for slot in json.loads(ended.stdout)["slots"]] == [
        (1, "passphrase"), (2, "key-file"), (3, "key-file"), (4, "recovery-code")
    ]
    home.run("list")
    home.run("list", "--key-file", home.path / "second-key")
    by_passphrase(home, "list")
    home.run("list", "--passphrase-file", code)
    home.run("list", "--passphrase-file", old_code, status=LOCKED)
    # The cost is what it was.
    costs = [line.split("\t")[3:] for line in home.run("slot", "list").stdout.splitlines()]
    assert costs[0] == ["2", "64 MiB"]


def test_slots_can_be_changed_afterwards(home: Home) -> None:
    home.run(*REKEY, "--keep-passphrase-file", "passphrase")
    by_passphrase(
        home, "passwd", "--new-passphrase-file", "new-passphrase", "--kdf-memory", "64MiB", "--kdf-passes", "2"
    )
    home.run("list", "--passphrase-file", home.path / "new-passphrase")
    by_passphrase(home, "list", status=LOCKED)
    opened(home)


def test_a_secret_that_opens_nothing_changes_nothing(home: Home) -> None:
    before = home.vault.read_bytes()
    wrong = home.write("wrong", "a passphrase of nobody's\n")
    for arguments, message in [
        (["--passphrase-file", "wrong"], "wrong passphrase, or a damaged key slot"),
        (["--keep-passphrase-file", "wrong"], "wrong passphrase, or a damaged key slot"),
        (["--keep-key-file", "wrong"], "wrong key file, or a damaged key slot"),
    ]:
        ended = home.run(*REKEY, *arguments, status=LOCKED)
        assert ended.errors == [f"error: {message}"] and not ended.stdout
    assert home.run("rekey", status=LOCKED).errors == ["error: there is no terminal to ask for a confirmation"]
    assert home.vault.read_bytes() == before and wrong.exists()


def test_a_recovery_code_is_not_what_a_vault_is_left_with(home: Home) -> None:
    shown = home.run("slot", "add", "--recovery-code", allowed=["code"]).stderr
    code = home.write("code", shown.splitlines()[-1])
    before = home.vault.read_bytes()
    ended = home.run(*REKEY, "--passphrase-file", code, status=USAGE)
    assert "hint: set a passphrase with 'vaultctl passwd' first, and give that one" in ended.stderr
    assert home.vault.read_bytes() == before


def test_an_agent_locks_a_vault_whose_keys_are_others(home: Home) -> None:
    with running_agent(home) as agent:
        agent.run("issue", "ci", allowed=["token"])
        home.run(*REKEY)
        # Whoever asks first may be told so, or the agent has looked by itself already.
        ended = agent.run("issue", "ci", "--no-input", status=LOCKED)
        assert not ended.stdout and len(ended.errors) == 1
        told = json.loads(agent.run("status", "-o", "json", status=LOCKED).stdout)
        assert (told["state"], told["agent"]["lockedBecause"]) == ("locked", "it was given new keys")
        assert {entry["action"] for entry in entries(home)[-1:]} == {"rekey"}, "something was given after it"
        agent.unlock()
        told = json.loads(agent.run("status", "-o", "json").stdout)
        assert told["state"] == "unlocked" and "lockedBecause" not in told["agent"]
        agent.run("issue", "ci", allowed=["token"])
    opened(home)


def test_an_agent_notices_without_being_asked(home: Home) -> None:
    with running_agent(home) as agent:
        home.run(*REKEY)
        with agent.client() as client:
            # Each answer looks, and so does the agent once a second; either way nothing is unlocked.
            assert client.status()["unlocked"] is None


def test_a_client_that_waits_for_the_provider_gets_no_token(stage: Stage, home: Home) -> None:
    stage.emulator.set_fault("slow", seconds=600, count=1, path="token")
    waiting = home.start(home.programs / "vaultctl", "issue", "ci")
    try:
        wait_until(lambda: len(stage.emulator.token_requests()) == 1, "the provider was asked")
        home.run(*REKEY)
    finally:
        stage.emulator.clear()
    ended = home.end(waiting, ["token"])
    assert ended.status == LOCKED and not ended.stdout, ended.shown()
    assert ended.errors == [OTHER_KEYS]
    assert entries(home)[-1]["action"] == "rekey"
    opened(home)


def test_two_at_once(home: Home) -> None:
    command = [home.programs / "vaultctl", *REKEY, "--keep-passphrase-file", "passphrase"]
    ended = [home.end(process) for process in [home.start(*command) for _ in range(2)]]
    # One after the other is as good; of two that overlap one hears that the keys are others.
    failed = [one for one in ended if one.status]
    assert all(one.status == LOCKED and one.errors == [OTHER_KEYS] for one in failed), [one.shown() for one in ended]
    vault = opened(home)
    assert vault.keyring.newest_epoch == 3 - len(failed)
    by_passphrase(home, "list")


def test_while_others_issue(home: Home) -> None:
    """Whoever opens the vault meanwhile gets a token with an entry, or hears why not; nobody takes it for damaged."""
    issue = [home.programs / "vaultctl", "issue", "ci"]
    told, running = [], [home.start(*issue) for _ in range(4)]
    for _ in range(4):
        rekeying = home.start(home.programs / "vaultctl", *REKEY)
        while rekeying.poll() is None:
            told.append(home.end(running.pop(0), ["token"]))
            running.append(home.start(*issue))
        assert home.end(rekeying).status == 0
    told += [home.end(process, ["token"]) for process in running]

    assert {one.status for one in told} <= {0, LOCKED}, [one.shown() for one in told if one.status not in (0, LOCKED)]
    assert any(one.status == 0 for one in told)
    assert all(one.errors == [OTHER_KEYS] for one in told if one.status), [one.shown() for one in told if one.status]
    identifiers = [entry["tokenId"] for entry in entries(home) if entry["action"] == "issue"]
    for one in told:
        assert one.status or token_id(one.stdout.strip()) in identifiers
    assert len([entry for entry in entries(home) if entry["action"] == "rekey"]) == 4
    assert opened(home).keyring.newest_epoch == 5


def test_the_file_from_before_is_rolled_back_and_opens_elsewhere(home: Home, tmp_path: Path) -> None:
    old = home.path / "old.db"
    shutil.copy2(home.vault, old)
    new = home.vault.read_bytes()
    home.run(*REKEY)
    new = home.vault.read_bytes()
    home.vault.write_bytes(old.read_bytes())
    ended = by_passphrase(home, "list", status=DAMAGED)
    assert "error: the vault was rolled back" in ended.stderr
    # Where no anchor has seen it, the copy opens with what it always did, as the command says.
    shutil.rmtree(home.state)
    by_passphrase(home, "list")
    home.vault.write_bytes(new)
    home.run("audit", "verify")


@pytest.mark.parametrize("epoch", [0, 2, 7])
def test_another_epoch_in_the_state_is_damage_for_who_opens_it(home: Home, epoch: int) -> None:
    with sqlite3.connect(home.vault) as database:
        meta = bytearray(database.execute("SELECT meta FROM state").fetchone()[0])
        meta[4:8] = epoch.to_bytes(4, "little")
        database.execute("UPDATE state SET meta = ?", [bytes(meta)])
    assert "tampered with" in home.run("list", status=DAMAGED).errors[0]
    verified = json.loads(home.run("audit", "verify", "-o", "json", status=DAMAGED).stdout)
    assert "wrong-state" in json.dumps(verified)


def test_the_record_goes_on_across_epochs(home: Home) -> None:
    key = audit.VerifierKey.parse(home.run("audit", "checkpoint", "--key").stdout.strip())
    first = home.write("first", home.run("audit", "checkpoint").stdout)
    filled(home)
    home.run(*REKEY)
    home.run("issue", "ci", "--force-refresh", allowed=["token"])
    home.run(*REKEY)
    home.run("issue", "payroll", allowed=["token"])
    home.run("audit", "verify", "--checkpoint", first)

    assert key == audit.VerifierKey.parse(home.run("audit", "checkpoint", "--key").stdout.strip())
    old = audit.Checkpoint.verified(first.read_text(), key)
    now = audit.Checkpoint.verified(home.run("audit", "checkpoint").stdout, key)
    for options in ([], ["--open"]):
        path = home.path / f"export{len(options)}"
        home.run("audit", "export", path, *options)
        audit.verify_export(path, key)
    record = entries(home)
    for number in range(now.size):
        proven, leaf, _ = audit.verify_inclusion(home.run("audit", "prove", str(number)).stdout, key)
        disclosed = audit.verify_disclosure(home.run("audit", "disclose", str(number)).stdout, key)
        assert proven == number and disclosed["action"] == record[number]["action"]
    proof = home.run("audit", "prove", "--from", str(old.size), "--to", str(now.size)).stdout
    audit.verify_consistency(proof, old, key)
    vault = opened(home)
    epochs = [int.from_bytes(row.meta[4:8], "little") for row in vault.snapshot.audit]
    assert epochs == sorted(epochs) and set(epochs) == {1, 2, 3}
    assert contoso.SECRETS["new-secret"] in [entry.secret.decode() for entry in vault.profiles()]
