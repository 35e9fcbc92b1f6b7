"""Breaks each check of the record's verifier, one at a time, and sees whether the attacks on the record are still found.

Run it through scripts/mutations.sh.
"""

import argparse
import dataclasses
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

REPOSITORY = pathlib.Path(__file__).resolve().parent.parent
TESTS = "Tests/Transcripts/test_audit_verify.py"
DERIVED = "Tests/Interop/test_derived.py"
OUTSIDE = "Tests/Transcripts/test_outside_anchors.py"
#: A check that is always true is worth a warning, which elsewhere is an error.
BUILD = "swift build --product vaultctl -Xswiftc -no-warnings-as-errors"
AUDIT = "Sources/Vault/Audit/"


@dataclasses.dataclass(frozen=True)
class Mutation:
    """What is broken, and the text that does it; the text must be there once."""

    name: str
    file: str
    text: str
    replacement: str
    tests: str = TESTS


MUTATIONS = [
    # Rows
    Mutation("gaps", AUDIT + "AuditStretchCheck.swift", "if row.sequence > expected {", "if false {"),
    Mutation(
        "gap at the end", AUDIT + "AuditStretchCheck.swift",
        "if expected < stretch.range.upperBound {", "if false {"),
    Mutation("opening", AUDIT + "AuditStretchCheck.swift", "case .not: return .unreadableEntry", "case .not: return nil"),
    Mutation(
        "missing keys", AUDIT + "AuditStretchCheck.swift",
        "case .keyMissing: return .keyMissing", "case .keyMissing: return nil"),
    Mutation(
        "columns that are none", AUDIT + "AuditStretchCheck.swift",
        "guard let meta = row.meta else { return .unreadableEntry }", "guard let meta = row.meta else { return nil }"),
    Mutation(
        "words", AUDIT + "AuditStretchCheck.swift",
        "guard let event = AuditEvent(sealed) else { return .notUnderstood }",
        "guard let event = AuditEvent(sealed) else { return nil }"),
    Mutation(
        "messages", AUDIT + "AuditStretchCheck.swift",
        "return .unreadableEntry\n        }\n    }", "return nil\n        }\n    }"),
    Mutation(
        "seals", AUDIT + "AuditStretchCheck.swift",
        "if chain?.seals(bytes.extracting(meta), with: seal) != true", "if chain == nil"),
    Mutation(
        "number in a seal", AUDIT + "AuditSealChain.swift", "hash.update(sequence.littleEndianBytes)\n", "\n"),
    Mutation("number of a row", "Sources/Vault/Crypto/AuditOpener.swift", "truncatingIfNeeded: sequence >>",
             "truncatingIfNeeded: UInt64(5) >>"),
    Mutation("version of a row", "Sources/Vault/Crypto/AuditOpener.swift",
             "(8..<16).allSatisfy({ column.byte(at: $0) == 0 })", "true"),
    # State
    Mutation(
        "root", AUDIT + "AuditVerifier.swift", "if let state = baseline.state, let tree = walk.tree, tree != state.tree {",
        "if let state = baseline.state, let tree = walk.tree, tree != state.tree, false {"),
    Mutation(
        "key in the state", AUDIT + "AuditVerifier.swift",
        "checkedSeals, walk.chain?.hasKey(key) != true {", "checkedSeals, walk.chain?.hasKey(key) == nil {"),
    Mutation("unreadable state", AUDIT + "AuditBaseline.swift",
             'findings.add(.wrongState, .state, "the state', '_ = (AuditFinding.Kind.wrongState, "the state'),
    Mutation("unreadable key", AUDIT + "AuditBaseline.swift", "if let secretProblem {", "if let secretProblem, false {"),
    Mutation("schema", AUDIT + "AuditBaseline.swift",
             'findings.add(.wrongSchema, .table("sqlite_schema"), error.cause)', "_ = error.cause"),
    Mutation("schema hash", AUDIT + "AuditBaseline.swift",
             "if let schemaHash, schemaHash != state.schemaHash {", "if let schemaHash, schemaHash.isEmpty {"),
    Mutation("number of rows", AUDIT + "AuditBaseline.swift", "if count != expected {", "if count > 1 << 40 {"),
    Mutation("set hash", AUDIT + "AuditBaseline.swift",
             "if isWhole, !hash.equals(state.setHash) {", "if isWhole, hash.bytes.isEmpty {"),
    Mutation("rows behind the last", AUDIT + "AuditBaseline.swift", "if last >= size {", "if last > UInt64.max - 1 {"),
    Mutation("rows before the first", AUDIT + "AuditBaseline.swift", "if bounds.first < 0 {", "if bounds.first == .min {"),
    Mutation("room", AUDIT + "AuditVerifier.swift",
             "if baseline.size > baseline.room { walk.skip(to: baseline.size) }", ""),
    # Anchor
    Mutation("missing anchor", AUDIT + "AuditVerifier.swift", "        guard let bytes else {\n            findings.add(",
             "        guard let bytes else {\n            var findings = findings\n            findings.add("),
    Mutation("damaged anchor", AUDIT + "AuditVerifier.swift",
             'findings.add(\n                .anchorDamaged,', 'var findings = findings\n            findings.add(\n                .anchorDamaged,'),
    Mutation("size of the anchor", AUDIT + "AuditVerifier.swift",
             "guard state.tree.size >= anchor.tree.size, state", "guard state"),
    Mutation("transactions of the anchor", AUDIT + "AuditVerifier.swift",
             "anchor.tree.size, state.transactions >= anchor.transactions else {", "anchor.tree.size else {"),
    Mutation("two states of as many transactions", AUDIT + "AuditVerifier.swift",
             "guard state.transactions > anchor.transactions || state.tree.size == anchor.tree.size else {",
             "guard state.transactions >= anchor.transactions else {"),
    Mutation("marks", AUDIT + "AuditWalk.swift", "mark.size == tree.size, mark.root == tree.root {",
             "mark.size == tree.size {"),
    # Checkpoints
    Mutation("signature", AUDIT + "AuditCheckpoints.swift",
             "guard let note = SignedNote(parsing: bytes), note.isSigned(by: key) else {",
             "guard let note = SignedNote(parsing: bytes) else {"),
    Mutation("signature of a given one", AUDIT + "AuditCheckpoints.swift",
             "guard note.isSigned(by: key) else {", "guard note.isSigned(by: key) || true else {"),
    Mutation("origin", AUDIT + "AuditCheckpoints.swift", "checkpoint.origin == key.name, checkpoint.size == size",
             "checkpoint.size == size"),
    Mutation("size of a checkpoint", AUDIT + "AuditCheckpoints.swift",
             "checkpoint.origin == key.name, checkpoint.size == size", "checkpoint.origin == key.name"),
    Mutation("two of one size", AUDIT + "AuditCheckpoints.swift",
             "$0.size == mark.size && $0.root != mark.root", "$0.size == mark.size && $0.root.isEmpty"),
    Mutation("the one that is counted from", AUDIT + "AuditBaseline.swift",
             "guard let state, state.checkpointSize > 0 else { return }",
             "guard let state, state.checkpointSize > 1 << 40 else { return }"),
    Mutation("checkpoints ahead", AUDIT + "AuditVerifier.swift",
             "for mark in checkpoints.marks {\n            if mark.size > baseline.size { "
             "findings.add(mark.missing(baseline.size)) } else { marks.append(mark) }",
             "for mark in checkpoints.marks {\n            if mark.size <= baseline.size { marks.append(mark) }"),
    Mutation("places outside ahead", AUDIT + "AuditVerifier.swift",
             "else { continue }\n            if mark.size > baseline.size { findings.add(mark.missing(baseline.size)) } "
             "else { marks.append(mark) }",
             "else { continue }\n            if mark.size <= baseline.size { marks.append(mark) }", OUTSIDE),
    Mutation("places that have another's note", AUDIT + "OutsideAnchor.swift",
             "error.code == .damaged ? .anchorDamaged : .anchorUnreachable", ".anchorUnreachable", OUTSIDE),
    Mutation("tiles against the mark", AUDIT + "AuditVerifier.swift",
             "if let tree, tree.root == mark.root { return tree }", "if let tree { return tree }"),
    Mutation("where reading begins", AUDIT + "AuditVerifier.swift",
             "try tree(at: marks.min { $0.size < $1.size }, connection)",
             "try tree(at: checkpoint, connection)"),
    # What is derived
    Mutation("tiles", AUDIT + "AuditStretchCheck.swift", "if stretch.tiles[number] != leaves.joined(",
             "if stretch.tiles[number]?.count == 1, stretch.tiles[number] != leaves.joined(", DERIVED),
    Mutation("higher tiles", AUDIT + "AuditVerifier.swift", "if !isRight {", "if !isRight, width == 0 {", DERIVED),
    Mutation("tiles too many", AUDIT + "AuditBaseline.swift", "if try store.hasTiles(beyond: size) {",
             "if try store.hasTiles(beyond: .max) {", DERIVED),
    Mutation("index", AUDIT + "AuditStretchCheck.swift", "if stored != segment.segment {", "if stored != stored {", DERIVED),
    Mutation("segments too many", AUDIT + "AuditBaseline.swift",
             "if try store.hasAuditSegments(from: size / AuditSegment.width) {",
             "if try store.hasAuditSegments(from: 1 << 40) {", DERIVED),
]  # fmt: skip


