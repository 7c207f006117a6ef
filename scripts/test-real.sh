#!/usr/bin/env bash
# Builds real software with the recipes of a real Sage tree, and prints a summary of what it saw.
#
#   scripts/test-real.sh [--quick] [--keep] [--write]
#
# --quick   xz, gmp, mpfr and mpc only: a few minutes on two cores
# --keep    leave the working directory, and say where it is
# --write   put what was seen into docs/sage.md
#
# Fetches with `apt-get source` (Debian or Ubuntu, no root needed) into a temporary directory; STORE_TEST_REAL_SOURCES
# names a directory that already holds such downloads. Needs a C and C++ compiler, make, patch, perl and tar. Ends with
# status 77, as a test that is skipped, where these or the sources cannot be had.
set -euo pipefail
export TZ=UTC

project=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
store_program=$project/bin/store
quick=false
keep=false
write=false
for argument in "$@"; do
  case $argument in
    --quick) quick=true ;;
    --keep) keep=true ;;
    --write) write=true ;;
    *) echo "usage: scripts/test-real.sh [--quick] [--keep] [--write]" >&2; exit 2 ;;
  esac
done

work=$(mktemp -d "${TMPDIR:-/tmp}/store-real.XXXXXX")
overlay=$work/overlay
summary=$work/summary
clean_up() {
  if $keep; then echo "left in $work"; return; fi
  # A build that was told to end may still be removing its own files.
  for _ in 1 2 3 4 5; do
    chmod -R u+w "$work" 2> /dev/null || true
    rm -rf "$work" 2> /dev/null && return
    sleep 1
  done
  echo "could not remove $work" >&2
}
trap clean_up EXIT

say() { printf '%(%H:%M:%S)T  %s\n' -1 "$*" | tee -a "$summary"; }
fail() { echo "FAILED: $*" >&2; exit 1; }
skip() { echo "SKIPPED: $*" >&2; exit 77; }

for program in cc c++ make patch perl tar xz; do
  command -v "$program" > /dev/null || skip "there is no $program here"
done

