#!/usr/bin/env bash
# Measures the store against its rivals and writes the table of docs/benchmarks.md: `npm run bench`, or for a part
# `npm run bench -- --only 'small|switch'`. Options: see bench/options.mjs.
set -euo pipefail
cd "$(dirname "$0")/.."

missing=()
for pair in nix-store:nix-bin nix-env:nix-bin nix-build:nix-bin sha256sum:coreutils stow:stow tar:tar gzip:gzip sync:coreutils; do
  command -v "${pair%%:*}" >/dev/null || missing+=("${pair##*:}")
done
if [ "${#missing[@]}" -gt 0 ]; then
  echo "bench: programs to measure against are missing; on Debian: apt-get install --no-install-recommends $(printf '%s\n' "${missing[@]}" | sort -u | tr '\n' ' ')" >&2
  exit 1
fi

node scripts/build.mjs --no-types
exec node bench/run.mjs "$@"