def survivors(mutations, tree, build, vaultctl, emulator):
    """Breaks one after the other; gives the names of those that no test noticed."""
    alive = []
    for tests in sorted({mutation.tests for mutation in mutations}):
        # Tests that fail anyway would kill everything.
        assert _try(tree, tests, build, vaultctl, emulator) == "SURVIVED", f"{tests} do not pass as it is"
    for mutation in mutations:
        path = tree / mutation.file
        source = path.read_text()
        assert source.count(mutation.text) == 1, f"{mutation.name}: the text is there {source.count(mutation.text)} times"
        path.write_text(source.replace(mutation.text, mutation.replacement))
        try:
            verdict = _try(tree, mutation.tests, build, vaultctl, emulator)
        finally:
            path.write_text(source)
        print(f"{verdict:10} {mutation.name}", flush=True)
        if verdict != "killed":
            alive.append(mutation.name)
    return alive


def _try(tree, tests, build, vaultctl, emulator):
    built = subprocess.run(build, shell=True, cwd=tree, capture_output=True, text=True)
    if built.returncode != 0:
        print(built.stdout[-2000:] + built.stderr[-2000:], file=sys.stderr)
        return "not built"
    tested = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", tests],
        cwd=tree, capture_output=True, text=True, env={**os.environ, "VAULTCTL": vaultctl, "ENTRA_EMULATOR": emulator},
    )  # fmt: skip
    # 1: tests failed. Anything else is no verdict about the mutation.
    return {0: "SURVIVED", 1: "killed"}.get(tested.returncode, f"status {tested.returncode}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", help="those whose name has this word in it")
    parser.add_argument("--list", action="store_true", help="name them, and change nothing")
    parser.add_argument("--build", default=BUILD, help="what builds the copy, run in it")
    parser.add_argument("--programs", help="where the build leaves the programs; default .build/debug of the copy")
    options = parser.parse_args()
    chosen = [mutation for mutation in MUTATIONS if not options.only or options.only in mutation.name]
    if options.list:
        print("\n".join(mutation.name for mutation in chosen))
        return 0
    with tempfile.TemporaryDirectory(prefix="mutations-") as scratch:
        tree = pathlib.Path(scratch) / "tree"
        # With what is built already, so that a mutation builds what depends on it and no more.
        shutil.copytree(REPOSITORY, tree, symlinks=True, ignore=shutil.ignore_patterns(".git", ".venv", ".build-release"))
        programs = pathlib.Path(options.programs) if options.programs else tree / ".build" / "debug"
        alive = survivors(chosen, tree, options.build, str(programs / "vaultctl"), str(programs / "entra-emulator"))
    print(f"{len(chosen) - len(alive)} of {len(chosen)} killed")
    return 1 if alive else 0


if __name__ == "__main__":
    sys.exit(main())