fetch_sources() {
  downloads=${STORE_TEST_REAL_SOURCES:-$work/downloads}
  mkdir -p "$downloads"
  local missing=()
  for package in "$@"; do
    if [ -z "$(tarball_of "$package")" ]; then missing+=("$package"); fi
  done
  if [ ${#missing[@]} = 0 ]; then return; fi
  command -v apt-get > /dev/null || skip "there is no apt-get to fetch ${missing[*]}"
  mkdir -p "$work/apt/lists/partial"
  local list=$work/apt/source.sources
  for file in /etc/apt/sources.list.d/*.sources; do
    # Other people's repositories need not have sources.
    if grep -q '^URIs:.*/\(debian\|ubuntu\)' "$file" 2> /dev/null; then
      sed 's/^Types:.*/Types: deb-src/' "$file" >> "$list"
      echo >> "$list"
    fi
  done
  if [ ! -e "$list" ]; then
    list=$work/apt/source.list
    sed -n 's/^deb /deb-src /p' /etc/apt/sources.list > "$list" 2> /dev/null || skip "there is no list of apt's sources"
  fi
  local options=(-q -o "Dir::Etc::sourcelist=$list" -o Dir::Etc::sourceparts=- -o "Dir::State::lists=$work/apt/lists"
    -o "Dir::Cache=$work/apt" -o APT::Sandbox::User=)
  # Without a network it only warns.
  apt-get update "${options[@]}" > "$work/apt.log" 2>&1 && compgen -G "$work/apt/lists/*Sources*" > /dev/null ||
    { cat "$work/apt.log" >&2; skip "apt-get update found no sources: is there a network?"; }
  (cd "$downloads" && apt-get source --download-only --tar-only "${options[@]}" "${missing[@]}" > "$work/apt.log" 2>&1) ||
    { cat "$work/apt.log" >&2; skip "apt-get source could not fetch ${missing[*]}"; }
}

# The upstream tarball of a Debian source package.
tarball_of() {
  { compgen -G "$downloads/$1_*.orig.tar.*" || true; } | sed '/\.asc$/d' | sort | tail -n 1
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

# Debian takes the manual out of gmp, and with it a file that gmp's configure asks for.
replace_gmp_manual() {
  if tar --list --file "$(tarball_of gmp)" | grep -q '/doc/Makefile\.in$'; then return; fi
  mkdir -p "$overlay/build/pkgs/gmp/patches"
  cat > "$overlay/build/pkgs/gmp/patches/no-manual.patch" <<'END'
--- /dev/null
+++ b/doc/Makefile.in
@@ -0,0 +1,2 @@
+# There is no manual in this tarball.
+all check clean distclean install install-strip mostlyclean:
END
  say "overlay  gmp: the tarball has no manual, an empty one takes its place"
}

# gmp needs m4, which the tree expects of the machine.
provide_m4() {
  if [ -x /usr/bin/m4 ]; then return; fi
  overlay m4 m4
  echo standard > "$overlay/build/pkgs/m4/type"
  printf '%s\n' 'cd src' sdh_configure sdh_make sdh_make_install > "$overlay/build/pkgs/m4/spkg-install.in"
  echo 'xz | m4' > "$overlay/build/pkgs/gmp/dependencies"
}

store() { "$store_program" --root "$work/store" --no-progress "$@"; }

# Installs or upgrades; what was built stands in $work/built, one name a line. The log goes to the terminal, too.
build_and_install() {
  local recipes=(--recipes "sage:$overlay" --recipes "sage:$tree")
  {
    # 3: done, with warnings, such as that a program mentions the directory where it was built.
    store "${recipes[@]}" -j "${JOBS:-2}" "$@" > "$work/change" && echo 0 > "$work/status" || echo $? > "$work/status"
  } 2>&1 | tee "$work/log" | { grep --line-buffered -v '^  [^ ]*: [a-z]*$' || true; } >&2
  case $(cat "$work/status") in 0 | 3) ;; *) fail "store $*, status $(cat "$work/status")" ;; esac
  sed -n 's/^built \([^@]*\)@.*/\1/p' "$work/log" | sort > "$work/built"
  sed -n 's/^built \([^@]*@[^ ~]*\)[^ ]* in \(.*\)/built    \1 in \2/p' "$work/log" | while read -r line; do say "$line"; done
}

profile=$work/store/profiles/default

# Where a file of a generation really lies.
of_generation() { readlink -f "$profile/$1/$2"; }

# linked_to FILE LIBRARY: where the library lies that a library or program is linked to.
linked_to() {
  env -u LD_LIBRARY_PATH ldd "$1" > "$work/ldd"
  readlink -f "$(sed -n "s/.*$2[^ ]* => \([^ ]*\) .*/\1/p" "$work/ldd" | head -n 1)"
}

# Everything in a profile but the links that name the live generation and the one before it.
profile_listing() { find "$profile" -maxdepth 1 -name 'gen-*' -printf '%P %i %l\n' | sort; }

run_gp() {
  local answer
  answer=$(echo 'print(factor(2^128+1))' | env -i HOME="$work" "$1" -q -f)
  [ "$answer" = '[59649589127497217, 1; 5704689200685129054721, 1]' ] || fail "gp says $answer"
  say "gp       factor(2^128+1) = $answer"
}

# Replaces what stands between the marks of the document.
write_summary() {
  local page=$project/docs/sage.md
  awk -v summary="$summary" '
    /^<!-- end of the log -->/ { inside = 0 }
    !inside { print }
    /^<!-- log of test:real -->/ {
      inside = 1
      print "\n```"
      while ((getline line < summary) > 0) print line
      print "```\n"
    }' "$page" > "$work/page"
  cp "$work/page" "$page"
}

started=$SECONDS
say "begun on $(date -u +%F), UTC"
if $quick; then
  sources=(xz-utils gmp mpfr4 mpclib3)
  packages=(xz gmp mpfr mpc)
else
  sources=(xz-utils ncurses readline gmp mpfr4 mpclib3 zlib libpng1.6 pari pari-galdata pari-seadata)
  packages=(xz ncurses readline gmp mpfr mpc libpng pari)
fi
if [ ! -x /usr/bin/m4 ]; then sources+=(m4); fi
fetch_sources sagemath "${sources[@]}"

tree=$work/tree
mkdir -p "$tree"
top=$(tar --list --file "$(tarball_of sagemath)" | sed -n 's|/build/pkgs/.*||p' | head -n 1 || true)
tar --extract --file "$(tarball_of sagemath)" --directory "$tree" --strip-components="$(tr -cd / <<< "$top/" | wc -c)" "$top/build"
say "tree     $(find "$tree/build/pkgs" -mindepth 1 -maxdepth 1 -type d | wc -l) packages, from $(basename "$(tarball_of sagemath)")"

overlay xz xz-utils
overlay gmp gmp
overlay mpfr mpfr4
overlay mpc mpclib3
if ! $quick; then
  overlay ncurses ncurses
  overlay readline readline
  overlay zlib zlib
  overlay libpng libpng1.6
  overlay pari pari
  overlay pari_galdata pari-galdata
  overlay pari_seadata_small pari-seadata
fi
provide_m4
replace_gmp_manual

say "--- install ${packages[*]}"
build_and_install install "${packages[@]}"
for package in "${packages[@]}"; do
  grep -qx "$package" "$work/built" || fail "$package was not built"
done
[ -e "$(of_generation gen-1 include/gmp.h)" ] || fail "the headers of gmp are gone"

# Without --quick the package that most others here need; its build alone takes minutes.
if $quick; then upgraded=mpc; rebuilt="mpc"; else upgraded=gmp; rebuilt="gmp mpc mpfr pari"; fi
library=lib/lib$upgraded.so

# Which gmp, of all that there are, the mpc of a generation is linked to.
mpc_links_to() { linked_to "$(of_generation "$1" lib/libmpc.so)" libgmp; }
gmp_of() { of_generation "$1" lib/libgmp.so; }

old=$(of_generation gen-1 "$library")
[ "$(mpc_links_to gen-1)" = "$(gmp_of gen-1)" ] || fail "mpc is not linked to the installed gmp"
[ "$(linked_to "$(of_generation gen-1 lib/libmpfr.so)" libgmp)" = "$(of_generation gen-1 lib/libgmp.so)" ] ||
  fail "mpfr is not linked to the installed gmp"
say "linked   each library to the store path of the other"
if ! $quick; then run_gp "$profile/current/bin/gp"; fi

say "--- upgrade $upgraded"
# What a packager would do: the same software, one file more, and another patch level.
package=$overlay/build/pkgs/$upgraded
echo "$(cat "$package/package-version.txt").p1" > "$work/version"
mv "$work/version" "$package/package-version.txt"
cat > "$package/spkg-postinst.in" <<'END'
mkdir -p "$SAGE_LOCAL/share/$PKG_BASE"
echo "patch level 1" > "$SAGE_LOCAL/share/$PKG_BASE/release"
END
build_and_install upgrade
[ "$(tr '\n' ' ' < "$work/built")" = "$rebuilt " ] || fail "built again: $(tr '\n' ' ' < "$work/built"), not $rebuilt"
say "rebuilt  $rebuilt, and nothing else"
new=$(of_generation gen-2 "$library")
[ "$new" != "$old" ] || fail "there is no new $upgraded"
[ "$(of_generation gen-1 "$library")" = "$old" ] || fail "gen-1 has another $upgraded now"
for generation in gen-1 gen-2; do
  [ "$(mpc_links_to "$generation")" = "$(gmp_of "$generation")" ] || fail "the mpc of $generation is linked to another gmp"
done
say "linked   gen-2 has the new $upgraded, gen-1 still the old one, and each mpc the gmp of its generation"
if ! $quick; then run_gp "$profile/current/bin/gp"; fi

say "--- rollback"
[ "$(readlink "$profile/current")" = gen-2 ] || fail "gen-2 is not live"
profile_listing > "$work/before"
store rollback > "$work/change"
profile_listing > "$work/after"
[ "$(readlink "$profile/current")" = gen-1 ] || fail "gen-1 is not live"
cmp -s "$work/before" "$work/after" || fail "a generation was changed"
say "back     to gen-1: one link renamed, nothing else touched"
if ! $quick; then run_gp "$profile/current/bin/gp"; fi

say "done     in $(((SECONDS - started) / 60)) minutes, on $(nproc) cores, $("$store_program" --version)"
echo
echo "=== what was seen"
cat "$summary"
if $write; then write_summary; fi
