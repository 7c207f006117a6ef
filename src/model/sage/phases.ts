import { APPLYING } from "../applied-patch.ts";
import type { Phase } from "../recipe.ts";
import type { SageKind } from "./package.ts";

/** Where the files of a package lie in the build directory, its sources in `src` below it. */
export const PACKAGE_DIRECTORY = "package";
/** Where the tree's own helpers lie. */
export const HELPER_DIRECTORY = "sage/build/bin";

export interface PhaseTexts {
  readonly name: string;
  readonly version: string;
  readonly kind: SageKind;
  /** Shell text for whether the test suite runs: `false`, or a reference to the option that says so. */
  readonly checks: string;
}

/**
 * The shell texts that install a package of a Sage tree into `$out`. Its scripts believe that `$out` is the one prefix
 * of everything: links to the files of all dependencies stand in it while they run, and go at the end. What a script
 * removes or replaces there is a link.
 */
export function sagePhases(texts: PhaseTexts): Readonly<Partial<Record<Phase, string>>> {
  const prologue = environment(texts);
  const run = (name: string): string => `run_script spkg-${name}\n`;
  const install = texts.kind === "wheel" ? INSTALL_WHEEL : run("install");
  return {
    patch: PATCH,
    configure: `${prologue}${TOOLS}${LINK_DEPENDENCIES}${RUN_SCRIPT}${run("preinst")}`,
    build: `${prologue}${RUN_SCRIPT}${run("build")}`,
    install: [
      prologue,
      RUN_SCRIPT,
      install,
      MERGE_STAGE,
      "unset SAGE_DESTDIR SAGE_DESTDIR_LOCAL\n",
      run("postinst"),
      `if [ "$checks" = true ]; then ${run("check").trim()}; fi\n`,
      REMOVE_LINKS,
      TIDY,
    ].join(""),
  };
}

const PATCH = `cd ${PACKAGE_DIRECTORY}
export LC_ALL=C
for patch in patches/*.patch; do
  if [ -e "$patch" ]; then
    echo "${APPLYING}$patch"
    patch --directory=src -p1 --batch --forward --no-backup-if-mismatch < "$patch"
  fi
done
`;

