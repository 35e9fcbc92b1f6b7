#!/usr/bin/env bash
# Breaks one check of the record's verifier at a time (the list in mutations.py), builds, and runs the tests that should notice:
# a mutation that they let pass shows a check that nobody needs, or a test that is missing. Exits 1 when one survives.
# Takes half an hour; options of mutations.py: --only WORD, --build COMMAND, --list. Works in a copy, which it removes.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/prepare.sh
prepare_system
prepare_python
exec "$python" scripts/mutations.py "$@"
