import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import type { DerivationInput } from "../model/derivation.ts";

/** An input where it can be looked at, and where the build sees it. */
export interface SeenInput extends DerivationInput {
  /** Absolute path on this machine. */
  readonly here: string;
  /** Absolute path in the build. */
  readonly seen: string;
}

const INCLUDED = ["link", "through"] as const;

/**
 * The environment through which inputs reach a build, beside what every build has: search paths of programs, headers,
 * libraries (with a run path to where they will lie), pkg-config, CMake, aclocal and Python. Directories that an input
 * does not have are left out. `out` is where the output lies in the build.
 */
export function inputEnvironment(inputs: readonly SeenInput[], out: string): Readonly<Record<string, string>> {
  const libraries = inputs.filter(({ kinds }) => kinds.some((kind) => INCLUDED.includes(kind as "link")));
  const dirs = (from: readonly SeenInput[], ...names: readonly string[]): string[] =>
    names.flatMap((name) =>
      from.filter(({ here }) => isDirectory(join(here, name))).map(({ seen }) => `${seen}/${name}`),
    );
  const libraryDirs = dirs(libraries, "lib", "lib64");
  const env: Record<string, string> = {
    CPPFLAGS: dirs(libraries, "include")
      .map((path) => `-I${path}`)
      .join(" "),
    LDFLAGS: [...libraryDirs.flatMap((path) => [`-L${path}`, `-Wl,-rpath,${path}`]), `-Wl,-rpath,${out}/lib`].join(" "),
    PATH: dirs(inputs, "bin").join(":"),
    PKG_CONFIG_PATH: dirs(inputs, "lib/pkgconfig", "lib64/pkgconfig", "share/pkgconfig").join(":"),
    CMAKE_PREFIX_PATH: inputs.map(({ seen }) => seen).join(":"),
    ACLOCAL_PATH: dirs(inputs, "share/aclocal").join(":"),
    PYTHONPATH: inputs.flatMap(sitePackages).join(":"),
  };
  return Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ""));
}

/** Variables that hold a list: what a recipe sets stands behind what the inputs give. */
export const JOINED: ReadonlyMap<string, string> = new Map([
  ["PATH", ":"],
  ["CPPFLAGS", " "],
  ["LDFLAGS", " "],
  ["PKG_CONFIG_PATH", ":"],
  ["CMAKE_PREFIX_PATH", ":"],
  ["ACLOCAL_PATH", ":"],
  ["PYTHONPATH", ":"],
]);

/** Later ones win, but for lists, which are joined in this order. */
export function joinEnvironments(...environments: readonly Readonly<Record<string, string>>[]): Record<string, string> {
  const joined: Record<string, string> = {};
  for (const environment of environments) {
    for (const [name, value] of Object.entries(environment)) {
      const before = joined[name];
      const separator = JOINED.get(name);
      joined[name] =
        before !== undefined && before !== "" && separator !== undefined ? `${before}${separator}${value}` : value;
    }
  }
  return joined;
}

function sitePackages({ here, seen }: SeenInput): string[] {
  const lib = join(here, "lib");
  if (!isDirectory(lib)) return [];
  return readdirSync(lib)
    .filter((name) => /^python3(\.\d+)?$/.test(name) && isDirectory(join(lib, name, "site-packages")))
    .sort()
    .map((name) => `${seen}/lib/${name}/site-packages`);
}

/** Packages of data can have a file where others have a directory. */
function isDirectory(path: string): boolean {
  return existsSync(path) && statSync(path).isDirectory();
}
