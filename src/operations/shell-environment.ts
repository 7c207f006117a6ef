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
  const current = currentPath(store.layout, profile);
  return SEARCH_PATHS.map(([variable, directories, keepDefault]) => ({
    variable,
    directories: directories.map((directory) => (directory === "." ? current : `${current}/${directory}`)),
    keepDefault,
    systemDefault: SYSTEM_DEFAULTS[variable] ?? "",
  }));
}
