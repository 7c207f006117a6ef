#!/usr/bin/env bash
# Shows the main job in a temporary store: add, install, upgrade, a failing upgrade, and the ways back.
set -u
here=$(cd "$(dirname "$0")/.." && pwd)
PATH=$here/bin:$PATH
scratch=$(mktemp -d "${TMPDIR:-/tmp}/demo.XXXX")
trap 'chmod -R u+w "$scratch"; rm -rf "$scratch"' EXIT
export STORE_ROOT=$scratch/store
fixtures=$here/fixtures/demo
failures=0

say() { printf '\n\033[1m# %s\033[0m\n' "$*"; }
run() {
  printf '\033[36m$ %s\033[0m\n' "$*"
  "$@" || { failures=$((failures + 1)); printf 'unexpected exit status\n'; }
}
fails() {
  printf '\033[36m$ %s\033[0m\n' "$*"
  if "$@"; then failures=$((failures + 1)); echo "this should have failed"; else echo "(exit status $?)"; fi
}

cd "$scratch" || exit 1
for package in greet-1.0 greet-1.1 greet-2.0 words-1.0; do
  tar -czf "$package.tar.gz" -C "$fixtures" "$package"
done
head -c 200 greet-1.1.tar.gz > greet-1.2.tar.gz

say "An archive becomes a store object: a read-only directory named by its content"
run store add greet-1.0.tar.gz
run store add greet-1.0.tar.gz

say "Packages become visible together, as one generation of the profile"
run store install greet-1.0.tar.gz words-1.0.tar.gz
run "$STORE_ROOT/profiles/default/current/bin/greet"

say "Real packages from the npm registry"
if store add npm:is-number@7.0.0 > /dev/null 2> npm.err; then
  run store add npm:is-number@7.0.0
  run store install npm:semver@7.7.1
  run store install npm:semver@7.7.2
  run "$STORE_ROOT/profiles/default/current/bin/semver" 1.2.3 2.0.0 -r '>=1.5'
else
  cat npm.err
  echo "The registry cannot be reached: the demo goes on with its own packages."
fi

say "An upgrade is a new generation"
run store install greet-1.1.tar.gz
run "$STORE_ROOT/profiles/default/current/bin/greet"

say "A failing upgrade changes nothing: a damaged archive, and a package that collides with another"
fails store install greet-1.2.tar.gz
fails store install greet-2.0.tar.gz
run "$STORE_ROOT/profiles/default/current/bin/greet"

say "What there is, and how it differs"
run store generations
run store list
run store diff gen-1

say "The way back: one symlink is replaced"
run store switch gen-1
run "$STORE_ROOT/profiles/default/current/bin/greet"
run store switch -
run store rollback
run store generations

if [ "$failures" -gt 0 ]; then
  printf '\n%s steps did not go as shown in the README\n' "$failures"
  exit 1
fi
printf '\nEverything above happened in %s, which is removed now.\n' "$STORE_ROOT"
