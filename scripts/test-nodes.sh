#!/usr/bin/env bash
# Runs the tests with other versions of Node, which npm fetches: `npm run test:nodes`, or with some, `npm run test:nodes -- 24`.
set -euo pipefail
cd "$(dirname "$0")/.."

versions=("$@")
[ "${#versions[@]}" -gt 0 ] || versions=(22 24 26)
place=$(mktemp -d)
# The bundle holds code that the last Node compiled.
trap 'rm -rf "$place"; node scripts/build.mjs --no-types' EXIT

failed=()
for version in "${versions[@]}"; do
  tarball=$(npm pack --silent --pack-destination "$place" "node-$(node -p 'process.platform + "-" + process.arch')@$version")
  mkdir "$place/$version"
  tar xzf "$place/$tarball" -C "$place/$version" --strip-components=1
  echo "=== Node $("$place/$version/bin/node" --version)"
  PATH="$place/$version/bin:$PATH" npm test || failed+=("$version")
done

[ "${#failed[@]}" -eq 0 ] && exit
echo "test:nodes: tests failed with Node ${failed[*]}" >&2
exit 1
