#!/usr/bin/env bash
# Builds real software with the recipes of a real Sage tree, and prints a summary of what it saw.
#
#   scripts/test-real.sh [--quick] [--keep]
#
# --quick   xz, gmp, mpfr and mpc only: a few minutes on two cores
# --keep    leave the working directory, and say where it is
#
# Fetches with `apt-get source` (Debian or Ubuntu, no root needed) into a temporary directory; STORE_TEST_REAL_SOURCES
# names a directory that already holds such downloads. Needs a C and C++ compiler, make, patch, perl and tar.
set -euo pipefail

project=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
store_program=$project/bin/store
quick=false
keep=false
for argument in "$@"; do
  case $argument in
    --quick) quick=true ;;
    --keep) keep=true ;;
    *) echo "usage: scripts/test-real.sh [--quick] [--keep]" >&2; exit 2 ;;
  esac
done

work=$(mktemp -d "${TMPDIR:-/tmp}/store-real.XXXXXX")
overlay=$work/overlay
summary=$work/summary
clean_up() {
  if $keep; then echo "left in $work"; return; fi
  chmod -R u+w "$work" && rm -rf "$work"
}
trap clean_up EXIT

say() { echo "$*" | tee -a "$summary"; }
fail() { echo "FAILED: $*" >&2; exit 1; }

fetch_sources() {
  downloads=${STORE_TEST_REAL_SOURCES:-$work/downloads}
  mkdir -p "$downloads" "$work/apt/lists/partial"
  local lists=()
  for file in /etc/apt/sources.list.d/*.sources; do
    if [ -e "$file" ] && grep -q '^URIs:.*\(debian\|ubuntu\)' "$file"; then lists+=("$file"); fi
  done
  if [ ${#lists[@]} -gt 0 ]; then
    cat "${lists[@]}" | sed 's/^Types:.*/Types: deb-src/' > "$work/apt/src.sources"
    local list=$work/apt/src.sources
  else
    sed -n 's/^deb /deb-src /p' /etc/apt/sources.list > "$work/apt/src.list"
    local list=$work/apt/src.list
  fi
  local options=(-q -o "Dir::Etc::sourcelist=$list" -o Dir::Etc::sourceparts=- -o "Dir::State::lists=$work/apt/lists"
    -o "Dir::Cache=$work/apt" -o APT::Sandbox::User=)
  local missing=()
  for package in "$@"; do
    if ! compgen -G "$downloads/${package}_*.orig.tar.*" > /dev/null; then missing+=("$package"); fi
  done
  if [ ${#missing[@]} = 0 ]; then return; fi
  apt-get update "${options[@]}" > "$work/apt.log" 2>&1 || { cat "$work/apt.log" >&2; fail "apt-get update"; }
  (cd "$downloads" && apt-get source --download-only --tar-only "${options[@]}" "${missing[@]}" > "$work/apt.log" 2>&1) ||
    { cat "$work/apt.log" >&2; fail "apt-get source ${missing[*]}"; }
}

# The upstream tarball of a Debian source package.
tarball_of() {
  local found
  found=$(compgen -G "$downloads/$1_*.orig.tar.*" | grep -v '\.asc$' | sort | tail -n 1)
  echo "$found"
}

# overlay NAME DEBIAN-SOURCE: the version and checksum of what Debian has, for the recipe that the tree has.
# The patches of the tree are for its own version; those that the newer one does not take are left out.
overlay() {
  local name=$1 from version extension directory
  from=$(tarball_of "$2")
  version=$(basename "$from" | sed -E 's/^[^_]+_//; s/\.orig\.tar\..*//; s/[.+~]dfsg.*//; s/^0\.//')
  extension=${from##*.orig.}
  directory=$overlay/build/pkgs/$name
  mkdir -p "$directory" "$overlay/upstream"
  cp "$from" "$overlay/upstream/$name-$version.$extension"
  echo "$version" > "$directory/package-version.txt"
  printf 'tarball=%s-VERSION.%s\nsha256=%s\n' "$name" "$extension" "$(sha256sum < "$from" | cut -d' ' -f1)" > "$directory/checksums.ini"
  take_patches "$name" "$from"
  say "overlay  $name $version (the tree has $(cat "$tree/build/pkgs/$name/package-version.txt" 2> /dev/null || echo none))"
}

take_patches() {
  local name=$1 from=$2 unpacked=$work/unpacked
  if [ ! -d "$tree/build/pkgs/$name/patches" ]; then return; fi
  mkdir -p "$overlay/build/pkgs/$name/patches" "$unpacked"
  tar --extract --file "$from" --directory "$unpacked" --strip-components=1
  for patch in "$tree/build/pkgs/$name/patches"/*; do
    if [ "${patch%.patch}" = "$patch" ]; then
      cp "$patch" "$overlay/build/pkgs/$name/patches"
    elif patch --directory="$unpacked" -p1 --batch --dry-run --silent < "$patch" > "$work/patch.log" 2>&1; then
      patch --directory="$unpacked" -p1 --batch --silent < "$patch" > "$work/patch.log"
      cp "$patch" "$overlay/build/pkgs/$name/patches"
    else
      say "overlay  $name: $(basename "$patch") is for the tree's own version and left out"
    fi
  done
  rm -rf "$unpacked"
}

store() { "$store_program" --root "$work/store" --recipes "sage:$overlay" --recipes "sage:$tree" --no-progress "$@"; }

# The package's place in the live generation of the profile.
installed() { readlink -f "$(store path "$1")"; }

# Run paths and needed libraries of a file come from this package: its place in the store.
links_to() {
  ldd "$1" > "$work/ldd"
  grep -q "$2/" "$work/ldd" || { cat "$work/ldd"; fail "$1 is not linked to $2"; }
}