/** Variables that Sage sets for its packages. The build is for any processor of this kind, and without debug data. */
function environment({ name, version, checks }: PhaseTexts): string {
  return `room=$PWD
checks=${checks}
export SAGE_ROOT="$room/sage" SAGE_LOCAL="$out" SAGE_INST_LOCAL="$out" SAGE_VENV="$out"
export SAGE_SRC="$SAGE_ROOT/src" SAGE_SHARE="$SAGE_LOCAL/share" SAGE_ETC="$SAGE_LOCAL/etc" SAGE_DOC="$SAGE_LOCAL/share/doc/sage"
export SAGE_EXTCODE="$SAGE_LOCAL/share/sage/ext" SAGE_LOGS="$room/logs" SAGE_DISTFILES="$room/upstream" DOT_SAGE="$room/dot-sage"
export SAGE_SPKG_INST="$SAGE_LOCAL/var/lib/sage/installed" SAGE_SPKG_SCRIPTS="$SAGE_LOCAL/var/lib/sage/scripts"
export SAGE_SPKG_WHEELS="$SAGE_LOCAL/var/lib/sage/wheels" SAGE_PKGCONFIG="$SAGE_LOCAL/lib/pkgconfig"
export SAGE_PKG_DIR="$room/${PACKAGE_DIRECTORY}" SAGE_DESTDIR="$room/inst" SAGE_DESTDIR_LOCAL="$room/inst$out"
export SAGE_BUILD_DIR="$room" SAGE_NUM_THREADS="$jobs" SAGE_SUDO= SAGE_EDITABLE=no
if [ "$checks" = true ]; then export SAGE_CHECK=yes; else export SAGE_CHECK=no; fi
export SAGE_DEBUG=no SAGE_FAT_BINARY=yes
export PKG_BASE='${name}' PKG_VER='${version}' PKG_NAME='${name}-${version}' UNAME="$(uname)"
command_of() { command -v "$1" > /dev/null && echo "$1" || echo "$2"; }
export CC="$(command_of gcc cc)" CXX="$(command_of g++ c++)" FC="$(command_of gfortran f95)" MAKE=make
export F77="$FC" F90="$FC" F95="$FC" LD=ld AR=ar AS=as RANLIB=ranlib NM=nm
export CFLAGS=-O2 CXXFLAGS=-O2 FCFLAGS=-O2 F77FLAGS=-O2 CFLAGS_O3=-O3 CXXFLAGS_O3=-O3 FCFLAGS_O3=-O3 F77FLAGS_O3=-O3
export CFLAGS_NON_NATIVE=-O2 CXXFLAGS_NON_NATIVE=-O2 CFLAGS_O3_NON_NATIVE=-O3 CXXFLAGS_O3_NON_NATIVE=-O3 CFLAGS_MARCH=
export CPATH="$SAGE_LOCAL/include" LIBRARY_PATH="$SAGE_LOCAL/lib" LDFLAGS="\${LDFLAGS-} -L$SAGE_LOCAL/lib"
export PERL5LIB="$SAGE_LOCAL/lib/perl5" PYTHONDONTWRITEBYTECODE=1 PYTHONNOUSERSITE=1
export SAGE_GMP_PREFIX="\${dep_gmp-$SAGE_LOCAL}" SAGE_MPFR_PREFIX="\${dep_mpfr-$SAGE_LOCAL}" SAGE_MPC_PREFIX="\${dep_mpc-$SAGE_LOCAL}"
export SAGE_NTL_PREFIX="\${dep_ntl-$SAGE_LOCAL}" SAGE_FLINT_PREFIX="\${dep_flint-$SAGE_LOCAL}" SAGE_PARI_PREFIX="\${dep_pari-$SAGE_LOCAL}"
export SAGE_GMP_INCLUDE="$SAGE_GMP_PREFIX/include" SAGE_GLPK_PREFIX="$SAGE_LOCAL" SAGE_FREETYPE_PREFIX="$SAGE_LOCAL"
export SAGE_SUITESPARSE_PREFIX="$SAGE_LOCAL" SAGE_PARI_CFG="$SAGE_PARI_PREFIX/lib/pari/pari.cfg"
export SAGE_CONFIGURE_GMP="--with-gmp=$SAGE_GMP_PREFIX" SAGE_CONFIGURE_MPFR="--with-mpfr=$SAGE_MPFR_PREFIX"
export SAGE_CONFIGURE_MPC="--with-mpc=$SAGE_MPC_PREFIX" SAGE_CONFIGURE_NTL="--with-ntl=$SAGE_NTL_PREFIX"
export SAGE_CONFIGURE_FLINT="--with-flint=$SAGE_FLINT_PREFIX" SAGE_CONFIGURE_PARI="--with-pari=$SAGE_PARI_PREFIX"
programs=
for variable in \${!dep_@}; do
  if [ -d "\${!variable}/bin" ]; then programs="$programs\${!variable}/bin:"; fi
done
export PATH="$room/tools:$SAGE_ROOT/build/bin:$programs$out/bin:$PATH"
`;
}

/**
 * Helpers of Sage that need its own Python or install into that of the dependency: here no lock is needed, there is
 * nothing to uninstall, and a wheel goes into the package. It is installed by name, from its directory: so the path of
 * the build directory is not recorded.
 */
const TOOLS = `mkdir -p tools
cat > tools/sage-flock <<'END'
#!/usr/bin/env bash
while [ "\${1#-}" != "$1" ]; do shift; done
shift
exec "$@"
END
printf '#!/usr/bin/env bash\\n' > tools/sage-pip-uninstall
cat > tools/sage-pip-install <<'END'
#!/usr/bin/env bash
for wheel in "$@"; do :; done
name=\${wheel##*/}
exec python3 -m pip --disable-pip-version-check --no-input --no-cache-dir install --no-index --find-links "$(dirname "$wheel")" \\
  --no-deps --no-compile --ignore-installed --ignore-requires-python --no-warn-script-location --prefix "$SAGE_LOCAL" "\${name%%-*}"
END
cat > tools/sage-bootstrap-python <<'END'
#!/usr/bin/env bash
exec python3 "$@"
END
chmod +x tools/*
`;

