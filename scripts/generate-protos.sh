#!/usr/bin/env bash
# Writes the Swift of Protos/*.proto beside them. Needs protoc: apt-get install protobuf-compiler
set -euo pipefail
cd "$(dirname "$0")/.."
swift build --product protoc-gen-swift
protoc --plugin=protoc-gen-swift="$(swift build --show-bin-path)/protoc-gen-swift" \
  --proto_path=Protos --swift_opt=Visibility=Package --swift_out=Protos vault.proto agent.proto
