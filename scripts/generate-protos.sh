#!/usr/bin/env bash
# Writes Protos/vault.pb.swift from Protos/vault.proto. Needs protoc: apt-get install protobuf-compiler
set -euo pipefail
cd "$(dirname "$0")/.."
swift build --product protoc-gen-swift
protoc --plugin=protoc-gen-swift="$(swift build --show-bin-path)/protoc-gen-swift" \
  --proto_path=Protos --swift_opt=Visibility=Package --swift_out=Protos Protos/vault.proto