/**
 * Every file of every dependency as a link in the output; which links and directories these are is noted. The first
 * dependency that has a file provides it.
 */
const LINK_DEPENDENCIES = `mkdir -p "$out" "$SAGE_DESTDIR_LOCAL/lib" sage/build/pkgs
ln -s "$SAGE_PKG_DIR" "sage/build/pkgs/$PKG_BASE"
ln -s lib "$SAGE_DESTDIR_LOCAL/lib64"
for variable in \${!dep_@}; do
  cp --recursive --symbolic-link --no-clobber --no-preserve=mode "\${!variable}/." "$out" ||
    echo "not every file of \${!variable} is to be seen in $out"
  if [ -L "$out/lib64" ]; then rm "$out/lib64"; fi
done
find "$out" -type l -printf '%P\\t%l\\0' | sort -z > links
find "$out" -mindepth 1 -depth -type d -printf '%P\\0' > directories
`;

/**
 * A script with `.in` is one of bash, and gets what Sage puts before it; one without is run by what its first line names. It
 * decides itself what an error is.
 */
const RUN_SCRIPT = `run_script() {
  cd "$SAGE_PKG_DIR"
  if [ -e "$1.in" ]; then
    { echo '. "$SAGE_ROOT/build/bin/sage-dist-helpers"'; cat "$1.in"; } > "$1"
    echo "Running $1 of $PKG_NAME"
    bash "./$1" < /dev/null
  elif [ -e "$1" ]; then
    local interpreter="$(sed -n '1s/^#! *//p' "$1")"
    echo "Running $1 of $PKG_NAME with \${interpreter:-bash}"
    chmod u+x "$1"
    "./$1" < /dev/null
  fi
  cd "$room"
}
`;

const INSTALL_WHEEL = `for wheel in ${PACKAGE_DIRECTORY}/src/dist/*.whl; do
  sage-pip-install "$wheel"
done
`;

/** What was staged goes into the output, in the place of links if need be, never through them. */
const MERGE_STAGE = `if [ -L "$SAGE_DESTDIR_LOCAL/lib64" ]; then rm "$SAGE_DESTDIR_LOCAL/lib64"; fi
rmdir --ignore-fail-on-non-empty "$SAGE_DESTDIR_LOCAL/lib"
cp -a --remove-destination "$SAGE_DESTDIR_LOCAL/." "$out"
`;

/** The links that are still as they were made, and the directories that hold nothing else. */
const REMOVE_LINKS = `find "$out" -type l -printf '%P\\t%l\\0' | sort -z | comm -z -12 - links | cut -z -f1 | (cd "$out" && xargs -0 -r rm)
(cd "$out" && xargs -0 -r rmdir --ignore-fail-on-non-empty 2> /dev/null) < directories || true
`;

/**
 * Libtool's archives name files of other packages that are linked here no more; an index of info pages or a wheel with
 * compiled code belongs to one prefix alone. Debian's Python installs below \`local\`, into \`dist-packages\`.
 */
const TIDY = `if [ -d "$out/lib" ]; then find "$out/lib" -maxdepth 1 -name '*.la' ! -type d -delete; fi
rm -f "$out/share/info/dir"
if [ -d "$SAGE_SPKG_WHEELS" ]; then find "$SAGE_SPKG_WHEELS" -name '*.whl' ! -name '*-none-any.whl' -delete; fi
if [ -d "$out/local" ]; then
  cp -a "$out/local/." "$out"
  rm -r "$out/local"
fi
for directory in "$out"/lib/python3*/dist-packages; do
  if [ -d "$directory" ]; then
    mkdir -p "\${directory%/*}/site-packages"
    cp -a "$directory/." "\${directory%/*}/site-packages"
    rm -r "$directory"
  fi
done
`;
