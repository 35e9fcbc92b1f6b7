#!/usr/bin/env bash
# Measures the release build against its thresholds (scripts/benchmark-thresholds.json), side by side with other programs
# in one run; exits 1 when one is missed. Takes the options of benchmark.py: --json FILE, --rounds N, --load-seconds S,
# --against az, --long. An agent under load must leave a gapless record, however fast it was.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/prepare.sh
prepare_system
for program in python3 openssl; do
  command -v $program >/dev/null || prepare_system $program
done
prepare_python

scratch=.build-release
build=(swift build -c release --static-swift-stdlib --disable-local-rpath --scratch-path "$scratch")
echo "== building for release (a first build takes a quarter of an hour)" >&2
for product in vaultctl entra-emulator vault-benchmark; do
  nice -n 10 "${build[@]}" --product "$product" >&2
done

# The vaults are made beside the build: a file system in memory, as /tmp may be, would make durable writes look free.
exec python3 scripts/benchmark.py --programs "$("${build[@]}" --show-bin-path)" --directory "$scratch" \
  --python "$python" "$@"
