import type { ProfileName } from "../model/ids.ts";
import { currentPath } from "../store/layout.ts";
import type { Store } from "../store/open-store.ts";

/** One search path that a shell gets. */
export interface SearchPath {
  readonly variable: string;
  /** Absolute directories of the live profile, to stand before what the variable holds. */
  readonly directories: readonly string[];
  /** What the variable means when it is empty or unset: an empty last element keeps the system's default. */
  readonly keepDefault: boolean;
  /** What programs take the variable for when it is unset; it has to be said once something else is. */
  readonly systemDefault: string;
}

const SEARCH_PATHS: readonly (readonly [variable: string, directories: readonly string[], keepDefault: boolean])[] = [
  ["PATH", ["bin"], false],
  ["MANPATH", ["share/man"], true],
  ["INFOPATH", ["share/info"], true],
  ["XDG_DATA_DIRS", ["share"], false],
  ["ACLOCAL_PATH", ["share/aclocal"], false],
  ["PKG_CONFIG_PATH", ["lib/pkgconfig", "share/pkgconfig"], false],
  ["CMAKE_PREFIX_PATH", ["."], false],
];

/** Defaults of the XDG Base Directory Specification. */
const SYSTEM_DEFAULTS: Readonly<Record<string, string>> = { XDG_DATA_DIRS: "/usr/local/share:/usr/share" };

/**
 * The search paths of a profile. They lead through the live link, so they hold after every switch, and they are given
 * whether or not the directories exist now.
 */
export function shellEnvironment(store: Store, profile: ProfileName): readonly SearchPath[] {
  return searchPathsIn(currentPath(store.layout, profile));
}

/** The search paths of the forest at `top`. */
export function searchPathsIn(top: string): readonly SearchPath[] {
  return SEARCH_PATHS.map(([variable, directories, keepDefault]) => ({
    variable,
    directories: directories.map((directory) => (directory === "." ? top : `${top}/${directory}`)),
    keepDefault,
    systemDefault: SYSTEM_DEFAULTS[variable] ?? "",
  }));
}

/** An environment with these search paths in front, as a shell has it that evaluated what `store shellenv` prints. */
export function withSearchPaths(env: Environment, paths: readonly SearchPath[]): Record<string, string> {
  const known = Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]));
  const result = Object.fromEntries(known);
  for (const { variable, directories, keepDefault, systemDefault } of paths) {
    const before = result[variable] || systemDefault;
    result[variable] = [...directories, ...(before !== "" || keepDefault ? [before] : [])].join(":");
  }
  return result;
}

type Environment = Readonly<Record<string, string | undefined>>;
