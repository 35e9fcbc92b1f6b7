#!/usr/bin/env bash
# Puts Protos/vault.proto into the last section of FORMAT.md, so that the page stays enough by itself.
set -euo pipefail
cd "$(dirname "$0")/.."
{
  sed '/^```proto$/q' FORMAT.md
  cat Protos/vault.proto
  echo '```'
} >FORMAT.md.new
mv FORMAT.md.new FORMAT.md
