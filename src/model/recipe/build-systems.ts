import type { BuildSystem, Phase } from "../recipe.ts";
import { pythonRunPath } from "./python-run-path.ts";

/** Arguments as shell text: each a quoted word with a space before it; empty when there are none. */
export interface BuildArguments {
  readonly configure: string;
  readonly make: string;
  /** Shell words: the paths of what the package needs when it runs. */
  readonly needed: readonly string[];
}

/**
 * The shell text of the phases that a build system brings along; `unpack` and `patch` come from the recipe's sources and
 * patches. A phase runs in `bash -eu`, in the build directory, with `$out` and `$jobs`; `make` takes the number of jobs
 * from MAKEFLAGS, so that a jobserver that is there is used.
 */
export function defaultPhases(system: BuildSystem, args: BuildArguments): Readonly<Partial<Record<Phase, string>>> {
  switch (system) {
    case "autotools":
      return autotools(args);
    case "cmake":
      return cmake(args);
    case "meson":
      return meson(args);
    case "make":
      return make(args);
    case "python":
      return python(args);
    case "copy":
      return { install: 'mkdir -p "$out"\ncp -a . "$out"\n' };
    case "script":
      return {};
  }
}

const JOBS = `export MAKEFLAGS="\${MAKEFLAGS--j$jobs}"\n`;

function autotools({ configure, make }: BuildArguments): Partial<Record<Phase, string>> {
  return {
    configure: `[ -e configure ] || autoreconf --force --install\n./configure --prefix="$out"${configure}\n`,
    build: `${JOBS}make${make}\n`,
    check: `${JOBS}make${make} check\n`,
    install: `${JOBS}make${make} install\n`,
  };
}

function cmake({ configure }: BuildArguments): Partial<Record<Phase, string>> {
  const settings = [
    '-DCMAKE_INSTALL_PREFIX="$out"',
    "-DCMAKE_INSTALL_LIBDIR=lib",
    '-DCMAKE_INSTALL_RPATH="$out/lib"',
    "-DCMAKE_INSTALL_RPATH_USE_LINK_PATH=ON",
    "-DCMAKE_BUILD_TYPE=Release",
  ];
  return {
    configure: `cmake -S . -B _build ${settings.join(" ")}${configure}\n`,
    build: `${JOBS}if [ -e _build/Makefile ]; then make -C _build; else cmake --build _build --parallel "$jobs"; fi\n`,
    check: '(cd _build && ctest --output-on-failure --parallel "$jobs")\n',
    install: "cmake --install _build\n",
  };
}

function meson({ configure }: BuildArguments): Partial<Record<Phase, string>> {
  return {
    configure: `meson setup _build --prefix="$out" --libdir=lib --buildtype=release --wrap-mode=nodownload${configure}\n`,
    build: 'meson compile -C _build -j "$jobs"\n',
    check: 'meson test -C _build --no-rebuild --print-errorlogs --num-processes "$jobs"\n',
    install: "meson install -C _build --no-rebuild\n",
  };
}

function make({ make: args }: BuildArguments): Partial<Record<Phase, string>> {
  const prefix = ' PREFIX="$out" prefix="$out"';
  return {
    build: `${JOBS}make${prefix}${args}\n`,
    check: `${JOBS}make${prefix}${args} check\n`,
    install: `${JOBS}make${prefix}${args} install\n`,
  };
}

/**
 * A wheel that lies in the build directory is installed as it is. Debian's Python installs below `local/` and calls
 * site-packages `dist-packages`; both are put right afterwards. Installing by name, from the directory of the wheel,
 * keeps the path of the build directory out of the package.
 */
function python({ configure, needed }: BuildArguments): Partial<Record<Phase, string>> {
  const pip = "python3 -m pip --disable-pip-version-check --no-input --no-cache-dir";
  return {
    build: `mkdir -p _wheel
if compgen -G '*.whl' >/dev/null; then
  cp ./*.whl _wheel
else
  ${pip} wheel --no-index --no-deps --no-build-isolation --wheel-dir _wheel${configure} .
fi
`,
    install: `for wheel in _wheel/*.whl; do
  wheel=\${wheel##*/}
  ${pip} install --no-index --find-links _wheel --no-deps --no-compile --ignore-installed --no-warn-script-location \\
    --prefix "$out" "\${wheel%%-*}"
done
if [ -d "$out/local" ]; then
  cp -a "$out/local/." "$out"
  rm -r "$out/local"
fi
for directory in "$out"/lib/python3*/dist-packages; do
  if [ -d "$directory" ]; then mv "$directory" "\${directory%/*}/site-packages"; fi
done
${pythonRunPath(needed)}`,
  };
}
