#!/usr/bin/env bash
# All tests, from nothing: system packages, Python environment, build, Swift tests, then the real binary from outside.
# --long makes the sweeps exhaustive; a seed is printed where chance has a part.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/prepare.sh
# gdb has gcore, tmux is the terminal of pictures; the others complete lines, show manuals, make packages and install them.
prepare_system gdb tmux zsh fish mandoc groff binutils debootstrap dpkg-dev git python3 systemd
prepare_python

echo "== format"
swift format lint --strict --recursive Package.swift Migrations Sources Tests

echo "== build"
swift build --build-tests

echo "== Swift tests"
swift test --skip-build

echo "== the binary from outside"
bin=$(swift build --show-bin-path)
export VAULTCTL=$bin/vaultctl ENTRA_EMULATOR=$bin/entra-emulator
# Three runs, because each folder has options and fixtures of its own. All are made, whatever fails: who looks sees everything.
status=0
"$python" -m pytest -q "$@" Tests/Interop || status=1
"$python" -m pytest -q "$@" Tests/Transcripts || status=1
# The debug build, linked as a release is: a release build would take a quarter of an hour.
"$python" -m pytest -q Tests/Packaging || status=1
exit $status
